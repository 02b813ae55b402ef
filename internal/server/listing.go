package server

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A listing is made of what LIST and the commands after it tell.
type listing struct {
	namespaces namespaces
	folders    map[mailbox.Name]*entry
	table      folderTable
	warnings   []string
}

// An entry is a folder of a listing.
type entry struct {
	folder plan.Folder
	wire   string
	status *imap.StatusData // nil: not told
}

// complete says whether all that is needed of the folder was told.
func (e *entry) complete() bool {
	return e.status != nil && e.status.NumMessages != nil && e.status.UIDNext != 0 && e.status.UIDValidity != 0
}

func newListing(ns namespaces) *listing {
	return &listing{namespaces: ns, folders: map[mailbox.Name]*entry{}, table: newFolderTable()}
}

func (l *listing) warn(format string, args ...any) {
	l.warnings = append(l.warnings, fmt.Sprintf(format, args...))
}

// name returns a listed folder's name; false: it has none here, which was said if
// anybody should know.
func (l *listing) name(data *imap.ListData) (mailbox.Name, bool) {
	own := l.namespaces.own
	root := data.Delim != 0 && !own.inInbox() && data.Mailbox+string(data.Delim) == own.prefix
	err := l.namespaces.check(data.Mailbox)
	if errors.Is(err, errForeign) || root {
		return "", false
	}
	var name mailbox.Name
	if err == nil {
		name, err = own.fromWire(data.Mailbox, data.Delim)
	}
	if err != nil {
		l.warn("the folder that the server calls %q cannot be named in a configuration: %s; it is left alone", safe(data.Mailbox), err)
		return "", false
	}
	return name, true
}

// add takes a folder that LIST tells.
func (l *listing) add(data *imap.ListData) {
	name, ok := l.name(data)
	if !ok {
		return
	}
	if another := l.table.add(name, data.Mailbox); another {
		l.share(name)
		return
	}
	if old := l.folders[name]; old != nil && (old.folder.Selectable || l.table.shared[name] != nil) {
		return // listed twice
	}
	l.folders[name] = &entry{folder: folderOf(name, data.Attrs), wire: data.Mailbox, status: data.Status}
}

// share makes nothing of a name that several folders have: it is taken, and that is
// all that can be said.
func (l *listing) share(name mailbox.Name) {
	if len(l.table.shared[name]) == 2 {
		l.warn("the server has several folders whose name is %q here, as they differ only in how its letters are written (%s): all of them are left alone",
			name, quoteAll(l.table.shared[name]))
	}
	l.folders[name].folder = plan.Folder{Name: name, Exists: true}
}

// subscribe takes a folder that is subscribed, whether it exists or not.
func (l *listing) subscribe(data *imap.ListData) {
	name, ok := l.quietName(data)
	if !ok {
		return
	}
	if e := l.folders[name]; e != nil {
		e.folder.Subscribed = e.folder.Subscribed || e.wire == data.Mailbox
		return
	}
	l.table.add(name, data.Mailbox)
	l.folders[name] = &entry{folder: plan.Folder{Name: name, Subscribed: true}, wire: data.Mailbox}
}

// quietName is name without a warning: a folder that has none was warned of, and a
// subscription alone loses no mail.
func (l *listing) quietName(data *imap.ListData) (mailbox.Name, bool) {
	said := len(l.warnings)
	name, ok := l.name(data)
	l.warnings = l.warnings[:said]
	return name, ok
}

// sorted returns the folders by name, INBOX first.
func (l *listing) sorted() []plan.Folder {
	all := make([]plan.Folder, 0, len(l.folders))
	for _, e := range l.folders {
		f := e.folder
		if f.Selectable && e.status != nil && e.status.NumMessages != nil {
			f.UIDValidity, f.UIDNext, f.Messages = e.status.UIDValidity, e.status.UIDNext, *e.status.NumMessages
		}
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b plan.Folder) int {
		switch {
		case a.Name == b.Name:
			return 0
		case a.Name == mailbox.Inbox:
			return -1
		case b.Name == mailbox.Inbox:
			return 1
		}
		return strings.Compare(string(a.Name), string(b.Name))
	})
	return all
}

// folderOf reads the attributes of LIST (RFC 9051 section 7.3.1).
func folderOf(name mailbox.Name, attrs []imap.MailboxAttr) plan.Folder {
	f := plan.Folder{Name: name, Exists: true, Selectable: true}
	for _, attr := range attrs {
		switch attr {
		case imap.MailboxAttrNonExistent:
			// One with children has its place like one that is only \Noselect.
			f.Exists, f.Selectable = slices.Contains(attrs, imap.MailboxAttrHasChildren), false
		case imap.MailboxAttrNoSelect:
			f.Selectable = false
		case imap.MailboxAttrNoInferiors:
			f.NoInferiors = true
		case imap.MailboxAttrHasChildren:
			f.HasChildren = true
		case imap.MailboxAttrSubscribed:
			f.Subscribed = true
		default:
			if use, ok := mailbox.UseOf(attr); ok {
				f.Uses = append(f.Uses, use)
			}
		}
	}
	return f
}
