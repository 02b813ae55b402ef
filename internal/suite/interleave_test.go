package suite

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/imaptest"
)

// TestInterleaved applies saved plans after another client did, at random, what it liked:
// no message is harmed, each that is left alone is explained, and the next plan is right.
func TestInterleaved(t *testing.T) {
	for _, f := range faulties() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			trials := 1 + 100/f.thin
			if allFaults() {
				trials = map[string]int{"maildir": 1000, "dovecot": 1000, "courier": 20}[f.name]
				trials = max(trials, 100)
			}
			var all []attempt
			for seed := range trials {
				all = append(all, attempt{fmt.Sprintf("seed %d", seed), func(t *testing.T) { f.interleave(t, uint64(seed)) }})
			}
			f.each(t, all)
			t.Logf("%d plans applied after others had been there, %d messages counted", f.tally.trials.Load(), f.tally.messages.Load())
		})
	}
}

func (f *faulty) interleave(t *testing.T, seed uint64) {
	tr := newTrial(t, f.start, imaptest.Script{})
	made, s := tr.look()
	tr.leave(s)
	saved := reread(t, made)
	o := &otherClient{trial: tr, rng: rand.New(rand.NewPCG(seed, 3)), state: imaptest.State{Folders: maps.Clone(tr.before.Folders)}, removed: map[string]int{}, added: map[string]int{}, came: map[string][]string{}}
	for range 1 + o.rng.IntN(5) {
		o.act()
	}
	s = tr.dial(tr.load(everything))
	if _, err := s.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := apply.Run(t.Context(), saved, s, apply.Options{})
	if err != nil {
		t.Errorf("apply: %v %s", err, describe(saved, r))
	}
	for i, out := range r.Steps {
		for _, skip := range out.Skipped {
			if skip.Reason == "" {
				t.Errorf("step %d: %d messages are left alone and nothing says why", i+1, skip.Messages)
			}
		}
	}
	tr.leave(s)
	o.balance("after the saved plan")
	tr.settle()
	f.tally.messages.Add(int64(o.balance("in the end")))
	if t.Failed() {
		t.Logf("the other client did %q\n%s", o.did, describe(saved, r))
	}
}

// An otherClient works on the mailbox between plan and apply.
type otherClient struct {
	*trial
	rng            *rand.Rand
	state          imaptest.State      // as the client has seen it last
	removed, added map[string]int      // messages by hash
	came           map[string][]string // the hashes of what was brought to a folder
	did            []string
}

func (o *otherClient) act() {
	folders := slices.DeleteFunc(slices.Sorted(maps.Keys(o.state.Folders)), func(n string) bool { return o.state.Folders[n].UIDValidity == 0 })
	name := folders[o.rng.IntN(len(folders))]
	folder := o.state.Folders[name]
	n := o.rng.IntN(6)
	if len(folder.Messages) == 0 || n == 0 {
		kind := []string{"first", "rubbish", "log", "other"}[o.rng.IntN(4)]
		late := text(fmt.Sprintf("%s late %d", kind, len(o.did)), day)
		o.say("deliver %s to %s", kind, name)
		imaptest.Append(o, o.account, name, late)
		o.added[imaptest.Hash(late.Body)]++
		o.came[name] = append(o.came[name], imaptest.Hash(late.Body))
		if kind == "log" {
			o.removed[imaptest.Hash(late.Body)]++ // by the rule, in the end
		}
		return
	}
	i := o.rng.IntN(len(folder.Messages))
	m := folder.Messages[i]
	open := fmt.Sprintf("SELECT %q", folder.Name)
	forget := func() {
		folder.Messages = slices.Delete(slices.Clone(folder.Messages), i, i+1)
		o.state.Folders[name] = folder
	}
	switch n {
	case 1:
		flag := []string{`+FLAGS (\Seen)`, `+FLAGS (\Flagged)`, `-FLAGS (\Seen)`, `+FLAGS ($Other)`}[o.rng.IntN(4)]
		o.say("%s on %d in %s", flag, m.UID, name)
		imaptest.Do(o, o.account, open, fmt.Sprintf("UID STORE %d %s", m.UID, flag))
	case 2:
		if name == "Gone" { // the plan then refuses to remove it, which is right
			return
		}
		o.say("mark %d in %s", m.UID, name)
		imaptest.Do(o, o.account, open, fmt.Sprintf(`UID STORE %d +FLAGS (\Deleted)`, m.UID))
		forget() // nothing more is done with it
	case 3:
		o.say("expunge %d in %s", m.UID, name)
		imaptest.Do(o, o.account, open, fmt.Sprintf(`UID STORE %d +FLAGS (\Deleted)`, m.UID), fmt.Sprintf("UID EXPUNGE %d", m.UID))
		o.removed[m.Hash]++
		forget()
	case 4:
		to := folders[o.rng.IntN(len(folders))]
		if to == name || to == "Gone" && slices.Contains(m.Flags, `\Deleted`) {
			return
		}
		o.say("move %d from %s to %s", m.UID, name, to)
		imaptest.Do(o, o.account, open, fmt.Sprintf("UID COPY %d %q", m.UID, o.state.Folders[to].Name),
			fmt.Sprintf(`UID STORE %d +FLAGS (\Deleted)`, m.UID), fmt.Sprintf("UID EXPUNGE %d", m.UID))
		o.came[to] = append(o.came[to], m.Hash)
		forget()
	case 5:
		if !slices.Contains([]string{"Filed", "Copies", "Logs", "Gone", "Quiet"}, name) {
			return
		}
		o.say("delete and make %s", name)
		imaptest.Do(o, o.account, fmt.Sprintf("DELETE %q", folder.Name), fmt.Sprintf("CREATE %q", folder.Name))
		for _, m := range o.before.Folders[name].Messages { // those that were moved before are counted too often, which excuses little
			o.removed[m.Hash]++
		}
		for _, hash := range o.came[name] {
			o.removed[hash]++
		}
		folder.Messages = nil
		o.state.Folders[name] = folder
	}
}

func (o *otherClient) say(format string, args ...any) {
	o.did = append(o.did, fmt.Sprintf(format, args...))
}

// balance proves that each message is there as often as it must be, and returns how many
// there are.
func (o *otherClient) balance(when string) (total int) {
	o.Helper()
	now, before := imaptest.Snapshot(o, o.account).Messages(), o.before.Messages()
	for hash, n := range o.added {
		before[hash] += n
	}
	c := contents()
	mayGo := map[string]bool{} // by a rule
	for _, m := range c["Logs"] {
		mayGo[imaptest.Hash(m.Body)] = true
	}
	mayCopy := map[string]int{} // by a rule; again where somebody has moved the first copy
	for _, m := range c["INBOX"][5:7] {
		mayCopy[imaptest.Hash(m.Body)] = 2
	}
	for hash, n := range before {
		least := max(0, n-o.removed[hash])
		if mayGo[hash] {
			least = 0
		}
		if got := now[hash]; got < least || got > n+mayCopy[hash] {
			o.Errorf("%s message %s is there %d times; it was %d times, and %d were removed", when, hash[:8], got, n, o.removed[hash])
		}
		total += now[hash]
	}
	return total
}
