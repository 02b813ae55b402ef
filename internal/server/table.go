package server

import (
	"fmt"
	"maps"
	"strings"

	"github.com/imapform/imapform/internal/mailbox"
)

// A folderTable says what the server calls the folders that it listed last: not
// always what a name would be translated to, for the same letters can be written in
// several ways.
type folderTable struct {
	wire   map[mailbox.Name]string
	shared map[mailbox.Name][]string // names that several of the server's folders would have
}

func newFolderTable() folderTable {
	return folderTable{wire: map[mailbox.Name]string{}, shared: map[mailbox.Name][]string{}}
}

// add notes a listed folder, and says whether the name is that of another one too.
func (t folderTable) add(name mailbox.Name, wire string) (shared bool) {
	first, found := t.wire[name]
	switch {
	case !found:
		t.wire[name] = wire
		return false
	case first == wire:
		return false // listed twice
	case t.shared[name] == nil:
		t.shared[name] = []string{first}
	}
	t.shared[name] = append(t.shared[name], wire)
	return true
}

// renamed follows a RENAME, which takes children along.
func (t folderTable) renamed(from, to mailbox.Name, wireFrom, wireTo string) {
	moved := map[mailbox.Name]string{}
	for name, wire := range t.wire {
		if name != from && !name.Below(from) {
			continue
		}
		delete(t.wire, name)
		if rest, below := strings.CutPrefix(wire, wireFrom); below {
			moved[name.Rebase(from, to)] = wireTo + rest
		}
	}
	for name, wire := range moved {
		t.wire[name] = wire
	}
}

// clone is a table of its own.
func (t folderTable) clone() folderTable {
	return folderTable{wire: maps.Clone(t.wire), shared: t.shared}
}

// wireName returns what the server calls a folder, or would call it. It refuses a name
// that on the server is not one of the user's own folders.
func (s *Session) wireName(name mailbox.Name) (string, error) {
	return s.wireNameIn(s.folders, name)
}

// wireNameIn is wireName where the server has the folders of a table.
func (s *Session) wireNameIn(folders folderTable, name mailbox.Name) (string, error) {
	wire, err := s.translate(folders, name)
	if err != nil {
		return "", err
	}
	if err := s.namespaces.check(wire); err != nil {
		return "", fmt.Errorf("folder %q: the server calls it %q: %w: choose another name", name, safe(wire), err)
	}
	return wire, nil
}

func (s *Session) translate(folders folderTable, name mailbox.Name) (string, error) {
	own := s.namespaces.own
	name = own.canonical(name)
	computed, err := own.toWire(name)
	if err != nil {
		return "", err
	}
	// A folder that is not listed lies in its nearest ancestor that is.
	below := ""
	for above, ok := name, true; ok; above, ok = above.Parent() {
		if names := folders.shared[above]; len(names) > 0 {
			return "", fmt.Errorf("folder %q: the server has %d folders of the name %q, which differ only in how its letters are written (%s): "+
				"rename one of them with another program first", name, len(names), above, quoteAll(names))
		}
		if known, found := folders.wire[above]; found && (above != mailbox.Inbox || below == "" || !own.inInbox()) {
			return known + below, nil
		}
		levels := above.Levels()
		below = string(own.delim) + levels[len(levels)-1] + below
	}
	return computed, nil
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%+q", name)
	}
	return strings.Join(quoted, ", ")
}
