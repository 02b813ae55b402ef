package model

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
)

// octets are the whole message, as long as it says that it is: tests give messages
// sizes that they need not have.
func (m *message) octets() string {
	text := m.header + "\r\n" + m.body
	if missing := m.size - int64(len(text)); missing > 0 {
		text += strings.Repeat(".", int(missing))
	}
	return text[:m.size]
}

// Read implements apply.Server.
func (a *Account) Read(ctx context.Context, uid imap.UID, w io.Writer) error {
	return a.within(ctx, Op{Name: "UID FETCH BODY.PEEK[]", UIDs: imap.UIDSetNum(uid)}, func(f *folder) error {
		m := f.messages[uid]
		if m == nil {
			return fmt.Errorf("read message %d of folder %q: it is gone", uid, f.name)
		}
		text := m.octets()
		a.read[text] = m
		_, err := io.WriteString(w, text)
		return err
	})
}

// Append implements apply.Server. What is the same as a message that was read is a
// copy of it.
func (a *Account) Append(ctx context.Context, n mailbox.Name, added apply.Append) (uidValidity uint32, uid imap.UID, err error) {
	err = a.do(ctx, Op{Name: "APPEND", To: n, Flags: added.Flags}, func() error {
		f := a.folders[n]
		if f == nil || f.placeholder {
			return refused("[TRYCREATE] Mailbox doesn't exist")
		}
		if added.Size <= 0 {
			a.violate("APPEND of a message without any octet to %q", n)
		}
		var text strings.Builder
		if _, err := io.CopyN(&text, added.Message, added.Size); err != nil {
			return fmt.Errorf("the message cannot be read: %w", err)
		}
		m := a.appended(text.String())
		m.flags, m.received, m.saved, m.ours, m.inherited = mailbox.NewFlags(added.Flags...), added.Received, a.Now, false, false
		if m.received.IsZero() {
			m.received = a.Now
		}
		if many := a.tooMany(f, m.flags); len(many) > 0 {
			if !a.variant.DropKeywords {
				return refused("[LIMIT] Too many user flags in mailbox")
			}
			m.flags = m.flags.Without(many)
		}
		f.learn(m.flags)
		uid = f.put(m)
		if a.variant.Can.Labels && !f.purges() {
			a.addToAll(m)
		}
		if uidValidity = f.validity; !a.tells(0) {
			uidValidity, uid = 0, 0
		}
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	return uidValidity, uid, nil
}

// appended is a message of these octets: one that was read, or a new one.
func (a *Account) appended(text string) *message {
	if known := a.read[text]; known != nil {
		m := *known
		return &m
	}
	a.mails++
	header, body, found := strings.Cut(text, "\r\n\r\n")
	if found {
		header += "\r\n"
	}
	return &message{mail: a.mails, size: int64(len(text)), header: header, body: body}
}
