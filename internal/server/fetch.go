package server

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// A reading reads messages of the folder that is open.
type reading struct {
	s     *Session
	name  mailbox.Name
	parts message.Parts // all of which a message must be told of
	items string
	size  int64 // messages read by one command

	texts     []*message.TextTest
	structure bool    // is to be told, not only read for the texts
	budget    *budget // nil: without limit
}

func (s *Session) newReading(name mailbox.Name, parts message.Parts) reading {
	if !s.caps.has("SAVEDATE") {
		parts.Saved = false // it stays unknown
	}
	r := reading{s: s, name: name, size: s.windowFor(parts), texts: parts.Texts, structure: parts.Structure}
	parts.Structure, parts.Texts = parts.Structure || len(parts.Texts) > 0, nil
	r.parts, r.items = parts, fetchItems(parts, s.caps)
	return r
}

// windowFor is how many messages are read by one command. A structure takes more
// memory than what else is told of a message.
func (s *Session) windowFor(parts message.Parts) int64 {
	if parts.Structure || len(parts.Texts) > 0 {
		return min(s.window, maxStructures)
	}
	return s.window
}

// window reads the messages of a set that one command can carry, of which there
// should be want, and then their texts.
func (r reading) window(ctx context.Context, set imap.UIDSet, want int64) ([]*message.Message, error) {
	messages, err := r.rows(ctx, set, want)
	if err != nil || len(r.texts) == 0 {
		return messages, err
	}
	if messages, err = r.judge(ctx, messages); err != nil {
		return nil, err
	}
	if !r.structure {
		for _, m := range messages {
			m.Structure, m.Known.Structure = nil, false
		}
	}
	return messages, nil
}

// rows reads what of the messages is no text. Some servers leave messages out of an answer to FETCH, or parts of
// them. Where it is short, the server is asked which messages there are, and for the
// missing ones once more. Those that it still lists and does not send are an error;
// those that it lists no more are gone.
func (r reading) rows(ctx context.Context, set imap.UIDSet, want int64) ([]*message.Message, error) {
	rows := map[imap.UID]*message.Message{}
	if err := r.fetch(ctx, set, rows); err != nil {
		return nil, err
	}
	for int64(len(rows)) < want {
		listed, err := r.s.search(ctx, r.name, set)
		if err != nil {
			return nil, err
		}
		missing := slices.DeleteFunc(listed, func(uid imap.UID) bool { return rows[uid] != nil })
		if len(missing) == 0 {
			break
		}
		before := len(rows)
		for some := range windows(imap.UIDSetNum(missing...), r.size) {
			if err := r.fetch(ctx, some, rows); err != nil {
				return nil, err
			}
		}
		if len(rows) == before {
			return nil, fmt.Errorf("read folder %q: the server lists %d messages that it does not send in full, the first of them with UID %d: "+
				"what is not read cannot be judged", r.name, len(missing), missing[0])
		}
	}
	return slices.SortedFunc(maps.Values(rows), func(a, b *message.Message) int { return cmp.Compare(a.UID, b.UID) }), nil
}

// fetch sends one UID FETCH and adds the messages of which all was told. A server
// may tell of other messages, and of one in several responses, at any time.
func (r reading) fetch(ctx context.Context, set imap.UIDSet, rows map[imap.UID]*message.Message) error {
	if len(r.parts.Fields) > 0 {
		if err := r.budget.allow(1); err != nil {
			return fmt.Errorf("read folder %q: %w", r.name, err)
		}
	}
	a := answer{r: r, set: set, rows: map[imap.UID]*message.Message{}, most: maxHeaders}
	if err := a.read(ctx, "UID FETCH "+set.String()+" "+r.items); err != nil {
		return err
	}
	if a.err == nil {
		a.err = r.budget.spend(a.octets)
	}
	if a.err != nil {
		return fmt.Errorf("read folder %q: %w", r.name, a.err)
	}
	for uid, m := range a.rows {
		if m.Known.Covers(r.parts) {
			rows[uid] = m
		}
	}
	return nil
}

// search lists the messages of a set that there are, in ascending order; an empty
// set: all messages. It is the plain form of SEARCH, which every server has.
func (s *Session) search(ctx context.Context, name mailbox.Name, set imap.UIDSet) ([]imap.UID, error) {
	return s.searchFor(ctx, name, set, "")
}

// searchFor lists those of the messages of a set for which a search key holds, in
// ascending order; an empty key: all of them.
func (s *Session) searchFor(ctx context.Context, name mailbox.Name, set imap.UIDSet, key string) ([]imap.UID, error) {
	keys := "ALL"
	if len(set) > 0 {
		keys = "UID " + set.String()
	}
	if key != "" {
		keys += " " + key
	}
	reply, err := s.do(ctx, "list the messages of", name, "UID SEARCH "+keys, "SEARCH")
	if err != nil {
		return nil, err
	}
	if len(reply.Untagged) == 0 {
		// "None" is said by a SEARCH without numbers (RFC 3501 section 7.2.5): what was
		// not said may be an answer that got lost.
		return nil, fmt.Errorf("list the messages of folder %q: the server does not say which there are", name)
	}
	var uids []imap.UID
	for _, response := range reply.Untagged {
		for _, v := range response.Values {
			if len(v.List) > 0 {
				continue // (MODSEQ n), RFC 7162 section 3.1.5
			}
			n, err := strconv.ParseUint(v.Text, 10, 32)
			if err != nil || n == 0 {
				return nil, fmt.Errorf("list the messages of folder %q: the server answers with %q for a UID", name, safe(v.Text))
			}
			// Some servers take the last message for a UID past the end.
			if uid := imap.UID(n); len(set) == 0 || set.Contains(uid) {
				uids = append(uids, uid)
			}
		}
	}
	slices.Sort(uids)
	return slices.Compact(uids), nil
}
