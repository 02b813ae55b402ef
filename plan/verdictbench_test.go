package plan

import (
	"fmt"
	"testing"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
)

// BenchmarkRecall plans on 200 folders on which there are verdicts, by 40 rules that look
// into all of them.
func BenchmarkRecall(b *testing.B) {
	account := &config.Account{Address: "account.test", Rules: usualRules(b, 40)}
	for _, r := range account.Rules {
		r.In = patterns("**")
	}
	l := Listing{Folders: []Folder{{Name: "Trash", Exists: true, Selectable: true, Uses: []mailbox.Use{mailbox.UseTrash}}}}
	for i := range 200 {
		l.Folders = append(l.Folders, Folder{
			Name: mailbox.Name(fmt.Sprintf("Lists/%d", i)), Exists: true, Selectable: true, UIDValidity: uint32(i + 1), UIDNext: 501, Messages: 500, HighestModSeq: 7,
		})
	}
	plan := func(verdicts []byte) []byte {
		p, diags := New(account, config.DefaultPolicy(), l, clock)
		if diags.HasErrors() {
			b.Fatal(diags)
		}
		p.Recall(verdicts)
		var mail *post
		if verdicts == nil {
			mail = newPost(1000, 1000, 40, p.needsFrom("Lists/1"))
		}
		for round := p.Ask(); len(round) > 0; round = p.Ask() {
			if verdicts != nil {
				b.Fatalf("asked %v", round)
			}
			for _, q := range round {
				f := p.visits[q.Folder].place.listed
				for i := range 500 {
					p.Tell(q, mail.message(b, 1+i, q.Fetch)) // the rules take each thousandth
				}
				p.Told(q, f.state())
			}
		}
		if _, diags := p.Plan(); diags.HasErrors() {
			b.Fatal(diags)
		}
		next, _ := p.Verdicts()
		return next
	}
	verdicts := plan(nil)
	if verdicts == nil {
		b.Fatal("there are none")
	}
	for b.Loop() {
		plan(verdicts)
	}
	b.ReportMetric(float64(len(verdicts))/200, "B/folder")
}
