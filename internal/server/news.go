package server

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/cache"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/internal/uidset"
	"github.com/imapform/imapform/plan"
)

// maxNews is how many messages that have changed, or are asked for again, are kept until it
// is clear that the others need not be told. With more all are told.
const maxNews = 5000

// A news is a look at a folder of which it is known what messages it had: it tells of those
// that have changed since (RFC 7162 section 3.1.4.1), of new ones, and of some that are
// asked for, all in full, and which there are.
type news struct {
	look
	tellings tellings // of messages that were known; and of new ones
	got      []*message.Message
}

// news is nil where a question is not to be answered so: the server cannot, or there is too
// much that is new.
func (s *Session) news(q plan.Question, tell func(*message.Message)) (*news, error) {
	listed, known := s.listed(q.Folder)
	if q.Since == nil || !known || !s.tellsNews(q) || !mayFollow(listed, *q.Since, s.window) {
		return nil, nil
	}
	n := &news{look: look{s: s, q: q, listed: listed, tell: tell}}
	if err := n.begin(); err != nil {
		return nil, err
	}
	n.reading.collects = true
	if err := n.reading.allowed(); err != nil {
		return nil, err
	}
	keep := func(m *message.Message) { n.got = append(n.got, m) } // the reading lends none
	was := q.Since.State
	n.tellings = tellings{n.reading.telling(part{imap.UIDSet{{Start: 1, Stop: n.last()}}, int64(was.Messages)}, keep)}
	if fresh := int64(listed.UIDNext - was.UIDNext); fresh > 0 {
		n.tellings = append(n.tellings, n.reading.telling(part{imap.UIDSet{{Start: n.last() + 1, Stop: listed.UIDNext - 1}}, fresh}, keep))
	}
	return n, nil
}

// tellsNews says whether the server can say what has changed in the folder, and all that is
// asked comes in one row of a message.
func (s *Session) tellsNews(q plan.Question) bool {
	return !s.statusFirst && s.caps.has("CONDSTORE") && s.caps.has("ESEARCH") && s.tellable(q.Folder) &&
		len(q.UIDs) == 0 && !q.Fetch.Structure && len(q.Fetch.Texts) == 0
}

// mayFollow says whether a folder that is listed so may be the one of which that is known,
// and there is not too much to be told of it. The server answers about at most window
// messages at once.
func mayFollow(listed cache.State, since plan.Since, window int64) bool {
	was := since.State
	fresh := int64(listed.UIDNext) - int64(was.UIDNext)
	switch {
	case wellFormed(since.Known) != nil || !slices.Equal(since.Known, uidset.Sorted(since.Known)):
		return false
	case len(since.Again) > 0 && wellFormed(since.Again) != nil:
		return false
	case uidset.Highest(since.Known) >= was.UIDNext || !uidset.Within(since.Again, since.Known):
		return false // it makes no sense
	case listed.Messages == 0 || listed.UIDValidity != was.UIDValidity || was.HighestModSeq == 0 || listed.HighestModSeq < was.HighestModSeq:
		return false
	}
	return fresh >= 0 && fresh <= maxFresh && int64(was.Messages) <= window && uidset.Count(since.Again) <= maxNews
}

// last is the highest UID that a message can have that was known.
func (n *news) last() imap.UID { return n.q.Since.State.UIDNext - 1 }

func (n *news) commands() []asked {
	since := n.q.Since
	all := []asked{n.examining()}
	if n.asksChanges() {
		all = append(all, n.fetching(fmt.Sprintf("UID FETCH %d:%d %s (CHANGEDSINCE %d)", since.Known[0].Start, uidset.Highest(since.Known), n.reading.items, since.State.HighestModSeq)))
	}
	for set := range windows(since.Again, n.reading.size) {
		all = append(all, n.reading.command(set))
	}
	for _, fresh := range n.tellings[1:] {
		all = append(all, n.reading.command(fresh.part.set))
	}
	return append(all, n.listing())
}

// asksChanges says whether it is asked which messages have changed. All of a message but
// its flags stays as it is.
func (n *news) asksChanges() bool {
	return n.q.Fetch.Flags && n.listed.HighestModSeq != n.q.Since.State.HighestModSeq
}

// changesKnown says whether what had changed when the folder was opened is known: what has
// since the listing shows only then.
func (n *news) changesKnown() bool {
	return n.asksChanges() || !n.q.Fetch.Flags || n.state.HighestModSeq == n.q.Since.State.HighestModSeq
}

func (n *news) searches() bool { return true }

// take takes a row. Of so many that they are of no use the others are only counted.
func (n *news) take(raw wire.Raw) error {
	if !n.tooMany() {
		return n.tellings.take(n.reading, raw)
	}
	if n.reading.rows++; n.reading.rows > sparePerUID*n.tellings.want()+spareRows {
		return fmt.Errorf("the server answers with %d responses where there are %d messages", n.reading.rows, n.tellings.want())
	}
	return nil
}

func (n *news) tooMany() bool { return len(n.got) > maxNews+maxFresh }

func (n *news) tellAll(ctx context.Context) (bool, error) {
	since := n.q.Since
	if n.tooMany() || !n.follows(since.State, true) || !n.changesKnown() || !n.counted(since.Known, n.last()) {
		return false, nil
	}
	n.got = slices.DeleteFunc(n.got, func(m *message.Message) bool { return !uidset.Has(n.there, m.UID) })
	slices.SortFunc(n.got, func(a, b *message.Message) int { return cmp.Compare(a.UID, b.UID) })
	p := n.s.progress(n.q.Folder, []part{{want: int64(len(n.got))}})
	for _, m := range n.got {
		n.tell(m)
		p.row()
	}
	p.say()
	if err := n.tellRest(ctx); err != nil {
		return false, err
	}
	return true, nil
}

// tellRest reads what was not told in full. What is gone by then is not there.
func (n *news) tellRest(ctx context.Context) error {
	asked := uidset.Union(n.q.Since.Again, uidset.Above(n.there, n.last()))
	for _, t := range n.tellings {
		asked = uidset.Union(asked, uidset.Of(slices.Collect(maps.Keys(t.partial))))
	}
	var told imap.UIDSet
	for _, m := range n.got {
		told = uidset.Add(told, m.UID)
	}
	rest := uidset.Common(uidset.Without(asked, told), n.there)
	if len(rest) == 0 {
		return nil
	}
	if err := n.reopen(ctx); err != nil {
		return err
	}
	var late imap.UIDSet
	_, err := n.s.tell(ctx, n.q, n.s.windowsOf(rest, n.q.Fetch), func(m *message.Message) {
		late = uidset.Add(late, m.UID)
		n.tell(m)
	})
	n.there = uidset.Without(n.there, uidset.Without(rest, uidset.Sorted(late)))
	return err
}

func (n *news) answer() plan.Answer { return plan.Answer{State: n.state, Since: true, There: n.there} }

func (n *news) close() {}
