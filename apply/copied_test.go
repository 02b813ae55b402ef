package apply_test

import (
	"context"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// A copy that carries \Deleted is no reason to remove the message: whoever expunges
// next would remove the copy, too.
func TestRunKeepsWhatHasNoGoodCopy(t *testing.T) {
	a := model.New(model.Variant{Name: "no MOVE", Can: apply.Can{UIDPlus: true}})
	fill(a, "From", letter("a"))
	a.MakeFolder("To")
	p := planned(a, file(t, a, plan.File{Folder: "From", Away: plan.AwayMove, To: "To"}))
	marked := mailbox.Flags{imap.FlagDeleted}
	a.Before = func(op model.Op) error {
		if op.Name == "UID COPY" {
			a.Flag("From", 1, marked, nil) // somebody marks it …
		}
		return nil
	}
	a.After = func(op model.Op) error {
		if op.Name == "UID COPY" {
			a.Flag("From", 1, nil, marked) // … and changes their mind
		}
		return nil
	}
	r := run(t, a, p)
	if r.Complete() || r.Messages.Moved != 0 || r.Steps[0].Err == nil || !strings.Contains(r.Steps[0].Err.Error(), "stay in folder") {
		t.Errorf("got %+v, %v", r.Messages, r.Steps[0].Err)
	}
	if got := subjects(t, a, "From"); len(got) != 1 || got[0] != "a" {
		t.Errorf("From holds %q", got)
	}
}

// What came into the destination since the plan counts as a copy unless it is
// marked \Deleted; before a permanent delete only the very same message does.
func TestRunCopiesAgain(t *testing.T) {
	other := letter("a")
	other.Size++
	for name, c := range map[string]struct {
		came   model.Mail
		away   plan.Away
		copied int
	}{
		"a copy":                              {letter("a"), plan.AwayNot, 0},
		"one that is marked":                  {letter("a", imap.FlagDeleted), plan.AwayNot, 1},
		"another one of the same Message-ID":  {other, plan.AwayNot, 0},
		"a copy, before a delete":             {letter("a"), plan.AwayPermanent, 0},
		"one that is marked, before a delete": {letter("a", imap.FlagDeleted), plan.AwayPermanent, 1},
		"another one, before a delete":        {other, plan.AwayPermanent, 1},
	} {
		t.Run(name, func(t *testing.T) {
			a := model.New(model.Variants()[0])
			fill(a, "From", letter("a"))
			a.MakeFolder("To")
			p := planned(a, file(t, a, plan.File{Folder: "From", Copies: []mailbox.Name{"To"}, Away: c.away}))
			a.Deliver("To", c.came)
			r := run(t, a, p)
			complete(t, r)
			if r.Messages.Copied != c.copied {
				t.Errorf("copied %d, want %d", r.Messages.Copied, c.copied)
			}
		})
	}
}

// rowCounter counts the messages that are fetched.
type rowCounter struct {
	*model.Account
	rows int
}

func (c *rowCounter) Fetch(ctx context.Context, uids imap.UIDSet, parts message.Parts, tell func(*message.Message)) error {
	return c.Account.Fetch(ctx, uids, parts, func(m *message.Message) {
		c.rows++
		tell(m)
	})
}

func (s *rowCounter) Visit(ctx context.Context, name mailbox.Name, uids imap.UIDSet, parts message.Parts, tell func(*message.Message)) (o apply.Opened, seen, err error) {
	return model.OneVisit(ctx, s, name, uids, parts, tell)
}

// Steps of one folder share a look, and where a step leaves the folder, what later
// steps need is not looked at in vain.
func TestRunLooksOnce(t *testing.T) {
	const steps = 20
	for name, c := range map[string]struct {
		op   plan.File
		rows int
	}{
		"stays":  {plan.File{Folder: "From", Away: plan.AwayMove, To: "To"}, steps},
		"leaves": {plan.File{Folder: "From", Away: plan.AwayMove, To: "To", Add: mailbox.Flags{imap.FlagSeen}}, 2 * steps},
	} {
		t.Run(name, func(t *testing.T) {
			a := model.New(model.Variants()[0])
			a.MakeFolder("From")
			a.MakeFolder("To")
			var all []plan.Step
			for i := range steps {
				a.Deliver("From", letter(strings.Repeat("x", i+1)))
				all = append(all, file(t, a, c.op, imap.UID(i+1)))
			}
			counted := &rowCounter{Account: a}
			r, err := apply.Run(t.Context(), planned(a, all...), counted, apply.Options{})
			if err != nil {
				t.Fatal(err)
			}
			complete(t, r)
			if counted.rows != c.rows {
				t.Errorf("%d rows fetched, want %d", counted.rows, c.rows)
			}
		})
	}
}
