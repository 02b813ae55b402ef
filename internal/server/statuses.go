package server

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/internal/utf7"
	"github.com/imapform/imapform/plan"
)

// statusItems are what is asked about a folder.
const statusItems = "MESSAGES UIDNEXT UIDVALIDITY"

// Status looks at a folder that is not open.
func (s *Session) Status(ctx context.Context, name mailbox.Name) (plan.State, error) {
	states, errs := s.Statuses(ctx, []mailbox.Name{name})
	return states[0], errs[0]
}

// Statuses looks at folders that are not open, at once. There is an error for each; a
// state without one is good.
func (s *Session) Statuses(ctx context.Context, names []mailbox.Name) ([]plan.State, []error) {
	states, errs := make([]plan.State, len(names)), make([]error, len(names))
	if err := s.locate(ctx); err != nil {
		return states, everyOne(len(names), err)
	}
	var entries []*entry
	var of []int // whose entry it is
	reading := false
	for i, name := range names {
		known, err := s.wireName(name)
		open := known == s.open.wire && s.open.name != ""
		switch {
		case err != nil:
			errs[i] = err
			continue
		case open && s.open.writing:
			errs[i] = fmt.Errorf("look at folder %q: it is open (RFC 9051 section 6.3.11)", name)
			continue
		}
		reading = reading || open
		entries, of = append(entries, &entry{wire: known, folder: plan.Folder{Name: name}}), append(of, i)
	}
	if reading {
		if err := s.leaveReading(ctx); err != nil {
			for _, i := range of {
				errs[i] = err
			}
			return states, errs
		}
	}
	told, refused := s.statusOf(ctx, entries, statusItems)
	for j, i := range of {
		if errs[i] = refused[j]; errs[i] == nil {
			states[i] = plan.State{UIDValidity: told[j].UIDValidity, UIDNext: told[j].UIDNext, Messages: *told[j].NumMessages}
		}
	}
	return states, errs
}

// statusOf asks about folders at once. For each it returns the answer or an error. An
// answer tells how many messages are in the folder, and what else it may.
func (s *Session) statusOf(ctx context.Context, entries []*entry, items string) ([]*imap.StatusData, []error) {
	const op = "look at"
	all := make([]asked, len(entries))
	for i, e := range entries {
		all[i] = asked{op, e.folder.Name, wire.Request{
			Line:   "STATUS " + folderArgument(e.wire) + " (" + items + ")",
			Wanted: []string{"STATUS"}, Repaired: true,
		}}
	}
	replies, errs := s.together(ctx, all)
	// They may be answered in any order: a response says whose it is.
	told := map[string]*imap.StatusData{}
	for _, reply := range replies {
		for _, r := range reply.Untagged {
			if data, ok := readStatus(r); ok {
				told[data.Mailbox] = data
			}
		}
	}
	states := make([]*imap.StatusData, len(entries))
	for i, e := range entries {
		if errs[i] != nil {
			continue
		}
		if states[i] = told[e.wire]; states[i] == nil || states[i].NumMessages == nil {
			errs[i] = fmt.Errorf("look at folder %q: the server answers without saying how many messages are in it", e.folder.Name)
		}
	}
	return states, errs
}

// readStatus reads a STATUS response that was repaired; false: it is none.
func readStatus(r wire.Response) (*imap.StatusData, bool) {
	if r.Type != "STATUS" || len(r.Values) < 2 {
		return nil, false
	}
	data := &imap.StatusData{}
	var err error
	if data.Mailbox, err = decodedName(r.Values[0].Text); err != nil {
		return nil, false
	}
	items := r.Values[1].List
	for i := 0; i+1 < len(items); i += 2 {
		n, err := strconv.ParseUint(items[i+1].Text, 10, 64)
		if err != nil {
			continue // an item that nobody asked for
		}
		switch items[i].Text {
		case "MESSAGES":
			count := uint32(n)
			data.NumMessages = &count
		case "UIDNEXT":
			data.UIDNext = imap.UID(n)
		case "UIDVALIDITY":
			data.UIDValidity = uint32(n)
		case "HIGHESTMODSEQ":
			data.HighestModSeq = n
		}
	}
	return data, true
}

// folderArgument writes a folder's name for a command of our own.
func folderArgument(wire string) string {
	if wire == string(mailbox.Inbox) {
		return wire
	}
	return quote(utf7.Encode(wire))
}

// decodedName is a folder's name without its encoding: modified UTF-7, or the UTF-8 of
// servers that do not encode.
func decodedName(text string) (string, error) {
	if strings.EqualFold(text, string(mailbox.Inbox)) {
		return string(mailbox.Inbox), nil
	}
	return utf7.DecodeLoosely(text)
}
