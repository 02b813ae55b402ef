package model

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	themessage "github.com/imapform/imapform/internal/message"
)

// A model that takes everything proves nothing: each violation is one.
func TestViolations(t *testing.T) {
	one, deleted := imap.UIDSetNum(1), mailbox.Flags{imap.FlagDeleted}
	look := func(ctx context.Context, a *Account) {
		a.Open(ctx, "A")
		a.Fetch(ctx, imap.UIDSetNum(1, 2), themessage.Parts{Flags: true}, func(*themessage.Message) {})
	}
	for _, test := range []struct {
		name string
		do   func(ctx context.Context, a *Account)
		says string
	}{
		{"careful", func(ctx context.Context, a *Account) {
			look(ctx, a)
			a.Store(ctx, one, true, deleted)
			a.Expunge(ctx, one)
			a.Close(ctx)
			a.Delete(ctx, "Empty")
		}, ""},
		{"delete a folder that holds mail", func(ctx context.Context, a *Account) { a.Delete(ctx, "A") }, "which holds 2 messages"},
		{"delete a folder with children", func(ctx context.Context, a *Account) { a.MakeFolder("Empty/Child"); a.Delete(ctx, "Empty") }, "has children"},
		{"delete the open folder", func(ctx context.Context, a *Account) { a.Open(ctx, "Empty"); a.Delete(ctx, "Empty") }, "is open"},
		{"rename the open folder", func(ctx context.Context, a *Account) { a.Open(ctx, "Empty"); a.Rename(ctx, "Empty", "B") }, "is open"},
		{"rename INBOX", func(ctx context.Context, a *Account) { a.Rename(ctx, mailbox.Inbox, "B") }, "RENAME INBOX"},
		{"status of the open folder", func(ctx context.Context, a *Account) { a.Open(ctx, "A"); a.Status(ctx, "A") }, "is open"},
		{"nothing open", func(ctx context.Context, a *Account) { a.Store(ctx, one, true, deleted) }, "no folder is open"},
		{"expunge foreign mail", func(ctx context.Context, a *Account) { look(ctx, a); a.Expunge(ctx, imap.UIDSetNum(2)) }, "another client marked"},
		{`expunge what is not \Deleted`, func(ctx context.Context, a *Account) { look(ctx, a); a.Expunge(ctx, one) }, `is not \Deleted`},
		{`take \Deleted away`, func(ctx context.Context, a *Account) { look(ctx, a); a.Store(ctx, imap.UIDSetNum(2), false, deleted) }, "was taken"},
		{"no look", func(ctx context.Context, a *Account) { a.Open(ctx, "A"); a.Move(ctx, one, "Empty") }, "not looked at"},
		{"a look in another session", func(ctx context.Context, a *Account) { look(ctx, a); a.Open(ctx, "A"); a.Copy(ctx, one, "Empty") }, "not looked at"},
		{"a star", func(ctx context.Context, a *Account) { look(ctx, a); a.Copy(ctx, imap.UIDSet{{Start: 1}}, "Empty") }, "has a *"},
		{"a star behind others", func(ctx context.Context, a *Account) {
			look(ctx, a)
			a.Copy(ctx, imap.UIDSet{{Start: 0, Stop: 0}, {Start: 1, Stop: 1}}, "Empty")
		}, "has a *"},
		{"too many", func(ctx context.Context, a *Account) {
			look(ctx, a)
			a.Copy(ctx, imap.UIDSet{{Start: 1, Stop: 501}}, "Empty")
		}, "501 messages at once"},
		{"after the connection was lost", func(ctx context.Context, a *Account) {
			a.Before = func(Op) error { return ErrLost }
			a.List(ctx)
			a.List(ctx)
		}, "connection that is lost"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := New(Variants()[0])
			a.MakeFolder("A")
			a.Deliver("A", Mail{})
			a.Deliver("A", Mail{Flags: deleted})
			a.MakeFolder("Empty")
			test.do(t.Context(), a)
			got := strings.Join(a.Violations(), "\n")
			if (test.says == "") != (got == "") || !strings.Contains(got, test.says) {
				t.Errorf("violations: %q, want %q", got, test.says)
			}
		})
	}
	a := New(Variant{})
	a.Open(t.Context(), mailbox.Inbox)
	a.Move(t.Context(), one, "B")
	a.Expunge(t.Context(), one)
	if got := strings.Join(a.Violations(), "\n"); !strings.Contains(got, "UID MOVE, which was not offered") || !strings.Contains(got, "UID EXPUNGE, which was not offered") {
		t.Errorf("violations: %q", got)
	}
}

// A reply that is lost was preceded by the deed, a command that is lost was not.
func TestHooks(t *testing.T) {
	for _, after := range []bool{false, true} {
		a := New(Variants()[0])
		hook := func(Op) error { return ErrLost }
		if after {
			a.After = hook
		} else {
			a.Before = hook
		}
		err := a.Create(t.Context(), "A", "")
		if !errors.Is(err, ErrLost) || !apply.Lost(err) {
			t.Errorf("after=%t: %v", after, err)
		}
		if a.folders["A"] != nil != after {
			t.Errorf("after=%t: created: %t", after, !after)
		}
		a.After, a.Before = nil, nil
		a.Reconnect()
		if _, err := a.List(t.Context()); err != nil {
			t.Errorf("after reconnecting: %v", err)
		}
	}
}

// Census follows a mail through copies and moves.
func TestCensus(t *testing.T) {
	a := New(Variants()[0])
	a.MakeFolder("A")
	a.MakeFolder("B")
	mail, uid := a.Deliver("A", Mail{Header: []string{"Subject: x"}})
	a.Open(t.Context(), "A")
	a.Fetch(t.Context(), imap.UIDSetNum(uid), themessage.Fields("subject"), func(m *themessage.Message) {
		if raw, ok := m.Header.Raw("subject"); !ok || raw != "x" || m.Known.Flags {
			t.Errorf("told %+v", m)
		}
	})
	a.Copy(t.Context(), imap.UIDSetNum(uid), "B")
	a.Move(t.Context(), imap.UIDSetNum(uid), "B")
	if places := a.Census()[mail]; len(places) != 2 || places[0].Folder != "B" || places[1].Folder != "B" {
		t.Errorf("the mail is at %v", places)
	}
}
