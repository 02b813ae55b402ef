package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/internal/utf7"
)

// Folders sends changes to folders at once, in this order, so that none may hang on what
// the server says to another. There is an error for each. One that cannot be sent, such
// as that of INBOX's name, keeps none of the others back.
//
// A folder that the server refuses to make with its use, as Cyrus does with most below
// others, is made without, and then what was refused about it for the lack of it is sent
// once more: a listing shows which use it has.
//
// It refuses to rename INBOX, whose mail a RENAME would move, or lose, and to delete it; and
// to do either to the folder that is open: some servers end the connection over that.
func (s *Session) Folders(ctx context.Context, all []apply.FolderChange) []error {
	if err := s.locate(ctx); err != nil {
		return everyOne(len(all), err)
	}
	changes := make([]*folderChange, len(all))
	errs := make([]error, len(all))
	names := s.folders.clone() // as they will be, for the names of what comes later
	for i, c := range all {
		if changes[i], errs[i] = s.folderChange(names, c); errs[i] == nil {
			changes[i].done(names)
		}
	}
	s.leaveFor(ctx, changes, errs)
	s.sendChanges(ctx, changes, errs, s.relists(all))
	for i, c := range changes {
		if c == nil || !c.withUse || !refusedForGood(errs[i]) {
			continue
		}
		c.line, c.withUse, errs[i] = c.lineWithoutUse, false, nil
		if s.sendChanges(ctx, changes[i:i+1], errs[i:i+1], false); errs[i] == nil {
			s.sendAgain(ctx, changes[i+1:], errs[i+1:], c.name)
		}
	}
	return errs
}

// notOpen refuses where the folder, or one below it, is open for writing.
func (s *Session) notOpen(op string, name mailbox.Name, wire string) error {
	inside := strings.HasPrefix(s.open.wire, wire+string(s.namespaces.own.delim))
	if s.open.writing && (s.open.wire == wire || inside) {
		return fmt.Errorf("%s: folder %q is open: close it first", describe(op, name), s.open.name)
	}
	return nil
}

// A folderChange is a change to a folder as it is sent.
type folderChange struct {
	apply.FolderChange
	op   string
	line string

	withUse        bool // a CREATE that asks for a use
	lineWithoutUse string

	name, to         mailbox.Name // canonical
	wireName, wireTo string
}

// folderChange works out what is sent, where the server has the folders of a table.
func (s *Session) folderChange(names folderTable, c apply.FolderChange) (*folderChange, error) {
	ops := map[apply.FolderChangeKind]struct{ op, command string }{
		apply.ChangeCreate:      {"create", "CREATE "},
		apply.ChangeRename:      {"rename", "RENAME "},
		apply.ChangeDelete:      {"delete", "DELETE "},
		apply.ChangeSubscribe:   {"subscribe to", "SUBSCRIBE "},
		apply.ChangeUnsubscribe: {"unsubscribe from", "UNSUBSCRIBE "},
	}
	kind, known := ops[c.Kind]
	if !known {
		return nil, fmt.Errorf("change folder %q: %d is no change to a folder", c.Name, c.Kind)
	}
	switch own := s.namespaces.own; {
	case c.Kind == apply.ChangeRename && (own.canonical(c.Name) == mailbox.Inbox || own.canonical(c.To) == mailbox.Inbox):
		return nil, errors.New("rename a folder: INBOX cannot be renamed, nor can another folder become it")
	case c.Kind == apply.ChangeDelete && own.canonical(c.Name) == mailbox.Inbox:
		return nil, errors.New("delete a folder: INBOX cannot be deleted")
	}
	change := &folderChange{FolderChange: c, op: kind.op, name: s.namespaces.own.canonical(c.Name)}
	var err error
	if change.wireName, err = s.wireNameIn(names, c.Name); err != nil {
		return nil, err
	}
	change.line = kind.command + quote(utf7.Encode(change.wireName))
	switch {
	case c.Kind == apply.ChangeRename:
		change.to = s.namespaces.own.canonical(c.To)
		if change.wireTo, err = s.wireNameIn(names, c.To); err != nil {
			return nil, err
		}
		change.line += " " + quote(utf7.Encode(change.wireTo))
		return change, s.notOpen(kind.op, c.Name, change.wireName)
	case c.Kind == apply.ChangeDelete:
		return change, s.notOpen(kind.op, c.Name, change.wireName)
	case c.Kind == apply.ChangeCreate && c.Use != "" && s.caps.has("CREATE-SPECIAL-USE"):
		change.withUse, change.lineWithoutUse = true, change.line
		change.line += " (USE (" + string(c.Use.Attr()) + "))"
	}
	return change, nil
}

// done notes in a table of folders what a change has done.
func (c *folderChange) done(names folderTable) {
	switch c.Kind {
	case apply.ChangeCreate:
		names.wire[c.name] = c.wireName
	case apply.ChangeRename:
		names.renamed(c.name, c.to, c.wireName, c.wireTo)
	case apply.ChangeDelete:
		delete(names.wire, c.name)
	}
}

// leaveFor leaves a folder that is open for reading: some servers refuse to rename or
// delete it, or one above it. If that fails nothing is sent.
func (s *Session) leaveFor(ctx context.Context, changes []*folderChange, errs []error) {
	for i, c := range changes {
		if c == nil || errs[i] != nil || c.Kind != apply.ChangeRename && c.Kind != apply.ChangeDelete {
			continue
		}
		err := s.leaveReading(ctx)
		for j := range errs {
			if errs[j] == nil {
				errs[j] = err
			}
		}
		return
	}
}

// sendChanges sends those changes that have no error, and sets the errors of those that
// fail. With relist the folders are listed behind them.
func (s *Session) sendChanges(ctx context.Context, changes []*folderChange, errs []error, relist bool) {
	var all []asked
	var of []int
	for i, c := range changes {
		if c != nil && errs[i] == nil {
			s.forgetState(c.name, c.to)
			all, of = append(all, asked{c.op, c.FolderChange.Name, wire.Request{Line: c.line}}), append(of, i)
		}
	}
	sent := len(all)
	if relist && sent > 0 {
		all = append(all, s.relistBehind()...)
	}
	replies, failed := s.together(ctx, all)
	for j, i := range of {
		if errs[i] = failed[j]; errs[i] == nil {
			changes[i].done(s.folders)
		}
	}
	if len(all) > sent {
		s.keepRelisted(replies, failed)
	}
}

// sendAgain sends the changes of a folder, and of those below it, that were refused.
func (s *Session) sendAgain(ctx context.Context, changes []*folderChange, errs []error, name mailbox.Name) {
	for i, c := range changes {
		if c != nil && (c.name == name || c.name.Below(name)) && refusedForGood(errs[i]) {
			errs[i] = nil
			s.sendChanges(ctx, changes[i:i+1], errs[i:i+1], false)
		}
	}
}

// refusedForGood says whether the server has refused something, not only for now.
func refusedForGood(err error) bool {
	refused, ok := errors.AsType[*ResponseError](err)
	return ok && refused.Class() != apply.ClassThrottled
}
