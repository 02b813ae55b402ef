package suite

import (
	"sync"
	"testing"

	"github.com/imapform/imapform/internal/imaptest"
)

// Another client delivers, flags, marks and removes mail while the connection is lost:
// the run goes on, nothing is lost, and nothing is there more often than it must be.
func TestOthersDuringCuts(t *testing.T) {
	for _, f := range faulties() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			f.clean(t)
			var chosen []attempt
			for i, c := range f.strikes() {
				if i%(f.thin/2) == 5 || allFaults() {
					chosen = append(chosen, attempt{c.String(), func(t *testing.T) { f.meddleAndCut(t, c) }})
				}
			}
			f.each(t, chosen)
			t.Logf("%d trials, %d messages counted", f.tally.trials.Load(), f.tally.messages.Load())
		})
	}
}

func (f *faulty) meddleAndCut(t *testing.T, c cut) {
	var l *lasting
	l = newLasting(t, f.start, imaptest.Script{Faults: []imaptest.Fault{{
		At: c.at, Match: applying(), Nth: c.nth, Func: func() { interfere(l.trial) }, Do: imaptest.Cut,
	}}})
	made, r, err := l.persist(t.Context())
	if err != nil {
		t.Errorf("the run ended with %v %s", err, describe(made, r))
	}
	l.conservedAmongOthers()
	l.settle()
	f.tally.messages.Add(int64(l.conservedAmongOthers()))
}

// Two processes apply at once, each under the account's lock: one waits for the other,
// and then finds nothing to do. Without the lock, see doubling.
func TestTwoProcesses(t *testing.T) {
	for _, f := range faulties() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			l, text := f.startApart(t)
			var both sync.WaitGroup
			for n := range 2 {
				both.Go(func() {
					cmd := child{Text: text, Now: l.now, Dir: l.dir, Lock: true}.start(t)
					if said, err := cmd.CombinedOutput(); err != nil {
						t.Errorf("process %d: %v: %s", n+1, err, said)
					}
				})
			}
			both.Wait()
			l.want(l.judge(), outcome())
			if again, _ := l.look(); !again.Empty() {
				t.Errorf("a plan afterwards finds something to do: %s", describeSteps(again))
			}

		})
	}
}
