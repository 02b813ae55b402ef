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
	"github.com/imapform/imapform/internal/uidset"
	"github.com/imapform/imapform/plan"
)

// maxFresh is how many new messages are collected until it is clear that what is
// remembered of the others is of use. More are read after that.
const maxFresh = 2000

// maxFlags bounds what is kept of how servers write sets of flags.
const maxFlags = 64 << 20 // octets

// A catchUp reads what has changed in a folder since it was remembered: the flags that have
// (RFC 7162 section 3.1.4.1), or those of all messages where the server cannot tell; new
// messages; and which messages there are. Nothing is told until each of those is one that
// was remembered or is new.
type catchUp struct {
	look
	known *cache.Folder
	fresh *telling // of new messages; nil: they are not read with the rest
	news  []*message.Message
	flags flagRows
	rows  int64
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

// tellAll tells of all messages, and remembers them. It is false if what is remembered is
// of no use: then nothing was told, and all must be read.
func (c *catchUp) tellAll(ctx context.Context) (told bool, err error) {
	if !c.follows(plan.State(c.known.State()), c.byModSeq()) {
		return false, nil
	}
	if ok, err := c.count(ctx); !ok || err != nil {
		return false, err
	}
	return true, c.tellCounted(ctx)
}

// begin prepares the reading of new messages, unless there may be many.
func (c *catchUp) begin() (err error) {
	if err := c.look.begin(); err != nil {
		return err
	}
	if !c.mayHaveNew() || c.listed.UIDNext-c.known.State().UIDNext > maxFresh {
		return nil
	}
	if err := c.reading.allowed(); err != nil {
		return err
	}
	set := imap.UIDSet{{Start: c.last() + 1, Stop: c.listed.UIDNext - 1}}
	c.fresh = c.reading.telling(part{set, uidset.Count(set)}, func(m *message.Message) { c.news = append(c.news, m) })
	return nil
}

// commands are EXAMINE and the questions. The search, which there need not be, is the last.
func (c *catchUp) commands() []asked {
	all := []asked{c.examining()}
	if old := c.known.UIDs(); c.q.Fetch.Flags && len(old) > 0 {
		line := fmt.Sprintf("UID FETCH %s (UID FLAGS)", imap.UIDSet{{Start: old[0].Start, Stop: old[len(old)-1].Stop}})
		if c.byModSeq() {
			line += fmt.Sprintf(" (CHANGEDSINCE %d)", c.known.State().HighestModSeq)
		}
		all = append(all, c.fetching(line))
	}
	if c.fresh != nil {
		all = append(all, c.reading.command(c.fresh.part.set))
	}
	if c.searches() && c.s.caps.has("ESEARCH") {
		all = append(all, c.listing())
	}
	return all
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
func (c *catchUp) count(ctx context.Context) (bool, error) {
	c.flags.sort()
	slices.SortFunc(c.news, func(a, b *message.Message) int { return cmp.Compare(a.UID, b.UID) })
	switch {
	case !c.searches():
		c.there = c.flags.uids()
		for _, m := range c.news {
			c.there = append(c.there, imap.UIDRange{Start: m.UID, Stop: m.UID})
		}
		c.there = uidset.Sorted(c.there)
	case c.there == nil && c.state.Messages > 0:
		if err := c.reopen(ctx); err != nil {
			return false, err
		}
		uids, err := c.s.search(ctx, c.q.Folder, nil)
		if err != nil {
			return false, err
		}
		c.there = uidset.Of(uids)
	}
	return c.counted(c.known.UIDs(), c.last()), nil
}

// tellCounted tells of what is remembered and still there, and of what is new.
func (c *catchUp) tellCounted(ctx context.Context) error {
	s := c.s
	w := s.options.Cache.Begin(c.q.Folder, c.q.Fetch)
	defer w.Discard()
	p := s.progress(c.q.Folder, []part{{want: int64(c.state.Messages)}})
	tell := remembering(w, func(m *message.Message) { c.tell(m); p.row() })
	for m, err := range c.known.Rows(c.q.Fetch) {
		if err != nil {
			return s.unreadable(c.q.Folder, err)
		}
		if !uidset.Has(c.there, m.UID) {
			continue
		}
		if c.q.Fetch.Flags {
			c.flags.update(m)
		}
		tell(m)
	}
	if err := c.tellNew(ctx, uidset.Above(c.there, c.last()), tell); err != nil {
		return err
	}
	p.say()
	if err := c.known.Close(); err != nil {
		return s.unreadable(c.q.Folder, err)
	}
	s.commit(w, c.state)
	return nil
}

// tellNew tells of the new messages. Where not all of them were read with the rest, they
// are read now; some may be gone by then.
func (c *catchUp) tellNew(ctx context.Context, uids imap.UIDSet, tell func(*message.Message)) error {
	news := slices.DeleteFunc(c.news, func(m *message.Message) bool { return !uidset.Has(uids, m.UID) })
	if int64(len(news)) < uidset.Count(uids) {
		var list []imap.UID // as many as EXAMINE has counted at the most
		for _, r := range uids {
			for uid := int64(r.Start); uid <= int64(r.Stop); uid++ {
				list = append(list, imap.UID(uid))
			}
		}
		if err := c.reopen(ctx); err != nil {
			return err
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

func (c *catchUp) answer() plan.Answer { return plan.Answer{State: c.state} }

// close ends the use of what is remembered. What was told of it was read to its end.
func (c *catchUp) close() { _ = c.known.Close() }
