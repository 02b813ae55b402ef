package server

import (
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

// A look is what is asked of a folder of which something is known, in one exchange that it
// can share with those of other folders. Nothing is told of it until the UIDs that there
// are are as many as EXAMINE counts.
type look struct {
	s      *Session
	q      plan.Question
	listed cache.State
	tell   func(*message.Message)

	reading *reading // of messages that are told in full
	wire    string   // the folder's name

	asks       []asked      // the commands
	replies    []wire.Reply // to these
	unreadable error        // a row

	state plan.State
	there imap.UIDSet // the messages that there are
}

// A looker takes the look at a folder.
type looker interface {
	// commands are EXAMINE and the questions.
	commands() []asked
	// take takes a row.
	take(wire.Raw) error
	// searches says whether the last of the commands asks which messages there are.
	searches() bool
	// tellAll tells of the messages. It is false if what is known is of no use: then
	// nothing was told, and the folder is to be read as if it were not.
	tellAll(context.Context) (told bool, err error)
	// answer is what there is to say then.
	answer() plan.Answer
	// close ends the use of what is known.
	close()
	// of is the look.
	of() *look
}

func (l *look) of() *look { return l }

// begin prepares the reading of messages in full.
func (l *look) begin() (err error) {
	if l.wire, err = l.s.wireName(l.q.Folder); err != nil {
		return err
	}
	l.reading = l.s.newReading(l.q.Folder, l.q.Fetch)
	l.reading.budget = &l.s.budget
	return nil
}

// lookAll sends the commands of several, which are in their asks, and has each take what is
// answered.
func (s *Session) lookAll(ctx context.Context, group []looker) error {
	var commands []asked
	var of []looker // of each command
	first := map[looker]int{}
	for _, l := range group {
		own := l.of().asks
		first[l] = len(commands)
		l.of().replies = make([]wire.Reply, len(own))
		commands, of = append(commands, own...), append(of, slices.Repeat([]looker{l}, len(own))...)
	}
	s.open = openFolder{}
	answered := 0
	errs, err := s.streamAll(ctx, commands, func(p passed) error {
		l, at := of[p.command], of[p.command].of()
		if p.answer == nil {
			at.unreadable = l.take(p.raw)
			return at.unreadable
		}
		if p.command == first[l] && answered < p.command {
			return fmt.Errorf("open folder %q: the server opens it before it has answered what was asked before", at.q.Folder)
		}
		at.replies[p.command-first[l]] = p.answer.Reply
		answered++
		return nil
	})
	for _, l := range group {
		if err := l.of().reading.ended(nil, l.of().unreadable); err != nil {
			return err
		}
	}
	for _, lost := range errs {
		if _, refused := errors.AsType[*ResponseError](lost); lost != nil && !refused {
			return lost
		}
	}
	if err != nil {
		return err
	}
	var refused error
	for _, l := range group { // all, so that it is known what is open after them
		at := l.of()
		if err := at.opened(errs[first[l]:first[l]+len(at.replies)], l.searches()); err != nil && refused == nil {
			refused = err
		}
	}
	return refused
}

// opened takes the answers to the commands. A refusal of what was asked, though not of the
// folder, leaves it without a state: then what is known is of no use.
func (l *look) opened(errs []error, searches bool) error {
	s := l.s
	if errs[0] != nil {
		s.open = openFolder{} // nothing is selected (RFC 9051 section 6.3.2)
		return errs[0]
	}
	opened, err := readOpened(l.q.Folder, l.replies[0])
	if err != nil {
		return err
	}
	if opened.UIDNext == 0 {
		// It tells that only by STATUS, as it did in the listing: what came since is in the
		// number of messages, which then is not that of those that are told.
		s.statusFirst, opened.UIDNext = true, l.listed.UIDNext
	}
	s.open = openFolder{name: l.q.Folder, wire: l.wire, highest: opened.UIDNext - 1}
	if slices.ContainsFunc(errs, func(err error) bool { return err != nil }) {
		return nil
	}
	if searches && s.caps.has("ESEARCH") {
		l.there, _ = readFound(l.replies[len(l.replies)-1].Untagged)
	}
	l.state = opened.State
	return nil
}

// reopen opens the folder again if another was opened since, for what is still to be read.
func (l *look) reopen(ctx context.Context) error {
	if l.s.open.name == l.q.Folder {
		return nil
	}
	again, err := l.s.examine(ctx, l.q.Folder)
	if err == nil && again.UIDValidity != l.state.UIDValidity {
		err = numberedAnew(l.q.Folder)
	}
	return err
}

// counted says whether the messages that there are are as many as the server counts, and
// those up to the last one that was known are among the known ones.
func (l *look) counted(known imap.UIDSet, last imap.UID) bool {
	l.there = uidset.UpTo(l.there, l.state.UIDNext-1) // others came later
	return uidset.Count(l.there) == int64(l.state.Messages) && uidset.Within(uidset.UpTo(l.there, last), known)
}

// follows says whether the folder is the one that it was, as far as its state shows.
// Without modSeqs they do not count.
func (l *look) follows(was plan.State, modSeqs bool) bool {
	is := l.state
	return is.UIDValidity != 0 && is.UIDValidity == was.UIDValidity && is.UIDNext >= was.UIDNext && (!modSeqs || is.HighestModSeq >= was.HighestModSeq)
}

// examining is the command that opens the folder.
func (l *look) examining() asked { return opening("EXAMINE", l.q.Folder, l.wire) }

// fetching is a command whose answers take takes.
func (l *look) fetching(line string) asked {
	return asked{"read", l.q.Folder, wire.Request{Line: line, Wanted: []string{"FETCH"}, After: true}}
}

// listing is the command that asks which messages there are. It is not put After the
// others: some servers answer it while they still tell rows.
func (l *look) listing() asked {
	return asked{"list the messages of", l.q.Folder, wire.Request{Line: "UID SEARCH RETURN (ALL) ALL", Wanted: []string{"ESEARCH"}}}
}

// numberedAnew is the error of a folder that is not the same any more.
func numberedAnew(name mailbox.Name) error {
	return fmt.Errorf("read folder %q: its UIDs were given out anew while it was read: try again", name)
}
