package apply_test

import (
	"context"
	"maps"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// A hasty server tells with STORE of the flags that messages had before, as where a
// change of another client's is told there, and its own is not.
type hasty struct{ *model.Account }

func (h hasty) Store(ctx context.Context, uids imap.UIDSet, add bool, flags mailbox.Flags) (map[imap.UID]mailbox.Flags, error) {
	told, err := h.Account.Store(ctx, uids, add, flags)
	told = maps.Clone(told)
	for uid, now := range told {
		if told[uid] = now.Without(flags); !add {
			told[uid] = now.With(flags)
		}
	}
	return told, err
}

// Flags that are told with STORE, and are not as they should be, are looked at again: what
// is marked \Deleted must not stay so unseen, nor what was flagged be taken for a failure.
func TestRunLooksAgainAtFlags(t *testing.T) {
	variants(t, func(t *testing.T, v model.Variant) {
		a := model.New(v)
		fill(a, "INBOX", letter("a"), letter("b", imap.FlagFlagged))
		fill(a, "Purged", letter("c"), letter("d"))
		fill(a, "To")
		steps := []plan.Step{
			file(t, a, plan.File{Folder: "INBOX", Add: mailbox.Flags{imap.FlagSeen}, Remove: mailbox.Flags{imap.FlagFlagged}}),
		}
		if v.Can.UIDPlus {
			steps = append(steps, file(t, a, plan.File{Folder: "Purged", Away: plan.AwayPermanent}))
		}
		r, err := apply.Run(t.Context(), planned(a, steps...), hasty{a}, apply.Options{})
		careful(t, a)
		if err != nil {
			t.Error(err)
		}
		complete(t, r)
		wantFolder(t, a, "INBOX", "a seen", "b seen")
		if v.Can.UIDPlus {
			wantFolder(t, a, "Purged")
		}
		if left := a.Marked(); len(left) > 0 {
			t.Errorf(`left marked \Deleted: %v`, left)
		}
	})
}

func (s hasty) Changes(ctx context.Context, all []apply.Change) []apply.Changed {
	return model.EachChange(ctx, s, all)
}
