package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/plan"
)

// List looks at all folders of the user's own: in one burst where LIST can tell
// everything (RFC 5258, RFC 5819, RFC 6154), with LSUB for subscriptions of folders that
// are gone; else with another of STATUS.
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
	listed, subscribed, unreadable, err := s.list(ctx, s.takeRelisted())
	if err != nil {
		return plan.Listing{}, s.explainFirst(err)
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
	s.folders, s.purges, s.states, s.namesakes = l.table, l.purges(), newStates(l), newNamesakes(l)
	return plan.Listing{
		Folders:     s.withModSeqs(l.sorted()),
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

// list sends LIST with all that the server can add to it and, in the same burst, what is
// subscribed is asked for and, if they are not known, the namespaces: unless the answers
// are there already. Those that cannot be read are returned too.
func (s *Session) list(ctx context.Context, known *relisting) (listed, subscribed []*imap.ListData, unreadable []wire.Notice, err error) {
	if known == nil {
		if known, err = s.askList(ctx); err != nil {
			return nil, nil, nil, err
		}
	}
	if listed, err = readListed(known.replies[0].Untagged); err != nil {
		return nil, nil, nil, fmt.Errorf("list folders: %w", err)
	}
	subscribed, err = s.readSubscribed(ctx, listed, known.replies[1], known.lsub)
	return listed, subscribed, known.unreadable, err
}

// askList sends the commands of a listing.
func (s *Session) askList(ctx context.Context) (*relisting, error) {
	var all []asked
	switch {
	case s.located:
	case s.caps.has("NAMESPACE"):
		all = append(all, askNamespaces)
	default: // by LIST: its answer could be taken for the other's
		if err := s.locate(ctx); err != nil {
			return nil, err
		}
	}
	replies, errs := s.together(ctx, append(all, s.relist()...))
	unreadable := s.heard.since(wire.FolderUnreadable)
	complete := s.heard.all()
	if !s.located {
		if err := s.readNamespaces(ctx, replies[0], errs[0]); err != nil {
			return nil, err
		}
		replies, errs = replies[1:], errs[1:]
	}
	switch {
	case errs[0] != nil:
		return nil, errs[0]
	case !complete:
		return nil, errors.New("list folders: the server lists more than can be kept that cannot be read")
	}
	return &relisting{replies, errs[1], unreadable}, nil
}

// listLine is the LIST that tells the most of what is needed (RFC 5258, RFC 5819,
// RFC 6154).
func (s *Session) listLine() string {
	var tell []string
	if s.caps.has("LIST-EXTENDED") {
		tell = append(tell, "SUBSCRIBED", "CHILDREN")
		if s.caps.has("LIST-STATUS") {
			tell = append(tell, "STATUS ("+s.listedItems()+")")
		}
	}
	if s.caps.has("SPECIAL-USE") {
		tell = append(tell, "SPECIAL-USE")
	}
	if len(tell) == 0 {
		return `LIST "" "*"`
	}
	return `LIST "" "*" RETURN (` + strings.Join(tell, " ") + ")"
}

// listedItems are what a listing tells of each folder.
func (s *Session) listedItems() string {
	if s.caps.has("CONDSTORE") {
		return statusItems + " HIGHESTMODSEQ"
	}
	return statusItems
}

// readListed reads the answer to LIST, with the STATUS of each folder of which there is
// one.
func readListed(responses []wire.Response) ([]*imap.ListData, error) {
	var listed []*imap.ListData
	told := map[string]*imap.StatusData{}
	for _, r := range responses {
		if status, ok := readStatus(r); ok {
			told[status.Mailbox] = status
		}
		if r.Type != "LIST" {
			continue
		}
		data, err := readList(r)
		if err != nil {
			return nil, err
		}
		listed = append(listed, data)
	}
	for _, data := range listed {
		data.Status = told[data.Mailbox]
	}
	return listed, nil
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
	states, errs := s.statusOf(ctx, missing, s.listedItems())
	for i, e := range missing {
		refused, isRefused := errors.AsType[*ResponseError](errs[i])
		switch {
		case isRefused:
			e.status, e.folder.Selectable, e.folder.Closed = nil, false, true
			l.warn("%s; nothing is done in that folder", refused)
		case errs[i] != nil:
			return errs[i]
		default:
			e.status = states[i]
		}
	}
	return nil
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
