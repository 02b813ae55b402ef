package model

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// A Mail is a message to deliver. The zero value is one without any header field.
type Mail struct {
	Header   []string // lines without their end: "Subject: hello"
	Body     string   // with the parts that the header says; as encoded
	Flags    mailbox.Flags
	Received time.Time
	Saved    time.Time // zero: Received
	Size     int64
}

// What follows is done by other clients and by the mail system. Each panics where
// the test asks for what cannot be: that is a mistake of the test.

// MakeFolder makes a folder unless it is there.
func (a *Account) MakeFolder(n mailbox.Name, uses ...mailbox.Use) {
	f := a.folders[n]
	if f == nil {
		f = a.make(n)
	}
	f.placeholder, f.uses = false, uses
}

// SetSubscribed changes a subscription, be there such a folder or not.
func (a *Account) SetSubscribed(n mailbox.Name, subscribed bool) {
	if subscribed {
		a.subscribed[n] = true
	} else {
		delete(a.subscribed, n)
	}
}

// Deliver adds a message and returns the number of the mail, which all of its
// copies share, and its UID.
func (a *Account) Deliver(n mailbox.Name, mail Mail) (int, imap.UID) {
	f := a.must(n)
	a.mails++
	m := &message{mail: a.mails, flags: mailbox.NewFlags(mail.Flags...), received: mail.Received, saved: mail.Saved, size: mail.Size, body: mail.Body}
	if m.saved.IsZero() {
		m.saved = m.received
	}
	for _, line := range mail.Header {
		m.header += strings.TrimRight(line, "\r\n") + "\r\n"
	}
	f.learn(m.flags)
	uid := f.put(m)
	if a.variant.Can.Labels && !f.purges() {
		a.addToAll(m)
	}
	return m.mail, uid
}

// Flag adds and removes flags.
func (a *Account) Flag(n mailbox.Name, uid imap.UID, add, remove mailbox.Flags) {
	m := a.mustMessage(n, uid)
	m.flags = m.flags.With(add).Without(remove)
	m.ours = m.ours && m.flags.Has(imap.FlagDeleted)
}

// Vanish removes a message for good.
func (a *Account) Vanish(n mailbox.Name, uid imap.UID) {
	a.mustMessage(n, uid)
	delete(a.must(n).messages, uid)
}

// MoveMail moves a message to another folder.
func (a *Account) MoveMail(n mailbox.Name, uid imap.UID, to mailbox.Name) {
	m := a.mustMessage(n, uid)
	a.must(to).put(m)
	delete(a.must(n).messages, uid)
}

// Replace deletes a folder with all that it holds and makes a new one of its name,
// with the same UIDVALIDITY if it is said to be kept.
func (a *Account) Replace(n mailbox.Name, keep bool) {
	old := a.must(n)
	f := a.make(n)
	f.uses = old.uses
	if keep {
		f.validity = old.validity
	}
}

// RenameFolder renames a folder.
func (a *Account) RenameFolder(from, to mailbox.Name) {
	if err := a.rename(from, to); err != nil {
		panic(fmt.Sprintf("rename %q to %q: %v", from, to, err))
	}
}

// RemoveFolder deletes a folder with all that it holds.
func (a *Account) RemoveFolder(n mailbox.Name) {
	a.must(n)
	delete(a.folders, n)
}

// UIDs are those of a folder's messages, in order; none if there is no such folder.
func (a *Account) UIDs(n mailbox.Name) []imap.UID {
	f := a.folders[n]
	if f == nil {
		return nil
	}
	return f.uids(imap.UIDSet{imap.UIDRange{Start: 1, Stop: f.next}})
}

// Has says whether the folder holds that message.
func (a *Account) Has(n mailbox.Name, uid imap.UID) bool { return slices.Contains(a.UIDs(n), uid) }

func (a *Account) must(n mailbox.Name) *folder {
	f := a.folders[n]
	if f == nil {
		panic(fmt.Sprintf("there is no folder %q", n))
	}
	return f
}

func (a *Account) mustMessage(n mailbox.Name, uid imap.UID) *message {
	m := a.must(n).messages[uid]
	if m == nil {
		panic(fmt.Sprintf("there is no message %d in folder %q", uid, n))
	}
	return m
}
