package apply_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// A RENAME that a server carries out only after Resume has listed the folders.
func TestTakeBackStale(t *testing.T) {
	a := model.New(model.Variants()[0])
	fill(a, "Old")
	aside := mailbox.Name("Old").SetAside(made)
	records := []journal.Record{
		{Run: &journal.Run{ID: "x"}},
		{Folder: &journal.Folder{Verb: journal.VerbRemove, Name: "Old", To: aside}},
	}
	waited := 0
	o := apply.Options{Wait: func(context.Context, time.Duration) error {
		if waited++; waited == 1 {
			a.RenameFolder("Old", aside) // the old connection's command
		}
		return nil
	}}
	r, err := apply.Resume(t.Context(), records, a, o)
	t.Logf("%+v %v waited %d", r, err, waited)
	for _, f := range folders(a) {
		if strings.Contains(f, "imapform") {
			t.Errorf("left without a word: %s", f)
		}
	}
}

// The connection is lost for good while several folders are set aside: each should be said.
func TestSetAsideUnsaid(t *testing.T) {
	for _, at := range []string{"STATUS", "DELETE"} {
		a, p := condemned(t, model.Variants()[0])
		a.Before = only(at, func(model.Op) error { return model.ErrLost })
		ended := map[int]int{}
		begun := map[int]int{}
		r, err := apply.Run(t.Context(), p, a, apply.Options{Report: func(e apply.Event) {
			switch e.Kind {
			case apply.StepBegun:
				begun[e.Step]++
			case apply.StepEnded:
				ended[e.Step]++
			}
		}})
		t.Logf("%s: run error: %v\n%s", at, err, told(r))
		for i, n := range gone {
			exists := false
			for _, f := range a.Listing().Folders {
				exists = exists || f.Name == mailbox.Name(n).SetAside(made)
			}
			if exists && (r.Steps[i].Err == nil || !strings.Contains(r.Steps[i].Err.Error()+err.Error(), string(n.SetAside(made)))) {
				t.Errorf("%s: %q is set aside, and nobody says so: status %d, %v", at, n, r.Steps[i].Status, r.Steps[i].Err)
			}
			if begun[i] != ended[i] {
				t.Errorf("%s: step %d begun %d ended %d", at, i, begun[i], ended[i])
			}
		}
	}
}

// One folder loses the connection for good after others of its group were deleted.
func TestDeletedUnsaid(t *testing.T) {
	a, p := condemned(t, model.Variants()[0])
	a.Before = only("STATUS", func(op model.Op) error {
		if op.Folder == mailbox.Name("Old/a").SetAside(made) && len(a.UIDs(op.Folder)) == 0 {
			a.Deliver(op.Folder, letter("new"))
		}
		return nil
	})
	n := 0
	a.After = only("RENAME", func(op model.Op) error {
		if n++; n == 4 { // giving back
			return model.ErrLost
		}
		return nil
	})
	log := &memory{left: -1}
	r, err := apply.Run(t.Context(), p, a, apply.Options{Journal: log})
	t.Logf("run error: %v destroyed %d\n%s", err, r.Destroyed, told(r))
	for i, n := range gone {
		exists := false
		for _, f := range a.Listing().Folders {
			exists = exists || f.Exists && (f.Name == n || f.Name == n.SetAside(made))
		}
		if !exists && r.Steps[i].Status != apply.StatusDone {
			t.Errorf("%q is gone, seen to be, and is not reported: status %d %v", n, r.Steps[i].Status, r.Steps[i].Err)
		}
	}
	for _, rec := range log.records {
		if rec.Made != nil {
			t.Logf("made %+v", rec.Made)
		}
	}
}

// A placing server keeps the name of a folder that was deleted, as one that cannot be selected.
type placing struct {
	*model.Account
	gone map[mailbox.Name]bool
}

func (s placing) List(ctx context.Context) (plan.Listing, error) {
	l, err := s.Account.List(ctx)
	for n := range s.gone {
		l.Folders = append(l.Folders, plan.Folder{Name: n, Exists: true})
	}
	return l, err
}

func (s placing) Folders(ctx context.Context, all []apply.FolderChange) []error {
	errs := make([]error, len(all))
	for i, c := range all {
		if s.gone[c.Name] {
			errs[i] = errRefused
			if c.Kind == apply.ChangeRename {
				errs[i] = nil
				delete(s.gone, c.Name)
				s.gone[c.To] = true
			}
			continue
		}
		errs[i] = s.Account.Folders(ctx, all[i:i+1])[0]
		if c.Kind == apply.ChangeDelete && errs[i] == nil {
			s.gone[c.Name] = true
		}
	}
	return errs
}

// Where DELETE leaves a name that cannot be selected, one folder is removed, and so should be several.
func TestDeleteLeavesName(t *testing.T) {
	for _, names := range [][]mailbox.Name{{"A"}, {"A", "B"}} {
		a := model.New(model.Variants()[0])
		var steps []plan.Step
		for _, n := range names {
			fill(a, n)
			steps = append(steps, step(plan.Remove{Name: n}))
		}
		s := placing{a, map[mailbox.Name]bool{}}
		r, err := apply.Run(t.Context(), planned(a, steps...), s, apply.Options{})
		t.Logf("%v: %v, %d gone %v\n%s", names, err, r.Destroyed, s.gone, told(r))
		if !r.Complete() {
			t.Errorf("%v: not complete", names)
		}
	}
}

// Somebody else renames a folder away, with its mail, before it is set aside; the RENAME is
// refused. It is not the run that removed it.
func TestRenamedAwayIsNotRemoved(t *testing.T) {
	a, p := condemned(t, model.Variants()[0])
	a.Before = once("RENAME", func() {
		a.Deliver("Old/a", letter("precious"))
		a.RenameFolder("Old/a", "Kept")
	})
	log := &memory{left: -1}
	r, err := apply.Run(t.Context(), p, a, apply.Options{Journal: log})
	t.Logf("%v, %d destroyed\n%s", err, r.Destroyed, told(r))
	careful(t, a)
	if r.Destroyed != len(gone)-1 {
		t.Errorf("%d are counted", r.Destroyed)
	}
	for _, rec := range log.records {
		if rec.Made != nil && rec.Made.Name == "Old/a" {
			t.Errorf("the journal says %+v", rec.Made)
		}
	}
}

// Copies that the server has confirmed are to be mentioned by their own steps when the
// connection is lost for good at another step's COPY.
func TestCopiesUnsaid(t *testing.T) {
	a := model.New(model.Variant{Can: apply.Can{UIDPlus: true}})
	fill(a, "INBOX", letters(3)...)
	var steps []plan.Step
	to := []mailbox.Name{"A", "B", "C"}
	for i, n := range to {
		fill(a, n, letter("old"))
		steps = append(steps, file(t, a, plan.File{Folder: "INBOX", Away: plan.AwayMove, To: n}, imap.UID(i+1)))
	}
	p := planned(a, steps...)
	a.Before = only("UID COPY", func(op model.Op) error {
		if op.To == "C" {
			return model.ErrLost
		}
		return nil
	})
	r, _ := apply.Run(t.Context(), p, a, apply.Options{})
	for i, n := range to {
		if len(a.UIDs(n)) == 2 && a.Has("INBOX", imap.UID(i+1)) && !strings.Contains(r.Steps[i].Err.Error(), `"`+string(n)+`"`) {
			t.Errorf("the message of step %d lies in INBOX and in %q, and its error says: %v", i, n, r.Steps[i].Err)
		}
	}
}

// The folders cannot be listed any more once several are set aside.
func TestSetAsideNoListing(t *testing.T) {
	a, p := condemned(t, model.Variants()[0])
	renamed := false
	a.Before = func(op model.Op) error {
		renamed = renamed || op.Name == "RENAME"
		if renamed && op.Name == "LIST" {
			return errRefused
		}
		return nil
	}
	r, _ := apply.Run(t.Context(), p, a, apply.Options{})
	for i, n := range gone {
		for _, f := range a.Listing().Folders {
			if f.Name == n.SetAside(made) && !strings.Contains(r.Steps[i].Err.Error(), string(f.Name)) {
				t.Errorf("%q is set aside, and its error says: %v", n, r.Steps[i].Err)
			}
		}
	}
}
