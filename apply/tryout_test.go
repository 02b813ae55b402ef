package apply_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// guarded lets nobody change one folder.
type guarded struct {
	*model.Account
	folder mailbox.Name
}

func (g guarded) Open(ctx context.Context, name mailbox.Name) (apply.Opened, error) {
	if name == g.folder {
		return apply.Opened{}, fmt.Errorf("open folder %q: %w", name, apply.ErrReadOnly)
	}
	return g.Account.Open(ctx, name)
}

func (s guarded) Visit(ctx context.Context, name mailbox.Name, uids imap.UIDSet, parts message.Parts, tell func(*message.Message)) (o apply.Opened, seen, err error) {
	return model.OneVisit(ctx, s, name, uids, parts, tell)
}

func (s guarded) TryOut(ctx context.Context, names []mailbox.Name) (errs []error, left error) {
	return model.EachTryOut(ctx, s, names)
}

// A folder that is read-only stops the whole plan before anything is changed.
func TestRunRefusesReadOnly(t *testing.T) {
	a := model.New(model.Variants()[0])
	fill(a, "From", letter("a"))
	fill(a, "Shared", letter("b"))
	a.MakeFolder("To")
	p := planned(a,
		step(plan.Create{Name: "New"}),
		file(t, a, plan.File{Folder: "From", Away: plan.AwayMove, To: "To"}),
		file(t, a, plan.File{Folder: "Shared", Add: mailbox.Flags{imap.FlagSeen}}),
	)
	before := a.Dump()
	r, err := apply.Run(t.Context(), p, guarded{a, "Shared"}, apply.Options{})
	if err == nil || !strings.Contains(err.Error(), `folder "Shared" is read-only`) {
		t.Errorf("got %v", err)
	}
	if errors.Is(err, model.ErrLost) || r.Complete() || r.Added != 0 {
		t.Errorf("got %+v", r)
	}
	if a.Dump() != before {
		t.Error("something was changed")
	}
}

// So it does where mail is changed first, and in no other folder, and another is removed.
func TestRunRefusesReadOnlyBeforeItRemoves(t *testing.T) {
	a := model.New(model.Variants()[0])
	fill(a, "Shared", letter("b"))
	a.MakeFolder("Empty")
	p := planned(a,
		file(t, a, plan.File{Folder: "Shared", Add: mailbox.Flags{imap.FlagSeen}}),
		step(plan.Remove{Name: "Empty"}),
	)
	before := a.Dump()
	r, err := apply.Run(t.Context(), p, guarded{a, "Shared"}, apply.Options{})
	if err == nil || !strings.Contains(err.Error(), `folder "Shared" is read-only`) {
		t.Errorf("got %v", err)
	}
	if r.Destroyed != 0 || a.Dump() != before {
		t.Errorf("something was changed: %+v", r)
	}
}

// A server that tells what it moves and tells nothing has moved nothing, even if
// the messages lie in the destination by now: somebody else was quicker.
func TestRunCountsOnlyItsOwnMoves(t *testing.T) {
	a := model.New(model.Variants()[0])
	fill(a, "From", letter("a"), letter("b"))
	a.MakeFolder("To")
	p := planned(a,
		file(t, a, plan.File{Folder: "From", Away: plan.AwayMove, To: "To"}, 1),
		file(t, a, plan.File{Folder: "From", Away: plan.AwayMove, To: "To"}, 2),
	)
	p.Steps[1].Because[0].Address = "rule.other"
	a.Before = func(op model.Op) error {
		if op.Name == "UID MOVE" && op.UIDs.Contains(2) {
			a.MoveMail("From", 2, "To")
		}
		return nil
	}
	r := run(t, a, p)
	if r.Messages.Moved != 1 || len(r.Steps[1].Skipped) != 1 {
		t.Errorf("got %+v", r)
	}
}

// Copies into a folder that nobody may change are told, although it cannot be seen whether
// they stay.
func TestCopiesIntoReadOnly(t *testing.T) {
	a := model.New(model.Variants()[0])
	fill(a, "From", letter("a"), letter("b"))
	a.MakeFolder("Boss")
	p := planned(a, file(t, a, plan.File{Folder: "From", Copies: []mailbox.Name{"Boss"}}))
	r, err := apply.Run(t.Context(), p, guarded{a, "Boss"}, apply.Options{})
	if err != nil {
		t.Fatal(err)
	}
	careful(t, a)
	o := r.Steps[0]
	if o.Status != apply.StatusFailed || o.Done.Copied != 2 || r.Messages.Copied != 2 || !strings.Contains(o.Err.Error(), `2 messages were copied to folder "Boss"`) {
		t.Errorf("%+v", o)
	}
}
