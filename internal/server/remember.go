package server

import (
	"context"
	"fmt"

	"github.com/imapform/imapform/internal/cache"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
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

// answerRemembered is answerServer with what was remembered of the folder, as far as that
// goes. What is told is remembered.
func (s *Session) answerRemembered(ctx context.Context, q plan.Question, tell func(*message.Message)) (plan.State, error) {
	state, told, err := s.recollect(ctx, q, tell)
	if told || err != nil {
		return state, err
	}
	w := s.options.Cache.Begin(q.Folder, q.Fetch)
	defer w.Discard()
	if state, err = s.answerServer(ctx, q, remembering(w, tell)); err == nil {
		s.commit(w, state, s.open.modSeq)
	}
	return state, err
}

// recollect answers by what is remembered of the folder: of one that is as it was then
// all is told from there, and it is not even opened; of another what has changed is read.
// It is false where that does not come to what the server counts, and where nothing fit is
// remembered: then nothing was told, and all must be read.
func (s *Session) recollect(ctx context.Context, q plan.Question, tell func(*message.Message)) (plan.State, bool, error) {
	known, ok := s.options.Cache.Folder(q.Folder)
	if !ok {
		return plan.State{}, false, nil
	}
	defer known.Close()
	listed, ok := s.listed(q.Folder)
	was := known.State()
	switch {
	case !ok || !known.Parts().Covers(q.Fetch) || listed.UIDValidity != was.UIDValidity || listed.UIDNext < was.UIDNext:
		return plan.State{}, false, nil
	case listed == was && was.HighestModSeq > 0:
		return planState(was), true, s.recall(q, known, tell)
	}
	c := &catchUp{s: s, q: q, known: known, listed: listed, tell: tell}
	return c.run(ctx)
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
func (s *Session) commit(w *cache.Writer, state plan.State, modSeq uint64) {
	_ = w.Commit(cache.State{UIDValidity: state.UIDValidity, UIDNext: state.UIDNext, Messages: state.Messages, HighestModSeq: modSeq})
}

func planState(state cache.State) plan.State {
	return plan.State{UIDValidity: state.UIDValidity, UIDNext: state.UIDNext, Messages: state.Messages}
}
