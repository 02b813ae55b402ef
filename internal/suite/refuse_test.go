package suite

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/imaptest"
)

// refusing has a command refused, which may have been carried out all the same: that
// stops only what depends on it, and the next run does the rest.
func refusing(f *faulty) (all []attempt) {
	for n, c := range f.changing() {
		for _, done := range []bool{false, true} {
			name := fmt.Sprintf("%d %s", c.nth, c.Name)
			if done {
				name += ", which was done"
			}
			all = append(all, attempt{name, func(t *testing.T) {
				tr := newTrial(t, f.start, imaptest.Script{})
				if tr.tap.refuse = n + 1; done {
					tr.tap.refuse, tr.tap.deny = 0, n+1
				}
				made, r, err := tr.try(apply.Options{})
				if err != nil {
					t.Fatalf("a refusal ended the run: %v", err)
				}
				if !done && r.Complete() && !behindRename(f.changing(), n) {
					t.Errorf("the run says that it is complete: %s", describe(made, r))
				}
				tr.goesOn(c, r)
				tr.honest(r)
				if got := tr.judge(); r.Complete() && !cmp.Equal(got, outcome(), emptyIsNil) {
					t.Errorf("the run says that it is complete and is not: %s", cmp.Diff(outcome(), got, emptyIsNil))
				}
				f.endAs(tr, leftByRefusal(f.changing(), n, done))
			}})
		}
	}
	return all
}

// goesOn fails the test if a refusal has stopped more than it must.
func (tr *trial) goesOn(refused place, r *apply.Result) {
	tr.Helper()
	failed, blocked := 0, 0
	for _, o := range r.Steps {
		switch o.Status {
		case apply.StatusNotBegun:
			tr.Error("a step was not begun")
		case apply.StatusFailed:
			failed++
		case apply.StatusBlocked:
			blocked++
		}
	}
	most := 1 // the folder whose mail could not be dealt with
	if refused.Name == "RENAME" {
		most = 3
	}
	if failed > 1 || blocked > most {
		tr.Errorf("one refusal (%s) made %d steps fail and stopped %d more", refused.Line, failed, blocked)
	}
}

// behindRename says whether the n-th change was sent together with a RENAME, behind it:
// then it is sent once more if it was refused.
func behindRename(changing []place, n int) bool {
	return slices.ContainsFunc(changing[:n], func(p place) bool { return p.Name == "RENAME" && p.Burst == changing[n].Burst })
}

// leftByRefusal says how a mailbox ends if the n-th change was refused.
func leftByRefusal(changing []place, n int, done bool) leftover {
	c := changing[n]
	deletes := strings.Contains(c.Line, `\Deleted`)
	switch {
	case behindRename(changing, n):
		return leftover{view: outcome()}
	case done && c.Name == "UID COPY":
		return left(changing[:n+1]) // nobody knows of the copies
	case done && !deletes:
		return leftover{view: outcome()} // a look shows that it was done
	case c.Name == "UID MOVE":
		return leftover{view: outcome()} // all else goes on, and the next plan moves these
	case c.Name == "UID EXPUNGE" && underWay(changing[:n]).to == "":
		return leftover{view: outcome()} // the mark is taken back
	default:
		return left(changing[:n])
	}
}
