package apply

import (
	"context"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// EachStatus does one after the other what Server.Statuses does at once. After a lost
// connection all that is left has its error.
func EachStatus(ctx context.Context, s interface {
	Status(context.Context, mailbox.Name) (plan.State, error)
}, names []mailbox.Name) ([]plan.State, []error) {
	states := make([]plan.State, len(names))
	errs := each(len(names), func(i int) (err error) {
		states[i], err = s.Status(ctx, names[i])
		return err
	})
	return states, errs
}

// EachFolder does one after the other what Server.Folders does at once.
func EachFolder(ctx context.Context, s interface {
	Create(context.Context, mailbox.Name, mailbox.Use) error
	Rename(ctx context.Context, from, to mailbox.Name) error
	Subscribe(context.Context, mailbox.Name, bool) error
}, all []FolderChange) []error {
	return each(len(all), func(i int) error {
		switch c := all[i]; c.Kind {
		case ChangeCreate:
			return s.Create(ctx, c.Name, c.Use)
		case ChangeRename:
			return s.Rename(ctx, c.Name, c.To)
		case ChangeSubscribe, ChangeUnsubscribe:
			return s.Subscribe(ctx, c.Name, c.Kind == ChangeSubscribe)
		default:
			return fmt.Errorf("%d is no change to a folder", c.Kind)
		}
	})
}

// EachMove does one after the other what Server.Moves does at once.
func EachMove(ctx context.Context, s interface {
	Move(ctx context.Context, uids imap.UIDSet, to mailbox.Name) (Transfer, error)
}, all []Moving) ([]Transfer, []error) {
	moved := make([]Transfer, len(all))
	errs := each(len(all), func(i int) (err error) {
		moved[i], err = s.Move(ctx, all[i].UIDs, all[i].To)
		return err
	})
	return moved, errs
}

// each does so many things until the connection is lost, which is the error of the rest.
func each(n int, do func(int) error) []error {
	errs := make([]error, n)
	for i := range errs {
		if i > 0 && Lost(errs[i-1]) {
			errs[i] = errs[i-1]
			continue
		}
		errs[i] = do(i)
	}
	return errs
}
