package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
)

// Create makes a folder, and asks for its use where the server knows how (RFC 6154
// section 3). One that the server refuses with its use, as Cyrus does with most below
// others, is made without: a listing shows which it has.
func (s *Session) Create(ctx context.Context, name mailbox.Name, use mailbox.Use) error {
	created, err := s.wireName(name)
	if err != nil {
		return err
	}
	var o imap.CreateOptions
	if use != "" && s.caps.has("CREATE-SPECIAL-USE") {
		o.SpecialUse = []imap.MailboxAttr{use.Attr()}
	}
	create := func() error { return s.client.Create(created, &o).Wait() }
	err = s.run(ctx, "create", name, create)
	if refused, ok := errors.AsType[*ResponseError](err); ok && refused.Class() != apply.ClassThrottled && len(o.SpecialUse) > 0 {
		o.SpecialUse = nil
		err = s.run(ctx, "create", name, create)
	}
	if err == nil {
		s.folders.wire[s.namespaces.own.canonical(name)] = created
	}
	return err
}

// Rename gives a folder, and all below it, another name. It refuses INBOX, whose
// mail a RENAME would move, or lose.
func (s *Session) Rename(ctx context.Context, from, to mailbox.Name) error {
	if from == mailbox.Inbox || to == mailbox.Inbox {
		return errors.New("rename a folder: INBOX cannot be renamed, nor can another folder become it")
	}
	wireFrom, err := s.wireName(from)
	if err != nil {
		return err
	}
	wireTo, err := s.wireName(to)
	if err != nil {
		return err
	}
	if err := s.notOpen(ctx, "rename", from, wireFrom); err != nil {
		return err
	}
	err = s.run(ctx, "rename", from, func() error { return s.client.Rename(wireFrom, wireTo, nil).Wait() })
	if err == nil {
		own := s.namespaces.own
		s.folders.renamed(own.canonical(from), own.canonical(to), wireFrom, wireTo)
	}
	return err
}

// Subscribe subscribes to a folder, or ends that.
func (s *Session) Subscribe(ctx context.Context, name mailbox.Name, subscribed bool) error {
	known, err := s.wireName(name)
	if err != nil {
		return err
	}
	if subscribed {
		return s.run(ctx, "subscribe to", name, func() error { return s.client.Subscribe(known).Wait() })
	}
	return s.run(ctx, "unsubscribe from", name, func() error { return s.client.Unsubscribe(known).Wait() })
}

// Delete deletes a folder with whatever it holds. It refuses INBOX, and the folder
// that is open: some servers end the connection over that.
func (s *Session) Delete(ctx context.Context, name mailbox.Name) error {
	if s.namespaces.own.canonical(name) == mailbox.Inbox {
		return errors.New("delete a folder: INBOX cannot be deleted")
	}
	known, err := s.wireName(name)
	if err != nil {
		return err
	}
	if err := s.notOpen(ctx, "delete", name, known); err != nil {
		return err
	}
	err = s.run(ctx, "delete", name, func() error { return s.client.Delete(known).Wait() })
	if err == nil {
		delete(s.folders.wire, s.namespaces.own.canonical(name))
	}
	return err
}

// notOpen leaves a folder that is open for reading, and refuses where the folder, or
// one below it, is open for writing.
func (s *Session) notOpen(ctx context.Context, op string, name mailbox.Name, wire string) error {
	inside := strings.HasPrefix(s.open.wire, wire+string(s.namespaces.own.delim))
	if s.open.writing && (s.open.wire == wire || inside) {
		return fmt.Errorf("%s: folder %q is open: close it first", describe(op, name), s.open.name)
	}
	return s.leaveReading(ctx)
}
