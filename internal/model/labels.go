package model

import (
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// purges says whether a message that is deleted in the folder is gone.
func (f *folder) purges() bool {
	return slices.Contains(f.uses, mailbox.UseTrash) || slices.Contains(f.uses, mailbox.UseJunk)
}

func (f *folder) all() bool { return slices.Contains(f.uses, mailbox.UseAll) }

// uidOf is where the folder has the message; 0: nowhere.
func (f *folder) uidOf(m *message) imap.UID {
	for uid, other := range f.messages {
		if other == m {
			return uid
		}
	}
	return 0
}

// label is what COPY and MOVE do where folders are labels: the message gets one more,
// and with MOVE loses the one of the folder. It is the same one in all of them.
func (a *Account) label(f *folder, uid imap.UID, dest *folder, move bool) imap.UID {
	m := f.messages[uid]
	if dest.purges() {
		if !move {
			a.violate("COPY of message %d in %q to %q, which throws it away", uid, f.name, dest.name)
		}
		a.strip(m)
	} else if move && !f.all() || a.variant.CopyMoves {
		if !move {
			a.violate("COPY of message %d in %q, which is a move", uid, f.name)
		}
		delete(f.messages, uid)
	}
	dest.learn(m.flags)
	at := dest.uidOf(m)
	if at == 0 {
		at = dest.put(m)
	}
	if !dest.purges() {
		a.addToAll(m)
	}
	return at
}

// strip takes every label off a message.
func (a *Account) strip(m *message) {
	for _, f := range a.folders {
		if uid := f.uidOf(m); uid != 0 {
			delete(f.messages, uid)
		}
	}
}

// addToAll adds a message to the folders that have all.
func (a *Account) addToAll(m *message) {
	for _, f := range a.folders {
		if f.all() && f.uidOf(m) == 0 {
			f.put(m)
		}
	}
}

// expunge removes a message from the folder; where folders are labels, only the label,
// unless it lies where messages are thrown away.
func (a *Account) expunge(f *folder, uid imap.UID) {
	if a.variant.Can.Labels && f.purges() {
		a.strip(f.messages[uid])
		return
	}
	if a.variant.Can.Labels {
		a.violate("UID EXPUNGE of message %d in %q, which is a label", uid, f.name)
	}
	if !f.all() {
		delete(f.messages, uid)
	}
}

// Label has another client give a message one more label, and returns its UID there.
func (a *Account) Label(n mailbox.Name, uid imap.UID, to mailbox.Name) imap.UID {
	m, dest := a.mustMessage(n, uid), a.must(to)
	if at := dest.uidOf(m); at != 0 {
		return at
	}
	return dest.put(m)
}
