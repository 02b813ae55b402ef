package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/uidset"
	"github.com/imapform/imapform/plan"
)

// Answer visits a folder for reading and tells of its messages, each once and with all
// parts that were asked for, in the order in which the server does, which need not be
// that of UIDs; SAVEDATE stays unknown where the server has none. It returns the folder
// as EXAMINE showed it; messages that came later are not told, and where fewer were told
// than it showed the server must agree that they are gone. On an error some may have
// been told already. Tell is called by the goroutine that called Answer. Of a folder that
// is remembered only what has changed is read, see recollect.
//
// Nothing but the UIDs is kept of messages that were told, unless texts are judged: then
// they are collected, some thousand at a time. What is told holds until tell returns:
// who keeps it keeps a clone.
//
// A folder is read by UID FETCH of 1 to UIDNEXT-1: one round trip, together with EXAMINE
// where the listing told UIDNEXT, and the number of rows must be EXISTS. Where one
// command cannot read that many it is first asked for its UIDs (UID SEARCH ALL, some
// octets a message): UIDs may be sparse, so that only then windows are of a known number
// of messages, each a single range. Windows of sequence numbers would need no search, but
// say nothing about which message is missing where one is, and shift once the server
// tells of an EXPUNGE.
func (s *Session) Answer(ctx context.Context, q plan.Question, tell func(*message.Message)) (plan.State, error) {
	if len(q.UIDs) > 0 {
		if err := wellFormed(q.UIDs); err != nil {
			return plan.State{}, fmt.Errorf("read folder %q: %w", q.Folder, err)
		}
		q.UIDs = uidset.Sorted(q.UIDs)
	} else if s.remembers(q) {
		q.Since = nil // there is no way to answer by it
		answers, err := s.AnswerAll(ctx, []plan.Question{q}, func(_ int, m *message.Message) { tell(m) })
		if err != nil {
			return plan.State{}, err
		}
		return answers[0].State, nil
	}
	return s.answerServer(ctx, q, tell)
}

// answerServer is Answer without what is remembered.
func (s *Session) answerServer(ctx context.Context, q plan.Question, tell func(*message.Message)) (plan.State, error) {
	if err := s.compressFor(ctx, s.answerOctets(q)); err != nil {
		return plan.State{}, err
	}
	if a := s.ahead(q, tell); a != nil {
		if state, err := a.answer(ctx); err != errNoUIDNext {
			return state, err
		}
	}
	state, err := s.examine(ctx, q.Folder)
	if err != nil {
		return plan.State{}, err
	}
	if len(q.UIDs) == 0 {
		return s.answerAll(ctx, q, state, tell)
	}
	asked := q.UIDs
	if s.open.highest > 0 {
		asked = uidset.UpTo(asked, s.open.highest)
	}
	parts := s.windowsOf(asked, q.Fetch)
	if state.Messages == 0 {
		parts = nil
	}
	_, err = s.tell(ctx, q, parts, tell)
	return state, err
}

func (s *Session) answerAll(ctx context.Context, q plan.Question, state plan.State, tell func(*message.Message)) (plan.State, error) {
	if state.Messages == 0 {
		return state, nil
	}
	window := s.windowFor(q.Fetch)
	if int64(state.Messages) <= window && s.open.highest > 0 {
		all := imap.UIDSet{{Start: 1, Stop: s.open.highest}}
		return state, s.tellAll(ctx, q, state, []part{{all, int64(state.Messages)}}, tell)
	}
	state, uids, err := s.listAll(ctx, q.Folder, state)
	if err != nil {
		return plan.State{}, err
	}
	return state, s.tellAll(ctx, q, state, ranges(uids, window), tell)
}

// tellAll tells of all messages that EXAMINE counted, or of fewer if the others are
// gone.
func (s *Session) tellAll(ctx context.Context, q plan.Question, before plan.State, parts []part, tell func(*message.Message)) error {
	highest := s.open.highest
	told, err := s.tell(ctx, q, parts, tell)
	if err != nil {
		return err
	}
	return s.agree(ctx, q.Folder, before, highest, told)
}

// agree has the server agree, where fewer messages were told than it counted before,
// that the others are gone: asked to count once more, it must not count more.
func (s *Session) agree(ctx context.Context, folder mailbox.Name, before plan.State, highest imap.UID, told int) error {
	if told >= int(before.Messages) {
		return nil
	}
	now, err := s.examine(ctx, folder)
	if err != nil {
		return err
	}
	if now.UIDValidity != before.UIDValidity {
		return numberedAnew(folder)
	}
	left := int(now.Messages)
	if left > told && highest > 0 && s.open.highest > highest {
		came, err := s.search(ctx, folder, imap.UIDSet{{Start: highest + 1, Stop: s.open.highest}})
		if err != nil {
			return err
		}
		left -= len(came)
	}
	if left > told {
		return fmt.Errorf("read folder %q: the server counts %d messages in it but tells of %d: what is not read cannot be judged",
			folder, left, told)
	}
	return nil
}

// windowsOf cuts a set into what one command each can carry.
func (s *Session) windowsOf(uids imap.UIDSet, fetch message.Parts) []part {
	var parts []part
	for set := range windows(uids, s.windowFor(fetch)) {
		parts = append(parts, part{set, uidset.Count(set)})
	}
	return parts
}

// listAll lists the UIDs that EXAMINE counted. Where the numbers differ, messages may
// have gone in between: it looks once more, and then they must agree.
func (s *Session) listAll(ctx context.Context, name mailbox.Name, state plan.State) (plan.State, []imap.UID, error) {
	for again := false; ; again = true {
		uids, err := s.search(ctx, name, nil)
		if err != nil {
			return state, nil, err
		}
		if s.open.highest > 0 {
			for len(uids) > 0 && uids[len(uids)-1] > s.open.highest {
				uids = uids[:len(uids)-1] // these came later
			}
		}
		if len(uids) == int(state.Messages) {
			return state, uids, nil
		}
		if again {
			return state, nil, fmt.Errorf("read folder %q: the server counts %d messages in it but lists %d: what is not listed cannot be judged",
				name, state.Messages, len(uids))
		}
		if state, err = s.examine(ctx, name); err != nil {
			return state, nil, err
		}
	}
}

// ranges cuts sorted UIDs into ranges of at most size messages.
func ranges(uids []imap.UID, size int64) []part {
	var parts []part
	for len(uids) > 0 {
		n := min(size, int64(len(uids)))
		parts = append(parts, part{imap.UIDSet{{Start: uids[0], Stop: uids[n-1]}}, n})
		uids = uids[n:]
	}
	return parts
}

func (s *Session) tell(ctx context.Context, q plan.Question, parts []part, tell func(*message.Message)) (told int, err error) {
	r := s.newReading(q.Folder, q.Fetch)
	r.budget, r.usual.lends = &s.budget, len(q.Fetch.Texts) == 0 // for those messages are collected
	return r.tell(ctx, parts, s.progress(q.Folder, parts), tell)
}

// Fetch tells of those of the messages of the open folder that are there, each with
// all the parts. One that is not told is gone.
func (s *Session) Fetch(ctx context.Context, uids imap.UIDSet, parts message.Parts, tell func(*message.Message)) error {
	if s.open.name == "" {
		return errNothingOpen
	}
	if err := givenOut(uids, s.open.highest); err != nil {
		return fmt.Errorf("read folder %q: %w", s.open.name, err)
	}
	r := s.newReading(s.open.name, parts)
	r.absent, s.open.expunged = s.open.expunged, false
	_, err := r.tell(ctx, s.windowsOf(uidset.Sorted(uids), parts), &progress{}, tell)
	return err
}

var errNothingOpen = errors.New("no folder is open")
