package plan

import (
	"bytes"
	"testing"

	"github.com/imapform/imapform/config"
)

// Whatever is recalled, there is a plan, in which nothing is counted that is not there;
// and what is believed would be written again octet by octet.
func FuzzRecall(f *testing.F) {
	b, a := quiet(f)
	first, _ := New(a, config.DefaultPolicy(), b.listing(), clock)
	for round := first.Ask(); len(round) > 0; round = first.Ask() {
		for _, q := range round {
			for _, m := range b.messages[q.Folder] {
				told := *m
				told.Known = q.Fetch
				first.Tell(q, &told)
			}
			at := b.folder(string(q.Folder))
			first.Told(q, at.state())
		}
	}
	if _, diags := first.Plan(); diags.HasErrors() {
		f.Fatal(diags)
	}
	good, ok := first.Verdicts()
	if !ok {
		f.Fatal("there are no verdicts")
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(bytes.ReplaceAll(good, []byte("1"), []byte("3")))
	f.Add([]byte(`{"version":2,"world":"` + first.worldSum() + `","folders":[]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		p, _ := New(a, config.DefaultPolicy(), b.listing(), clock)
		p.Recall(content)
		for _, name := range p.order {
			v := p.visits[name]
			if v.since == nil {
				continue
			}
			if err := v.since.check(v); err != nil || v.done && v.state != v.place.listed.state() {
				t.Fatalf("%s: believed is %+v, %v", content, v.since, err)
			}
		}
		made := p.matches()
		for _, m := range made {
			if m.Messages < 1 || m.Messages > m.Looked {
				t.Fatalf("%s: %+v", content, m)
			}
		}
		known, err := p.readVerdicts(content)
		if err != nil {
			return
		}
		if again, ok := p.writeVerdicts(known); len(known) == 2 && (!ok || !bytes.Equal(again, content)) {
			t.Fatalf("%s\nis written again as\n%s", content, again)
		}
	})
}
