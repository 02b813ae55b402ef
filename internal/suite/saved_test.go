package suite

import (
	"testing"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/plan"
)

// TestSaved applies, over a new connection, plans that were saved and read again: after
// what other clients did meanwhile, and a second time.
func TestSaved(t *testing.T) {
	for _, f := range faulties() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, f.start, imaptest.Script{})
			made, s := tr.look()
			tr.leave(s)
			saved := reread(t, made)
			for folder, messages := range fresh() {
				imaptest.Append(tr, tr.account, folder, messages...)
			}
			imaptest.Do(tr, tr.account, "SELECT INBOX", `UID STORE 8 +FLAGS (\Flagged)`) // "rubbish 1"
			for _, time := range []string{"first", "second"} {
				s := tr.dial(tr.load(everything))
				if _, err := s.List(t.Context()); err != nil {
					t.Fatal(err)
				}
				r, err := apply.Run(t.Context(), saved, s, apply.Options{})
				if err != nil {
					t.Errorf("the %s time: %v %s", time, err, describe(saved, r))
				}
				if time == "second" && (r.Messages != (apply.Counts{}) || r.Added+r.Changed+r.Destroyed > 0) {
					t.Errorf("applied a second time it does something: %s", describe(saved, r))
				}
				tr.leave(s)
				tr.conservedAmongOthers()
			}
			tr.settle()
		})
	}
}

// reread is a plan as it comes back from a file.
func reread(t *testing.T, made *plan.Plan) *plan.Plan {
	t.Helper()
	data, err := plan.Encode(&plan.Saved{
		FormatVersion: plan.FormatVersion, ID: "1", Tool: "imapform", Made: made.Made,
		Accounts: []plan.SavedAccount{{Place: plan.Place{Host: "localhost", Port: 143, Username: "ada"}, Plan: made}},
	})
	if err != nil {
		t.Fatal(err)
	}
	back, err := plan.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return back.Accounts[0].Plan
}
