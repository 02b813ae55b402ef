package apply_test

import (
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// reread is the plan as it comes back from a file.
func reread(t *testing.T, p *plan.Plan) *plan.Plan {
	t.Helper()
	data, err := plan.Encode(&plan.Saved{
		FormatVersion: plan.FormatVersion, ID: "1", Tool: "imapform", Made: p.Made,
		Accounts: []plan.SavedAccount{{Place: plan.Place{Host: "h", Port: 993, Username: "u"}, Plan: p}},
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

// A message of a saved plan that has another's UID by now voids the folder, as any
// other does.
func TestRunSavedOther(t *testing.T) {
	for name, replace := range map[string]func(a *model.Account){
		"another": func(a *model.Account) { a.Replace("From", true); a.Deliver("From", letter("b")) },
		"larger": func(a *model.Account) {
			a.Replace("From", true)
			m := letter("a")
			m.Size++
			a.Deliver("From", m)
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := model.New(model.Variants()[0])
			fill(a, "From", letter("a"))
			p := reread(t, planned(a, file(t, a, plan.File{Folder: "From", Away: plan.AwayPermanent})))
			replace(a)
			before := a.Dump()
			r := run(t, a, p)
			if r.Complete() || r.Steps[0].Err == nil || a.Dump() != before {
				t.Errorf("got %+v\n%s", r.Steps[0], a.Dump())
			}
		})
	}
}

// A folder that is gone takes its messages along; that is no error.
func TestRunFolderGone(t *testing.T) {
	for _, op := range []plan.File{
		{Folder: "From", Away: plan.AwayMove, To: "To"},
		{Folder: "From", Away: plan.AwayPermanent},
		{Folder: "From", Copies: []mailbox.Name{"To"}},
		{Folder: "From", Add: mailbox.Flags{imap.FlagSeen}},
	} {
		a := model.New(model.Variants()[0])
		fill(a, "From", letter("a"), letter("b"))
		fill(a, "Other", letter("o"))
		a.MakeFolder("To")
		p := reread(t, planned(a, file(t, a, op), file(t, a, plan.File{Folder: "Other", Away: plan.AwayMove, To: "INBOX"}), step(plan.Remove{Name: "From"})))
		a.RemoveFolder("From")
		r := run(t, a, p)
		complete(t, r)
		if s := r.Steps[0].Skipped; !r.Complete() || len(s) != 1 || s[0].Messages != 2 || !s[0].Harmless {
			t.Errorf("skipped %+v", s)
		}
		wantFolder(t, a, "INBOX", "o")
		wantFolder(t, a, "To")
	}
}

// That the folder is gone must be seen: a server that only refuses to open it says
// nothing of its messages.
func TestRunFolderRefused(t *testing.T) {
	for _, refuse := range []string{"SELECT", "LIST"} {
		t.Run(refuse, func(t *testing.T) {
			a := model.New(model.Variants()[0])
			fill(a, "From", letter("a"))
			a.MakeFolder("To")
			p := planned(a, file(t, a, plan.File{Folder: "From", Away: plan.AwayMove, To: "To"}))
			if refuse == "LIST" {
				a.RemoveFolder("From")
			}
			a.Before = func(op model.Op) error {
				if op.Name == refuse {
					return errRefused
				}
				return nil
			}
			if r := run(t, a, p); r.Complete() || r.Steps[0].Err == nil || len(r.Steps[0].Skipped) > 0 {
				t.Errorf("got %+v", r.Steps[0])
			}
		})
	}
}

func TestRenumbered(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(a *model.Account)
		want      bool
	}{
		"nothing":   {func(*model.Account) {}, false},
		"one":       {func(a *model.Account) { a.Replace("A", false) }, false},
		"both":      {func(a *model.Account) { a.Replace("A", false); a.Replace("B", false) }, true},
		"the other": {func(a *model.Account) { a.Replace("C", false) }, false},
		"one gone":  {func(a *model.Account) { a.Replace("A", false); a.RemoveFolder("B") }, false},
		"mail":      {func(a *model.Account) { a.Deliver("A", letter("x")) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := model.New(model.Variants()[0])
			fill(a, "A", letter("a"))
			fill(a, "B", letter("b"))
			fill(a, "C", letter("c"))
			seen := mailbox.NewFlags(imap.FlagSeen)
			p := planned(a, file(t, a, plan.File{Folder: "A", Add: seen}), file(t, a, plan.File{Folder: "B", Add: seen}))
			c.meanwhile(a)
			if got := apply.Renumbered(p, a.Listing()); got != c.want {
				t.Errorf("got %v", got)
			}
			if apply.Renumbered(planned(a, step(plan.Create{Name: "D"})), a.Listing()) {
				t.Error("a plan without messages is called so")
			}
		})
	}
}

// applyAgain applies a plan that was applied: nothing may be done a second time.
func applyAgain(t *testing.T, seed uint64, a *model.Account, p *plan.Plan) {
	t.Helper()
	done := a.Dump()
	r, err := apply.Run(t.Context(), p, a, apply.Options{})
	if a.Dump() != done {
		t.Errorf("seed %d: the plan, applied again, does something: %v\n%s", seed, err, a.Dump())
	}
	if !r.Complete() {
		for i, o := range r.Steps {
			if o.Err != nil {
				t.Errorf("seed %d: again: step %d %T: %v", seed, i, p.Steps[i].Op, o.Err)
			}
		}
	}
	careful(t, a)
}
