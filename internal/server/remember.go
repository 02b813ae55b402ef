package server

import (
	"fmt"
	"slices"

	"github.com/imapform/imapform/internal/cache"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/uidset"
	"github.com/imapform/imapform/plan"
)

// remembers says whether what is told of a folder is remembered, which is so of all its
// messages: structures are too large for that, and of texts there are only verdicts, which
// rules that are changed make void. And it is of use only for a folder that can be told
// from all others.
func (s *Session) remembers(q plan.Question) bool {
	parts := q.Fetch
	return s.options.Cache != nil && len(q.UIDs) == 0 && !parts.Structure && len(parts.Texts) == 0 &&
		(!parts.Saved || s.caps.has("SAVEDATE")) && s.tellable(q.Folder)
}

// tellable says whether a folder of that name and UIDVALIDITY is always the same one. Where
// UIDVALIDITY is the time in seconds (as with Cyrus and Courier), folders that were made
// together have the same, and keep it when they are renamed: one of them can take the
// other's name. INBOX is always INBOX.
func (s *Session) tellable(name mailbox.Name) bool {
	listed, known := s.listed(name)
	return known && (name == mailbox.Inbox || s.namesakes[listed.UIDValidity] == 1)
}

// recollect answers by what is remembered of the folder: of one that is as it was then all
// is told from there, and it is not even opened; of another what has changed is still to be
// read. Where nothing fit is remembered it is neither told nor to be caught up with.
func (s *Session) recollect(q plan.Question, tell func(*message.Message)) (state plan.State, told bool, _ *catchUp, err error) {
	known, ok := s.options.Cache.Folder(q.Folder)
	if !ok {
		return plan.State{}, false, nil, nil
	}
	listed, ok := s.listed(q.Folder)
	was := known.State()
	switch {
	case !ok || !known.Parts().Covers(q.Fetch) || listed.UIDValidity != was.UIDValidity || listed.UIDNext < was.UIDNext ||
		listed != was && int64(was.Messages) > s.window: // the server answers about fewer at once
		return plan.State{}, false, nil, known.Close()
	case listed == was && was.HighestModSeq > 0:
		defer known.Close()
		return plan.State(was), true, nil, s.recall(q, known, tell)
	}
	c := &catchUp{look: look{s: s, q: q, listed: listed, tell: tell}, known: known}
	return plan.State{}, false, c, c.begin()
}

// recollectNews answers a question about a folder in which nothing has changed since by
// what is remembered of it, of which only the messages are told that are asked for again.
func (s *Session) recollectNews(q plan.Question, tell func(*message.Message)) (a plan.Answer, told bool, err error) {
	listed, ok := s.listed(q.Folder)
	if q.Since == nil || !ok || listed.HighestModSeq == 0 || plan.State(listed) != q.Since.State || !s.remembers(q) {
		return plan.Answer{}, false, nil
	}
	known, ok := s.options.Cache.Folder(q.Folder)
	if !ok {
		return plan.Answer{}, false, nil
	}
	defer known.Close()
	if known.State() != listed || !known.Parts().Covers(q.Fetch) || !slices.Equal(known.UIDs(), q.Since.Known) {
		return plan.Answer{}, false, nil
	}
	for m, err := range known.Rows(q.Fetch) {
		if err != nil {
			return plan.Answer{}, false, s.unreadable(q.Folder, err)
		}
		if uidset.Has(q.Since.Again, m.UID) {
			tell(m)
		}
	}
	return plan.Answer{State: q.Since.State, Since: true, There: known.UIDs()}, true, nil
}

// recall tells of all messages of a folder from what is remembered.
func (s *Session) recall(q plan.Question, known *cache.Folder, tell func(*message.Message)) error {
	p := s.progress(q.Folder, []part{{want: int64(known.State().Messages)}})
	for m, err := range known.Rows(q.Fetch) {
		if err != nil {
			return s.unreadable(q.Folder, err)
		}
		tell(m)
		p.row()
	}
	p.say()
	return nil
}

// unreadable is the error of a cache that cannot be read to its end: some of it was told,
// so that it is too late to ask the server instead.
func (s *Session) unreadable(name mailbox.Name, err error) error {
	_ = s.options.Cache.Drop(name) // if it cannot, the error is the same next time
	return fmt.Errorf("read folder %q: %w: try again, or say -no-cache", name, err)
}

// remembering has what is told be remembered.
func remembering(w *cache.Writer, tell func(*message.Message)) func(*message.Message) {
	return func(m *message.Message) {
		_ = w.Add(m) // the writer keeps its errors for the end
		tell(m)
	}
}

// commit has what was told be remembered. If that fails, because the disk is full or
// messages went meanwhile, what was remembered before stays, and the next plan has more
// to read.
func (s *Session) commit(w *cache.Writer, state plan.State) {
	_ = w.Commit(cache.State(state))
}
