package apply_test

import (
	"context"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// A stubborn server answers OK to UID EXPUNGE, and does nothing, so many times: Courier
// leaves messages of which another client changes flags at that moment.
type stubborn struct {
	*model.Account
	times *int
	then  func()
}

func (s stubborn) Changes(ctx context.Context, all []apply.Change) []apply.Changed {
	if all[0].Kind == apply.ChangeExpunge && *s.times > 0 {
		*s.times--
		s.then()
		return make([]apply.Changed, len(all))
	}
	return s.Account.Changes(ctx, all)
}

// What is still there after UID EXPUNGE is removed by another one, once it was looked at:
// but not what has been flagged since, or lost its copy.
func TestExpungedOnceMore(t *testing.T) {
	byCopy := plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "A"}
	for name, test := range map[string]struct {
		op     plan.File
		times  int
		then   func(*model.Account)
		here   bool // it stays
		marked bool
	}{
		"a move":                    {op: byCopy, times: 1},
		"a move, never":             {op: byCopy, times: 9, here: true, marked: true},
		"its copy is gone":          {op: byCopy, times: 1, then: func(a *model.Account) { a.Vanish("A", 1) }, here: true},
		"a delete":                  {op: plan.File{Folder: "INBOX", Away: plan.AwayPermanent}, times: 1},
		"a delete, never":           {op: plan.File{Folder: "INBOX", Away: plan.AwayPermanent}, times: 9, here: true},
		"somebody wants to keep it": {op: plan.File{Folder: "INBOX", Away: plan.AwayPermanent}, times: 1, then: func(a *model.Account) { a.Flag("INBOX", 1, mailbox.Flags{imap.FlagFlagged}, nil) }, here: true},
		"somebody has read it":      {op: plan.File{Folder: "INBOX", Away: plan.AwayPermanent}, times: 1, then: func(a *model.Account) { a.Flag("INBOX", 1, mailbox.Flags{imap.FlagSeen}, nil) }},
	} {
		t.Run(name, func(t *testing.T) {
			a := model.New(model.Variant{Can: apply.Can{UIDPlus: true}})
			fill(a, "INBOX", letter("a"))
			fill(a, "A")
			p := planned(a, file(t, a, test.op))
			times := test.times
			r, err := apply.Run(t.Context(), p, stubborn{a, &times, func() {
				if test.then != nil {
					test.then(a)
				}
			}}, apply.Options{})
			careful(t, a)
			if err != nil || r.Complete() == test.here {
				t.Errorf("complete: %t, %v\n%s", r.Complete(), err, told(r))
			}
			if a.Has("INBOX", 1) != test.here {
				t.Errorf("it is there: %t\n%s", !test.here, told(r))
			}
			if marked := len(a.Marked()) > 0; marked != test.marked {
				t.Errorf(`it is marked \Deleted: %t`, marked)
			}
		})
	}
}
