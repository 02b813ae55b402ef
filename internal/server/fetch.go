package server

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/internal/uidset"
)

// A reading reads messages of the folder that is open.
type reading struct {
	s     *Session
	name  mailbox.Name
	parts message.Parts // all of which a message must be told of
	items string
	size  int64 // messages read by one command

	texts     []*message.TextTest
	structure bool // is to be told, not only read for the texts

	budget    *budget // nil: without limit
	overdrawn error   // more was read than it allows
	collects  bool    // messages are kept, so that their headers are bounded
	most      int64   // octets of headers that are kept
	rows      int64   // responses to the commands under way
	usual     usual

	absent bool // the messages should be gone
}

func (s *Session) newReading(name mailbox.Name, parts message.Parts) *reading {
	if !s.caps.has("SAVEDATE") {
		parts.Saved = false // it stays unknown
	}
	r := &reading{s: s, name: name, size: s.windowFor(parts), texts: parts.Texts, structure: parts.Structure, most: maxHeaders}
	parts.Structure, parts.Texts = parts.Structure || len(parts.Texts) > 0, nil
	r.parts, r.items = parts, fetchItems(parts, s.caps)
	return r
}

// windowFor is how many messages are read by one command: as many as the server lets
// it, but for texts, for which messages are collected with their structures.
func (s *Session) windowFor(parts message.Parts) int64 {
	if len(parts.Texts) > 0 {
		return min(s.window, maxStructures)
	}
	return s.window
}

// window collects the messages of a part, by UID, and then judges their texts.
func (r *reading) window(ctx context.Context, p part) ([]*message.Message, error) {
	var messages []*message.Message
	r.collects = true
	t := r.telling(p, func(m *message.Message) { messages = append(messages, m) })
	if err := r.burst(ctx, tellings{t}); err != nil {
		return nil, err
	}
	slices.SortFunc(messages, func(a, b *message.Message) int { return cmp.Compare(a.UID, b.UID) })
	if len(r.texts) == 0 {
		return messages, nil
	}
	messages, err := r.judge(ctx, messages)
	if err != nil {
		return nil, err
	}
	if !r.structure {
		for _, m := range messages {
			m.Structure, m.Known.Structure = nil, false
		}
	}
	return messages, nil
}

// tell reads the parts and tells of their messages, and returns of how many it told.
// Messages whose texts are judged are collected part by part; all others are told as
// they come, of several parts at once.
func (r *reading) tell(ctx context.Context, parts []part, p *progress, tell func(*message.Message)) (told int, err error) {
	if len(r.texts) > 0 {
		return r.tellTexts(ctx, parts, p, tell)
	}
	for some := range slices.Chunk(parts, maxBurst) {
		var all tellings
		for _, part := range some {
			all = append(all, r.telling(part, func(m *message.Message) { tell(m); p.row() }))
		}
		if err := r.burst(ctx, all); err != nil {
			return told, err
		}
		for _, t := range all {
			told += t.told.count
		}
		p.parts(some)
	}
	return told, nil
}

func (r *reading) tellTexts(ctx context.Context, parts []part, p *progress, tell func(*message.Message)) (told int, err error) {
	for i, part := range parts {
		messages, err := r.window(ctx, part)
		if err != nil {
			return told, err
		}
		for _, m := range messages {
			tell(m)
		}
		told += len(messages)
		p.parts(parts[i : i+1])
	}
	return told, nil
}

// burst reads what of messages is no text, of several parts at once.
func (r *reading) burst(ctx context.Context, all tellings) error {
	if r.absent && len(all) == 1 {
		return r.fetchAbsent(ctx, all[0])
	}
	sets := make([]imap.UIDSet, len(all))
	for i, t := range all {
		sets[i] = t.part.set
	}
	if err := r.fetch(ctx, sets, all); err != nil {
		return err
	}
	return r.completeAll(ctx, all)
}

func (r *reading) completeAll(ctx context.Context, all tellings) error {
	for _, t := range all {
		if err := r.complete(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// complete asks for what was left out. Some servers leave messages out of an answer to
// FETCH, or parts of them. Where it is short, the server is asked which messages there
// are, and for the missing ones once more. Those that it still lists and does not send
// are an error; those that it lists no more are gone.
func (r *reading) complete(ctx context.Context, t *telling) error {
	for t.short() > 0 {
		missing, err := r.s.search(ctx, r.name, t.part.set)
		if err != nil {
			return err
		}
		if missing = slices.DeleteFunc(missing, t.told.has); len(missing) == 0 {
			return nil
		}
		before := t.told.count
		for some := range slices.Chunk(slices.Collect(windows(uidset.Of(missing), r.size)), maxBurst) {
			if err := r.fetch(ctx, some, tellings{t}); err != nil {
				return err
			}
		}
		if t.told.count == before {
			return fmt.Errorf("read folder %q: the server lists %d messages that it does not send in full, the first of them with UID %d: "+
				"what is not read cannot be judged", r.name, len(missing), missing[0])
		}
	}
	return nil
}

// fetchAbsent reads messages that should be gone and, at once, asks which of them are
// there, as complete would afterwards.
func (r *reading) fetchAbsent(ctx context.Context, t *telling) error {
	// The answers to both are of different kinds, whichever comes first.
	commands := []asked{r.command(t.part.set), {"list the messages of", r.name, wire.Request{
		Line: "UID SEARCH UID " + t.part.set.String(), Wanted: []string{"SEARCH"},
	}}}
	all := tellings{t}
	var searched []wire.Response
	var unreadable error
	errs, err := r.s.stream(ctx, commands, func(p passed) (err error) {
		switch {
		case p.answer == nil:
			unreadable = all.take(r, p.raw)
		case p.command == 1:
			searched = p.answer.Reply.Untagged
		}
		return unreadable
	})
	if err := r.ended(all, unreadable, append(errs, err)...); err != nil {
		return err
	}
	if len(searched) > 0 && !slices.ContainsFunc(searched, func(r wire.Response) bool { return len(r.Values) > 0 }) {
		return nil // none is there
	}
	return r.complete(ctx, t)
}

// fetch sends one UID FETCH for each set and tells of the messages of which all comes.
// What was told of a message only in part is forgotten then.
func (r *reading) fetch(ctx context.Context, sets []imap.UIDSet, all tellings) error {
	if err := r.allowed(); err != nil {
		return err
	}
	commands := make([]asked, len(sets))
	for i, set := range sets {
		commands[i] = r.command(set)
	}
	var unreadable error
	errs, err := r.s.stream(ctx, commands, func(p passed) error {
		unreadable = all.take(r, p.raw)
		return unreadable
	})
	return r.ended(all, unreadable, append(errs, err)...)
}

// allowed refuses to read headers where no more may be read.
func (r *reading) allowed() error {
	if len(r.parts.Fields) == 0 {
		return nil
	}
	if err := r.budget.allow(1); err != nil {
		return fmt.Errorf("read folder %q: %w", r.name, err)
	}
	return nil
}

func (r *reading) command(set imap.UIDSet) asked {
	return asked{op: "read", folder: r.name, request: wire.Request{
		Line: "UID FETCH " + set.String() + " " + r.items, Wanted: []string{"FETCH"}, After: true,
	}}
}

// ended is what is wrong with answers that were read to their end, or are read no more.
func (r *reading) ended(all tellings, unreadable error, errs ...error) error {
	r.rows = 0
	for _, t := range all {
		t.partial = nil
	}
	if unreadable == nil {
		unreadable = r.overdrawn
	}
	if unreadable != nil {
		return fmt.Errorf("read folder %q: %w", r.name, unreadable)
	}
	for _, err := range errs {
		if err != nil {
			return err
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
	const op = "list the messages of"
	var uids []imap.UID
	told := false
	request := wire.Request{Line: "UID SEARCH " + keys, Wanted: []string{"SEARCH"}, After: true}
	errs, err := s.stream(ctx, []asked{{op, name, request}}, func(p passed) (err error) {
		told = true
		uids, err = appendUIDs(uids, p.raw)
		return err
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s folder %q: %w", op, name, err)
	case errs[0] != nil:
		return nil, errs[0]
	case !told:
		// "None" is said by a SEARCH without numbers (RFC 3501 section 7.2.5): what was
		// not said may be an answer that got lost.
		return nil, fmt.Errorf("%s folder %q: the server does not say which there are", op, name)
	}
	if len(set) > 0 {
		// Some servers take the last message for a UID past the end.
		uids = slices.DeleteFunc(uids, func(uid imap.UID) bool { return !set.Contains(uid) })
	}
	slices.Sort(uids)
	return slices.Compact(uids), nil
}

// appendUIDs adds the UIDs of a SEARCH response. There may be a million of them, so that
// they are made into values only where there is more than numbers.
func appendUIDs(uids []imap.UID, raw wire.Raw) ([]imap.UID, error) {
	before := len(uids)
	for word := range bytes.FieldsSeq(raw.Octets) {
		n, err := strconv.ParseUint(string(word), 10, 32)
		if err != nil || n == 0 {
			return appendValues(uids[:before], raw)
		}
		uids = append(uids, imap.UID(n))
	}
	return uids, nil
}

func appendValues(uids []imap.UID, raw wire.Raw) ([]imap.UID, error) {
	response, err := raw.Response()
	if err != nil {
		return nil, err
	}
	for _, v := range response.Values {
		if len(v.List) > 0 {
			continue // (MODSEQ n), RFC 7162 section 3.1.5
		}
		n, err := strconv.ParseUint(v.Text, 10, 32)
		if err != nil || n == 0 {
			return nil, fmt.Errorf("the server answers with %q for a UID", safe(v.Text))
		}
		uids = append(uids, imap.UID(n))
	}
	return uids, nil
}
