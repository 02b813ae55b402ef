package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// A Place is where a message lies.
type Place struct {
	Folder mailbox.Name
	UID    imap.UID
	Flags  mailbox.Flags
	Ours   bool // the program marked it \Deleted
}

// Census says where each mail lies: in one place, if it was neither copied nor
// removed.
func (a *Account) Census() map[int][]Place {
	all := map[int][]Place{}
	for _, n := range slices.Sorted(maps.Keys(a.folders)) {
		f := a.folders[n]
		for _, uid := range slices.Sorted(maps.Keys(f.messages)) {
			m := f.messages[uid]
			all[m.mail] = append(all[m.mail], Place{n, uid, m.flags, m.ours})
		}
	}
	return all
}

// Marked are the messages that the program marked \Deleted and that are still there.
func (a *Account) Marked() []Place {
	var all []Place
	for _, places := range a.Census() {
		for _, p := range places {
			if p.Ours {
				all = append(all, p)
			}
		}
	}
	return all
}

// Violations are what the program did that no careful one does.
func (a *Account) Violations() []string { return slices.Clone(a.violations) }

// Dump is the whole account as text, for comparing and for failed tests.
func (a *Account) Dump() string {
	var b strings.Builder
	for _, f := range a.Listing().Folders {
		if a.variant.UnusedRenumbers && f.UIDNext == 1 {
			f.UIDValidity = 0 // any look has made up another one
		}
		fmt.Fprintf(&b, "%q exists=%t selectable=%t subscribed=%t uses=%v validity=%d next=%d\n", f.Name, f.Exists, f.Selectable, f.Subscribed, f.Uses, f.UIDValidity, f.UIDNext)
		for _, uid := range a.UIDs(f.Name) {
			m := a.folders[f.Name].messages[uid]
			fmt.Fprintf(&b, "  %d mail=%d flags=[%s] received=%s saved=%s size=%d %q\n", uid, m.mail, m.flags, m.received.Format("2006-01-02T15:04:05"), m.saved.Format("2006-01-02T15:04:05"), m.size, m.header)
		}
	}
	return b.String()
}
