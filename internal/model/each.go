package model

import (
	"context"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	themessage "github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// EachStatus does one after the other what apply.Server.Statuses does at once: for
// servers that are an Account but for some of its methods. After a lost connection all
// that is left has its error.
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

// A folderChanger changes folders one by one.
type folderChanger interface {
	Create(context.Context, mailbox.Name, mailbox.Use) error
	Rename(ctx context.Context, from, to mailbox.Name) error
	Delete(context.Context, mailbox.Name) error
	Subscribe(context.Context, mailbox.Name, bool) error
}

// EachFolder does one after the other what apply.Server.Folders does at once.
func EachFolder(ctx context.Context, s folderChanger, all []apply.FolderChange) []error {
	return each(len(all), func(i int) error { return changeFolder(ctx, s, all[i]) })
}

func changeFolder(ctx context.Context, s folderChanger, c apply.FolderChange) error {
	switch c.Kind {
	case apply.ChangeCreate:
		return s.Create(ctx, c.Name, c.Use)
	case apply.ChangeRename:
		return s.Rename(ctx, c.Name, c.To)
	case apply.ChangeDelete:
		return s.Delete(ctx, c.Name)
	case apply.ChangeSubscribe, apply.ChangeUnsubscribe:
		return s.Subscribe(ctx, c.Name, c.Kind == apply.ChangeSubscribe)
	}
	return fmt.Errorf("%d is no change to a folder", c.Kind)
}

// A messageChanger changes messages of the open folder by one command at a time.
type messageChanger interface {
	Move(ctx context.Context, uids imap.UIDSet, to mailbox.Name) (apply.Transfer, error)
	Copy(ctx context.Context, uids imap.UIDSet, to mailbox.Name) (apply.Transfer, error)
	Store(ctx context.Context, uids imap.UIDSet, add bool, flags mailbox.Flags) (map[imap.UID]mailbox.Flags, error)
	Expunge(ctx context.Context, uids imap.UIDSet) error
}

// EachChange does one after the other what apply.Server.Changes does at once.
func EachChange(ctx context.Context, s messageChanger, all []apply.Change) []apply.Changed {
	said := make([]apply.Changed, len(all))
	errs := each(len(all), func(i int) error {
		said[i] = changeMessages(ctx, s, all[i])
		return said[i].Err
	})
	for i, err := range errs {
		said[i].Err = err
	}
	return said
}

func changeMessages(ctx context.Context, s messageChanger, c apply.Change) (said apply.Changed) {
	switch c.Kind {
	case apply.ChangeMove:
		said.Transfer, said.Err = s.Move(ctx, c.UIDs, c.To)
	case apply.ChangeCopy:
		said.Transfer, said.Err = s.Copy(ctx, c.UIDs, c.To)
	case apply.ChangeAdd, apply.ChangeTake:
		said.Flags, said.Err = s.Store(ctx, c.UIDs, c.Kind == apply.ChangeAdd, c.Flags)
	case apply.ChangeExpunge:
		said.Err = s.Expunge(ctx, c.UIDs)
	default:
		said.Err = fmt.Errorf("%d is no change to messages", c.Kind)
	}
	return said
}

// EachTryOut opens one after the other what apply.Server.TryOut opens at once.
func EachTryOut(ctx context.Context, s interface {
	Open(context.Context, mailbox.Name) (apply.Opened, error)
	Close(context.Context) error
}, names []mailbox.Name) (errs []error, left error) {
	open := false
	errs = each(len(names), func(i int) error {
		_, err := s.Open(ctx, names[i])
		open = err == nil
		return err
	})
	if open {
		left = s.Close(ctx)
	}
	return errs, left
}

// OneVisit is apply.Server.Visit by Open and Fetch.
func OneVisit(ctx context.Context, s interface {
	Open(context.Context, mailbox.Name) (apply.Opened, error)
	Fetch(context.Context, imap.UIDSet, themessage.Parts, func(*themessage.Message)) error
}, name mailbox.Name, uids imap.UIDSet, parts themessage.Parts, tell func(*themessage.Message)) (o apply.Opened, seen, err error) {
	if o, err = s.Open(ctx, name); err != nil {
		return o, nil, err
	}
	return o, s.Fetch(ctx, uids, parts, tell), nil
}

// EachAnswer answers one after the other what a session's AnswerAll answers at once.
func EachAnswer(ctx context.Context, s interface {
	Answer(context.Context, plan.Question, func(*themessage.Message)) (plan.State, error)
}, qs []plan.Question, tell func(i int, m *themessage.Message)) ([]plan.Answer, error) {
	answers := make([]plan.Answer, len(qs))
	for i, q := range qs {
		var err error
		if answers[i].State, err = s.Answer(ctx, q, func(m *themessage.Message) { tell(i, m) }); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// each does so many things until the connection is lost, which is the error of the rest.
func each(n int, do func(int) error) []error {
	errs := make([]error, n)
	for i := range errs {
		if i > 0 && apply.Lost(errs[i-1]) {
			errs[i] = errs[i-1]
			continue
		}
		errs[i] = do(i)
	}
	return errs
}
