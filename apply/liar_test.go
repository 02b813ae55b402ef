package apply_test

import (
	"context"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/plan"
)

// empty is a server that lists no folder.
type empty struct{ *model.Account }

func (empty) List(context.Context) (plan.Listing, error) { return plan.Listing{}, nil }

// vague is a server that tells only the flags of message 2.
type vague struct{ *model.Account }

func (v vague) Fetch(ctx context.Context, uids imap.UIDSet, parts message.Parts, tell func(*message.Message)) error {
	return v.Account.Fetch(ctx, uids, parts, func(m *message.Message) {
		if m.UID == 2 {
			m = &message.Message{UID: 2, Flags: m.Flags, Known: message.Parts{Flags: true}}
		}
		tell(m)
	})
}

func (s vague) Visit(ctx context.Context, name mailbox.Name, uids imap.UIDSet, parts message.Parts, tell func(*message.Message)) (o apply.Opened, seen, err error) {
	return model.OneVisit(ctx, s, name, uids, parts, tell)
}

// secretive is a server that has a folder below Gone, and does not list it.
type secretive struct{ *model.Account }

func (s secretive) List(ctx context.Context) (plan.Listing, error) {
	l, err := s.Account.List(ctx)
	for i, f := range l.Folders {
		l.Folders[i].HasChildren = f.HasChildren || f.Name == "Gone"
	}
	return l, err
}

// liar is a server that answers OK to whatever changes something, and does nothing.
type liar struct{ *model.Account }

func (liar) Create(context.Context, mailbox.Name, mailbox.Use) error  { return nil }
func (liar) Rename(context.Context, mailbox.Name, mailbox.Name) error { return nil }
func (liar) Subscribe(context.Context, mailbox.Name, bool) error      { return nil }
func (liar) Delete(context.Context, mailbox.Name) error               { return nil }
func (liar) Store(context.Context, imap.UIDSet, bool, mailbox.Flags) (map[imap.UID]mailbox.Flags, error) {
	return nil, nil
}
func (liar) Expunge(context.Context, imap.UIDSet) error { return nil }

func (liar) Append(context.Context, mailbox.Name, apply.Append) (uint32, imap.UID, error) {
	return 0, 0, nil
}

func (liar) Move(context.Context, imap.UIDSet, mailbox.Name) (apply.Transfer, error) {
	return apply.Transfer{}, nil
}

func (liar) Copy(context.Context, imap.UIDSet, mailbox.Name) (apply.Transfer, error) {
	return apply.Transfer{}, nil
}

func (s liar) Statuses(ctx context.Context, names []mailbox.Name) ([]plan.State, []error) {
	return model.EachStatus(ctx, s, names)
}

func (s liar) Folders(ctx context.Context, all []apply.FolderChange) []error {
	return model.EachFolder(ctx, s, all)
}

func (s liar) Changes(ctx context.Context, all []apply.Change) []apply.Changed {
	return model.EachChange(ctx, s, all)
}
