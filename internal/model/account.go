// Package model is a mail account of maps: it answers a plan's questions and carries
// out what an apply asks for as servers do, with their oddities where a Variant says
// so. It is deterministic, reads no clock and speaks no protocol. The tests that
// people write for their rules run on it, and this project's own random ones.
//
// It knows what no server knows: which message is a copy of which, and who marked
// it \Deleted. So a test can say that no mail was lost, none doubled and nobody
// else's touched. What a careful client never does (deleting a folder that holds
// mail, changing a message that it did not look at) is a violation.
//
// An Account is used by one goroutine; a Hook may act on it as another client.
package model

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// An Account is a mail account in memory.
type Account struct {
	// Before is called before each operation: an error is answered and nothing done.
	// After is called once it was done: an error is answered all the same, as if the
	// reply was lost. Either may act as another client. Nil: nothing happens.
	Before, After Hook
	// Overrun is how many of the operations that were sent at once the server still carries
	// out after the connection was lost at one of them.
	Overrun int
	Now     time.Time // when messages are copied and moved: for SAVEDATE

	variant    Variant
	folders    map[mailbox.Name]*folder
	subscribed map[mailbox.Name]bool
	validity   uint32 // the last one that was given
	mails      int    // the last one that was delivered
	ops        int    // operations begun
	lost       bool   // the connection
	open       *folder
	told       map[imap.UID]bool // messages of the open folder that the program has looked at
	violations []string
	read       map[string]*message // what was read whole, by its octets
}

// A folder exists; a placeholder cannot be selected.
type folder struct {
	name        mailbox.Name
	placeholder bool
	uses        []mailbox.Use
	validity    uint32
	next        imap.UID
	messages    map[imap.UID]*message
	keywords    mailbox.Flags
	given       map[imap.UID]bool // UIDs that COPYUID told the program of
}

// message is one in a folder. mail is the same for all copies of one that was
// delivered.
type message struct {
	mail      int
	flags     mailbox.Flags
	ours      bool // \Deleted was set by the program
	inherited bool // \Deleted was on the message of which this is a copy
	received  time.Time
	saved     time.Time
	size      int64
	header    string
	body      string
}

// New returns an account with an empty INBOX.
func New(v Variant) *Account {
	a := &Account{
		variant:    v,
		folders:    map[mailbox.Name]*folder{},
		subscribed: map[mailbox.Name]bool{},
		validity:   1000,
		read:       map[string]*message{},
		Now:        time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	a.make(mailbox.Inbox)
	return a
}

// make makes a folder, and those that it lies in.
func (a *Account) make(n mailbox.Name) *folder {
	if parent, ok := n.Parent(); ok && a.folders[parent] == nil {
		a.make(parent).placeholder = !a.variant.RealParents
	}
	a.validity++
	f := &folder{name: n, validity: a.validity, next: 1, messages: map[imap.UID]*message{}, given: map[imap.UID]bool{}}
	a.folders[n] = f
	return f
}

// put adds a message to the folder.
func (f *folder) put(m *message) imap.UID {
	uid := f.next
	f.next++
	f.messages[uid] = m
	return uid
}

// uids are those of the set that are there, in order.
func (f *folder) uids(set imap.UIDSet) []imap.UID {
	var all []imap.UID
	for _, uid := range slices.Sorted(maps.Keys(f.messages)) {
		if set.Contains(uid) {
			all = append(all, uid)
		}
	}
	return all
}

// look is what somebody sees who looks into the folder.
func (a *Account) look(f *folder) plan.State {
	if a.variant.UnusedRenumbers && f.next == 1 {
		a.validity++
		f.validity = a.validity
	}
	return plan.State{UIDValidity: f.validity, UIDNext: f.next, Messages: uint32(len(f.messages))}
}

// Listing is what LIST shows, without being an operation.
func (a *Account) Listing() plan.Listing {
	labels := a.variant.Can.Labels
	l := plan.Listing{Labels: labels, CopyMoves: a.variant.CopyMoves, MovesByCopy: !a.variant.Can.Move, SaveDate: !labels, CreateUse: !a.variant.NoUses, Server: a.variant.Name, Delimiter: "/"}
	names := maps.Clone(a.subscribed)
	for n := range a.folders {
		names[n] = a.subscribed[n]
	}
	above := map[mailbox.Name]bool{}
	for n := range a.folders {
		for parent, ok := n.Parent(); ok; parent, ok = parent.Parent() {
			above[parent] = true
		}
	}
	for _, n := range slices.Sorted(maps.Keys(names)) {
		entry := plan.Folder{Name: n, Subscribed: a.subscribed[n]}
		if f := a.folders[n]; f != nil {
			entry.Exists, entry.Selectable, entry.HasChildren = true, !f.placeholder, above[n]
			entry.Uses = slices.Clone(f.uses)
			if !f.placeholder {
				entry.UIDValidity, entry.UIDNext, entry.Messages = f.validity, f.next, uint32(len(f.messages))
			}
		}
		if entry.Exists || entry.Subscribed {
			l.Folders = append(l.Folders, entry)
		}
	}
	return l
}

func (a *Account) violate(format string, args ...any) {
	a.violations = append(a.violations, fmt.Sprintf("operation %d: ", a.ops)+fmt.Sprintf(format, args...))
}

// A refused is a server's NO.
type refused string

func (r refused) Error() string { return "NO " + string(r) }
