package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/cache"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/plan"
)

// maxFresh is how many new messages are collected until it is clear that what is
// remembered of the others is of use. More are read after that.
const maxFresh = 2000

// maxFlags bounds what is kept of how servers write sets of flags.
const maxFlags = 64 << 20 // octets

// A catchUp reads what has changed in a folder since it was remembered, in one exchange:
// the flags that have (RFC 7162 section 3.1.4.1), or those of all messages where the
// server cannot tell; new messages; and which messages there are. Nothing is told until
// the UIDs that there are, of remembered and new messages, are as many as EXAMINE counts,
// and each of those is one that was remembered or is new.
type catchUp struct {
	s      *Session
	q      plan.Question
	known  *cache.Folder
	listed cache.State
	tell   func(*message.Message)

	reading *reading // of the new messages
	fresh   *telling // nil: they are not read with the rest
	news    []*message.Message
	flags   flagRows
	rows    int64
	there   imap.UIDSet // the messages that there are
}

// run tells of all messages, and remembers them. It is false if what is remembered is of
// no use: then nothing was told, and all must be read.
func (c *catchUp) run(ctx context.Context) (_ plan.State, told bool, err error) {
	if int64(c.known.State().Messages) > c.s.window {
		return plan.State{}, false, nil // the server answers about fewer at once
	}
	state, ok, err := c.read(ctx)
	if !ok || err != nil {
		return state, false, err
	}
	was := c.known.State()
	modSeq := c.s.open.modSeq
	if state.UIDValidity != was.UIDValidity || state.UIDNext < was.UIDNext || c.byModSeq() && modSeq < was.HighestModSeq {
		return state, false, nil
	}
	if ok, err := c.count(ctx, state); !ok || err != nil {
		return state, false, err
	}
	return state, true, c.tellAll(ctx, state, modSeq)
}

// byModSeq says whether the server tells which flags have changed.
func (c *catchUp) byModSeq() bool {
	return c.s.caps.has("CONDSTORE") && c.known.State().HighestModSeq > 0
}

// searches says whether the server is asked which messages there are. Where it tells
// the flags of all of them, and new ones in full, it has said so.
func (c *catchUp) searches() bool {
	return c.byModSeq() || !c.q.Fetch.Flags || c.fresh == nil && c.mayHaveNew()
}

// last is the highest UID that a remembered message can have.
func (c *catchUp) last() imap.UID { return c.known.State().UIDNext - 1 }

func (c *catchUp) mayHaveNew() bool { return c.listed.UIDNext > c.known.State().UIDNext }

// read opens the folder and asks. It is false if the server refuses what it is asked,
// though not the folder.
func (c *catchUp) read(ctx context.Context) (plan.State, bool, error) {
	s := c.s
	if err := c.begin(); err != nil {
		return plan.State{}, false, err
	}
	wireName, err := s.wireName(c.q.Folder)
	if err != nil {
		return plan.State{}, false, err
	}
	s.open = openFolder{}
	replies, errs, unreadable, err := c.exchange(ctx, c.commands(wireName))
	if errs != nil && errs[0] != nil {
		return plan.State{}, false, errs[0]
	}
	if err = c.reading.ended(nil, unreadable, err); err != nil {
		return plan.State{}, false, err
	}
	opened, err := readOpened(c.q.Folder, replies[0])
	if err != nil {
		return plan.State{}, false, err
	}
	if opened.UIDNext == 0 {
		// It tells that only by STATUS, as it did in the listing: what came since is in the
		// number of messages, which then is not that of those that are told.
		s.statusFirst, opened.UIDNext = true, c.listed.UIDNext
	}
	s.open = openFolder{name: c.q.Folder, wire: wireName, highest: opened.UIDNext - 1, modSeq: modSeqOf(replies[0])}
	for _, err := range errs {
		if _, refused := errors.AsType[*ResponseError](err); err != nil {
			if refused {
				err = nil
			}
			return opened.State, false, err
		}
	}
	if c.searches() && s.caps.has("ESEARCH") {
		c.there, _ = readFound(replies[len(replies)-1].Untagged)
	}
	return opened.State, true, nil
}

// begin prepares the reading of new messages, unless there may be many.
func (c *catchUp) begin() error {
	c.reading = c.s.newReading(c.q.Folder, c.q.Fetch)
	c.reading.budget = &c.s.budget
	if !c.mayHaveNew() || c.listed.UIDNext-c.known.State().UIDNext > maxFresh {
		return nil
	}
	if err := c.reading.allowed(); err != nil {
		return err
	}
	set := imap.UIDSet{{Start: c.last() + 1, Stop: c.listed.UIDNext - 1}}
	c.fresh = c.reading.telling(part{set, countUIDs(set)}, func(m *message.Message) { c.news = append(c.news, m) })
	return nil
}

// commands are EXAMINE and the questions. The search, which there need not be, is the last.
func (c *catchUp) commands(wireName string) []asked {
	name := c.q.Folder
	all := []asked{opening("EXAMINE", name, wireName)}
	fetch := func(line string) {
		all = append(all, asked{"read", name, wire.Request{Line: line, Wanted: []string{"FETCH"}, After: true}})
	}
	if old := c.known.UIDs(); c.q.Fetch.Flags && len(old) > 0 {
		line := fmt.Sprintf("UID FETCH %s (UID FLAGS)", imap.UIDSet{{Start: old[0].Start, Stop: old[len(old)-1].Stop}})
		if c.byModSeq() {
			line += fmt.Sprintf(" (CHANGEDSINCE %d)", c.known.State().HighestModSeq)
		}
		fetch(line)
	}
	if c.fresh != nil {
		fetch("UID FETCH " + c.fresh.part.set.String() + " " + c.reading.items)
	}
	if c.searches() && c.s.caps.has("ESEARCH") {
		// It is not put After the others: some servers answer it while they still tell rows.
		all = append(all, asked{"list the messages of", name, wire.Request{Line: "UID SEARCH RETURN (ALL) ALL", Wanted: []string{"ESEARCH"}}})
	}
	return all
}

// exchange sends the commands and takes the rows that come. Each command's error is its
// own; the others are what is wrong with a row, and a lost connection.
func (c *catchUp) exchange(ctx context.Context, commands []asked) (replies []wire.Reply, errs []error, unreadable, err error) {
	replies = make([]wire.Reply, len(commands))
	errs, err = c.s.streamAll(ctx, commands, func(p passed) error {
		if p.answer != nil {
			replies[p.command] = p.answer.Reply
			return nil
		}
		unreadable = c.take(p.raw)
		return unreadable
	})
	return replies, errs, unreadable, err
}

// take takes a row: of a new message all, of another its flags. Which it is says its UID.
func (c *catchUp) take(raw wire.Raw) error {
	if c.rows++; c.rows > sparePerUID*int64(c.known.State().Messages)+spareRows {
		return fmt.Errorf("the server answers with %d responses about %d messages", c.rows, c.known.State().Messages)
	}
	row, usual := raw.Row()
	uid := row.UID
	var m *message.Message
	if !usual {
		var err error
		if m, _, err = c.reading.readAny(raw); err != nil {
			return err
		}
		uid = m.UID
	}
	switch {
	case uid == 0:
		return nil
	case uid > c.last():
		if c.fresh == nil {
			return nil
		}
		return tellings{c.fresh}.take(c.reading, raw)
	case usual && row.HasFlags:
		c.flags.add(uid, string(row.Flags), func() mailbox.Flags { return c.reading.usual.flagSet(row.Flags) })
	case !usual && m.Known.Flags:
		c.flags.add(uid, m.Flags.String(), func() mailbox.Flags { return m.Flags })
	}
	if c.flags.octets > maxFlags {
		return errors.New("the flags of its messages are too long to be kept")
	}
	return nil
}

// count makes sure of which messages there are. It is false if that does not fit what
// is remembered, or what the server counts.
func (c *catchUp) count(ctx context.Context, state plan.State) (bool, error) {
	c.flags.sort()
	slices.SortFunc(c.news, func(a, b *message.Message) int { return cmp.Compare(a.UID, b.UID) })
	switch {
	case !c.searches():
		c.there = c.flags.uids()
		for _, m := range c.news {
			c.there = append(c.there, imap.UIDRange{Start: m.UID, Stop: m.UID})
		}
		c.there = sorted(c.there)
	case c.there == nil && state.Messages > 0:
		uids, err := c.s.search(ctx, c.q.Folder, nil)
		if err != nil {
			return false, err
		}
		c.there = imap.UIDSetNum(uids...)
	}
	c.there = clip(c.there, state.UIDNext-1) // others came later
	return countUIDs(c.there) == int64(state.Messages) && within(clip(c.there, c.last()), c.known.UIDs()), nil
}

// tellAll tells of what is remembered and still there, and of what is new.
func (c *catchUp) tellAll(ctx context.Context, state plan.State, modSeq uint64) error {
	s := c.s
	w := s.options.Cache.Begin(c.q.Folder, c.q.Fetch)
	defer w.Discard()
	p := s.progress(c.q.Folder, []part{{want: int64(state.Messages)}})
	tell := remembering(w, func(m *message.Message) { c.tell(m); p.row() })
	for m, err := range c.known.Rows(c.q.Fetch) {
		if err != nil {
			return s.unreadable(c.q.Folder, err)
		}
		if !has(c.there, m.UID) {
			continue
		}
		if c.q.Fetch.Flags {
			c.flags.update(m)
		}
		tell(m)
	}
	if err := c.tellNew(ctx, above(c.there, c.last()), tell); err != nil {
		return err
	}
	p.say()
	if err := c.known.Close(); err != nil {
		return s.unreadable(c.q.Folder, err)
	}
	s.commit(w, state, modSeq)
	return nil
}

// tellNew tells of the new messages. Where not all of them were read with the rest, they
// are read now; some may be gone by then.
func (c *catchUp) tellNew(ctx context.Context, uids imap.UIDSet, tell func(*message.Message)) error {
	news := slices.DeleteFunc(c.news, func(m *message.Message) bool { return !has(uids, m.UID) })
	if int64(len(news)) < countUIDs(uids) {
		var list []imap.UID // as many as EXAMINE has counted at the most
		for _, r := range uids {
			for uid := int64(r.Start); uid <= int64(r.Stop); uid++ {
				list = append(list, imap.UID(uid))
			}
		}
		parts := ranges(list, c.s.window)
		_, err := c.s.tell(ctx, c.q, parts, tell)
		return err
	}
	for _, m := range news {
		tell(m)
	}
	return nil
}
