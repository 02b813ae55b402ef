package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/plan"
)

// statusItems are what is asked about a folder.
func statusItems() *imap.StatusOptions {
	return &imap.StatusOptions{NumMessages: true, UIDNext: true, UIDValidity: true}
}

// List looks at all folders of the user's own: with one LIST where the server can
// tell everything by it (RFC 5258, RFC 5819, RFC 6154), and one more for
// subscriptions of folders that are gone; else with LIST, LSUB and pipelined STATUS.
// A folder that cannot be named, or of which the server refuses to tell more than its
// name, is a warning. A folder that is open for writing must
// be left first: what is told of it would be out of date.
func (s *Session) List(ctx context.Context) (plan.Listing, error) {
	if s.open.writing {
		return plan.Listing{}, fmt.Errorf("list folders: folder %q is open", s.open.name)
	}
	if err := s.leaveReading(ctx); err != nil {
		return plan.Listing{}, err
	}
	listed, unreadable, err := s.list(ctx)
	if err != nil {
		return plan.Listing{}, s.explainFirst(err)
	}
	subscribed, err := s.subscribed(ctx)
	if err != nil {
		return plan.Listing{}, err
	}
	l := newListing(s.namespaces)
	for _, n := range unreadable {
		if n.Type != "LIST" {
			continue // its STATUS
		}
		l.warn("the server has a folder whose name cannot be told (%s): it is left alone", safe(n.Item))
	}
	for _, data := range listed {
		l.add(data)
	}
	if len(l.folders) == 0 {
		return plan.Listing{}, errors.New("list folders: the server lists none, not even INBOX: a listing that is empty is taken for a failure")
	}
	for _, data := range subscribed {
		l.subscribe(data)
	}
	if err := s.addStatus(ctx, l); err != nil {
		return plan.Listing{}, err
	}
	s.folders, s.purges = l.table, l.purges()
	return plan.Listing{
		Folders:     l.sorted(),
		Labels:      s.known.effect.labels,
		MovesByCopy: !s.Can().Move,
		CopyMoves:   s.known.effect.copyMoves,
		Additive:    s.known.effect.additive,
		SaveDate:    s.caps.has("SAVEDATE"),
		CreateUse:   s.caps.has("CREATE-SPECIAL-USE"),
		InInbox:     s.namespaces.own.inInbox(),
		Delimiter:   delimiterText(s.namespaces.own.delim),
		Server:      s.product(),
		Warnings:    append(l.warnings, s.limits(l)...),
	}, nil
}

// product is what people call the server.
func (s *Session) product() string {
	if s.known.server != "" {
		return s.known.server
	}
	return s.host()
}

// list sends LIST with all that the server can add to it. The answers that cannot be
// read are returned too.
func (s *Session) list(ctx context.Context) (listed []*imap.ListData, unreadable []wire.Notice, err error) {
	var o imap.ListOptions
	o.ReturnSpecialUse = s.caps.has("SPECIAL-USE")
	if s.caps.has("LIST-EXTENDED") {
		o.ReturnSubscribed, o.ReturnChildren = true, true
		if s.caps.has("LIST-STATUS") {
			o.ReturnStatus = statusItems()
		}
	}
	err = s.run(ctx, "list folders", "", func() (err error) {
		listed, err = s.client.List("", "*", &o).Collect()
		return err
	})
	if err == nil && !s.heard.all() {
		err = errors.New("list folders: the server lists more than can be kept that cannot be read")
	}
	return listed, s.heard.since(wire.FolderUnreadable), err
}

// addStatus asks about the folders of which LIST did not tell everything. One that the
// server refuses to tell of is there, and that is all that can be said.
func (s *Session) addStatus(ctx context.Context, l *listing) error {
	var missing []*entry
	for _, name := range slices.Sorted(maps.Keys(l.folders)) {
		if e := l.folders[name]; e.folder.Selectable && !e.complete() {
			missing = append(missing, e)
		}
	}
	states, refused, err := s.statusOf(ctx, missing)
	if err != nil {
		return err
	}
	for i, e := range missing {
		if r := refused[i]; r != nil {
			e.status, e.folder.Selectable, e.folder.Closed = nil, false, true
			l.warn("%s; nothing is done in that folder", r)
			continue
		}
		e.status = states[i]
	}
	return nil
}

// statusOf asks about folders at once. For each it returns the answer or the refusal.
// The library tells the answers apart by the folder's name.
func (s *Session) statusOf(ctx context.Context, entries []*entry) (states []*imap.StatusData, refused []*ResponseError, err error) {
	states = make([]*imap.StatusData, len(entries))
	// All are waited for, whatever comes of one, so that none is left running.
	refused = make([]*ResponseError, len(entries))
	err = s.run(ctx, "look at", "", func() error {
		type waiter interface {
			Wait() (*imap.StatusData, error)
		}
		commands := make([]waiter, len(entries))
		for i, e := range entries {
			if i > 0 { // the first was waited for
				if err := s.pace(ctx, "look at", ""); err != nil {
					return err
				}
			}
			commands[i] = s.client.Status(e.wire, statusItems())
		}
		for i, command := range commands {
			var err error
			states[i], err = command.Wait()
			if refused[i] = refusal("look at", entries[i].folder.Name, err); refused[i] == nil && err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for i, e := range entries {
		if refused[i] == nil && states[i].NumMessages == nil {
			return nil, nil, fmt.Errorf("look at folder %q: the server answers without saying how many messages are in it", e.folder.Name)
		}
	}
	return states, refused, nil
}

// Status looks at a folder that is not open.
func (s *Session) Status(ctx context.Context, name mailbox.Name) (plan.State, error) {
	known, err := s.wireName(name)
	if err != nil {
		return plan.State{}, err
	}
	if known == s.open.wire {
		if s.open.writing {
			return plan.State{}, fmt.Errorf("look at folder %q: it is open (RFC 9051 section 6.3.11)", name)
		}
		if err := s.leaveReading(ctx); err != nil {
			return plan.State{}, err
		}
	}
	states, refused, err := s.statusOf(ctx, []*entry{{wire: known, folder: plan.Folder{Name: name}}})
	if err != nil {
		return plan.State{}, err
	}
	if refused[0] != nil {
		return plan.State{}, refused[0]
	}
	return plan.State{UIDValidity: states[0].UIDValidity, UIDNext: states[0].UIDNext, Messages: *states[0].NumMessages}, nil
}

// limits warns of folders of which the server may show only a part.
func (s *Session) limits(l *listing) []string {
	var warnings []string
	for _, f := range l.sorted() {
		if slices.Contains(s.known.effect.shownAtMost, f.Messages) {
			warnings = append(warnings, fmt.Sprintf("folder %q shows exactly %d messages: %s; look into the settings for IMAP there", f.Name, f.Messages, s.known.fault))
		}
	}
	return warnings
}

// delimiterText is a delimiter as text; empty: there is none.
func delimiterText(delim rune) string {
	if delim == 0 {
		return ""
	}
	return string(delim)
}
