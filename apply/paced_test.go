package apply_test

import (
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// Where commands have to wait for their turn, messages are looked at once more between the
// mark and UID EXPUNGE, and so are their copies.
func TestSeenWhileWaitingForTurns(t *testing.T) {
	gone := plan.File{Folder: "INBOX", Away: plan.AwayPermanent}
	for name, test := range map[string]struct {
		op   plan.File
		then func(*model.Account) // while the next command waits
		here bool                 // it stays
	}{
		"nothing happens":           {op: gone, then: func(*model.Account) {}},
		"somebody wants to keep it": {op: gone, then: func(a *model.Account) { a.Flag("INBOX", 1, mailbox.Flags{imap.FlagFlagged}, nil) }, here: true},
		"its copy is gone": {
			op:   plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "A"},
			then: func(a *model.Account) { a.Vanish("A", 1) }, here: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := model.New(model.Variant{Can: apply.Can{UIDPlus: true, Paced: true}})
			fill(a, "INBOX", letter("a"))
			fill(a, "A")
			p := planned(a, file(t, a, test.op))
			marked := false
			a.After = only("UID STORE", func(model.Op) error {
				if !marked {
					test.then(a)
				}
				marked = true
				return nil
			})
			r, err := apply.Run(t.Context(), p, a, apply.Options{})
			careful(t, a)
			if err != nil || r.Complete() == test.here {
				t.Errorf("complete: %t, %v\n%s", r.Complete(), err, told(r))
			}
			if !marked || a.Has("INBOX", 1) != test.here || len(a.Marked()) > 0 {
				t.Errorf(`it was marked: %t, is there: %t, marked \Deleted: %v`, marked, a.Has("INBOX", 1), a.Marked())
			}
		})
	}
}
