package model

import (
	"context"
	"errors"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	themessage "github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// Statuses implements apply.Server.
func (a *Account) Statuses(ctx context.Context, names []mailbox.Name) ([]plan.State, []error) {
	states := make([]plan.State, len(names))
	return states, a.together(len(names), func(i int) (err error) {
		states[i], err = a.Status(ctx, names[i])
		return err
	})
}

// TryOut implements apply.Server.
func (a *Account) TryOut(ctx context.Context, names []mailbox.Name) (errs []error, left error) {
	n := len(names)
	errs = a.together(n+1, func(i int) error {
		switch {
		case i < n:
			_, err := a.Open(ctx, names[i])
			return err
		case a.open != nil:
			return a.Close(ctx)
		}
		return nil
	})
	return errs[:n], errs[n]
}

// Visit implements apply.Server.
func (a *Account) Visit(ctx context.Context, name mailbox.Name, uids imap.UIDSet, parts themessage.Parts, tell func(*themessage.Message)) (o apply.Opened, seen, err error) {
	if o, err = a.Open(ctx, name); err != nil {
		return o, nil, err
	}
	return o, a.Fetch(ctx, uids, parts, tell), nil
}

// Folders implements apply.Server.
func (a *Account) Folders(ctx context.Context, all []apply.FolderChange) []error {
	return a.together(len(all), func(i int) error { return changeFolder(ctx, a, all[i]) })
}

// Changes implements apply.Server.
func (a *Account) Changes(ctx context.Context, all []apply.Change) []apply.Changed {
	said := make([]apply.Changed, len(all))
	errs := a.together(len(all), func(i int) error {
		said[i] = changeMessages(ctx, a, all[i])
		return said[i].Err
	})
	for i, err := range errs {
		if err != nil {
			said[i] = apply.Changed{Err: err}
		}
	}
	return said
}

// together carries out what was sent at once. If the connection is lost at one of them,
// the server may go on with the others, but nobody is told: it goes on with Overrun.
func (a *Account) together(n int, one func(int) error) []error {
	errs := make([]error, n)
	for i := range errs {
		if errs[i] = one(i); !errors.Is(errs[i], ErrLost) {
			continue
		}
		a.overrun(i+1, min(n, i+1+a.Overrun), one)
		for rest := i + 1; rest < n; rest++ {
			errs[rest] = ErrLost
		}
		break
	}
	return errs
}

// overrun carries out what nobody is told of.
func (a *Account) overrun(from, to int, one func(int) error) {
	before, after, open := a.Before, a.After, a.open
	a.Before, a.After, a.lost = nil, nil, false
	for i := from; i < to; i++ {
		_ = one(i) // whatever is said is lost
	}
	a.Before, a.After, a.lost, a.open = before, after, true, open
}
