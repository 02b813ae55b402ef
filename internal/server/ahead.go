package server

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/cache"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/internal/uidset"
	"github.com/imapform/imapform/plan"
)

// An ahead is the reading of a folder that is opened in the same round trip, by what
// the listing told of it. What is read is told only once the server has opened the
// folder, and is the folder as that showed it, whatever the listing told.
type ahead struct {
	s       *Session
	r       *reading
	q       plan.Question
	wire    string   // the folder's name
	highest imap.UID // as listed
	parts   []part
	all     tellings // of the parts that are read with the opening
	tell    func(*message.Message)
	p       *progress

	state      plan.State
	now        imap.UID      // the highest as the folder shows it
	shown      bool          // the state is
	memory     *cache.Writer // of what is told; nil: it is not remembered
	opens      bool          // the folder is open and holds messages, so that rows are of it
	err        error         // the answer to the opening makes no sense
	unreadable error         // a row
}

// ahead is nil where it is not known what can be asked before the folder is open, or
// where messages have to be collected.
func (s *Session) ahead(q plan.Question, tell func(*message.Message)) *ahead {
	listed, known := s.listed(q.Folder)
	if !known || s.statusFirst || listed.Messages == 0 || listed.UIDNext < 2 || len(q.Fetch.Texts) > 0 {
		return nil
	}
	a := &ahead{s: s, q: q, r: s.newReading(q.Folder, q.Fetch), highest: listed.UIDNext - 1, tell: tell}
	a.r.budget, a.r.usual.lends = &s.budget, true
	switch {
	case len(q.UIDs) > 0:
		a.parts = s.windowsOf(uidset.UpTo(q.UIDs, a.highest), q.Fetch)
	case int64(listed.Messages) <= a.r.size:
		a.parts = []part{{set: imap.UIDSet{{Start: 1, Stop: a.highest}}}}
	}
	if len(a.parts) == 0 {
		return nil
	}
	a.p = s.progress(q.Folder, a.parts)
	for _, part := range a.parts[:min(len(a.parts), maxBurst)] {
		a.all = append(a.all, a.telling(part))
	}
	return a
}

func (a *ahead) telling(p part) *telling {
	return a.r.telling(p, func(m *message.Message) { a.tell(m); a.p.row() })
}

// errNoUIDNext says that the server does not tell by EXAMINE what can be read: nothing
// was told.
var errNoUIDNext = errors.New("the server does not tell UIDNEXT")

// answer opens the folder and reads it.
func (a *ahead) answer(ctx context.Context) (plan.State, error) {
	if err := a.s.readAhead(ctx, []*ahead{a}); err != nil {
		return plan.State{}, err
	}
	if a.err != nil {
		return plan.State{}, a.err
	}
	return a.state, a.finish(ctx)
}

// readAhead opens folders and reads them, all in one round trip. The last one stays open.
// Of one whose err is errNoUIDNext nothing was read.
func (s *Session) readAhead(ctx context.Context, group []*ahead) error {
	var commands []asked
	var of []*ahead // of each command
	for _, a := range group {
		own, err := a.commands()
		if err != nil {
			return err
		}
		commands, of = append(commands, own...), append(of, slices.Repeat([]*ahead{a}, len(own))...)
	}
	s.open = openFolder{}
	answered := 0
	errs, err := s.streamAll(ctx, commands, func(p passed) error {
		a := of[p.command]
		switch {
		case p.answer == nil:
			return a.row(p.raw)
		case commands[p.command].request.After: // a FETCH
		case answered != p.command:
			s.open = openFolder{}
			return fmt.Errorf("open folder %q: the server opens it before it has answered what was asked before", a.q.Folder)
		default:
			s.open = openFolder{}
			a.opened(*p.answer)
		}
		answered++
		return nil
	})
	for _, a := range group {
		own := errs[:min(len(errs), 1+len(a.all))]
		errs = errs[len(own):]
		if err := a.ended(own); err != nil {
			return err
		}
	}
	return err
}

// commands opens the folder and reads the parts.
func (a *ahead) commands() (commands []asked, err error) {
	if err := a.r.allowed(); err != nil {
		return nil, err
	}
	if a.wire, err = a.s.wireName(a.q.Folder); err != nil {
		return nil, err
	}
	commands = []asked{opening("EXAMINE", a.q.Folder, a.wire)}
	for _, t := range a.all {
		commands = append(commands, a.r.command(t.part.set))
	}
	return commands, nil
}

// row takes a response to FETCH.
func (a *ahead) row(raw wire.Raw) error {
	if a.opens {
		a.unreadable = a.all.take(a.r, raw)
	}
	return a.unreadable
}

// ended is what is wrong with the answers to the opening and to the reading.
func (a *ahead) ended(errs []error) error {
	switch {
	case a.unreadable == nil && len(errs) > 0 && errs[0] != nil:
		return errs[0]
	case a.err != nil && a.err != errNoUIDNext:
		return a.err
	}
	if err := a.r.ended(a.all, a.unreadable, errs...); err != nil && !a.nothingRead(err) {
		return err
	}
	return nil
}

// opened takes the answer to EXAMINE, by which rows are of the folder from now on.
func (a *ahead) opened(answer wire.Answer) {
	if answer.Err != nil {
		return
	}
	opened, err := readOpened(a.q.Folder, answer.Reply)
	switch {
	case err != nil:
		a.err = err
		return
	case opened.UIDNext == 0:
		a.err = errNoUIDNext
		return
	}
	a.now = opened.UIDNext - 1
	a.s.open = openFolder{name: a.q.Folder, wire: a.wire, highest: a.now}
	a.state, a.shown, a.opens = opened.State, true, opened.Messages > 0
	if len(a.q.UIDs) == 0 {
		all := &a.all[0].part
		all.set, all.want = imap.UIDSet{{Start: 1, Stop: max(a.now, 1)}}, int64(a.state.Messages)
		a.p.now.Of = int(a.state.Messages)
	}
}

// nothingRead says that an error does not matter: that of a server that will not read an
// empty folder, or what will be read in another way.
func (a *ahead) nothingRead(err error) bool {
	_, refused := errors.AsType[*ResponseError](err)
	return refused && (a.shown && a.state.Messages == 0 || a.err != nil)
}

// finish reads what was not asked for yet, and what was asked for and left out.
func (a *ahead) finish(ctx context.Context) error {
	if a.state.Messages == 0 {
		return nil
	}
	if len(a.q.UIDs) == 0 {
		return a.finishAll(ctx)
	}
	if err := a.r.completeAll(ctx, a.all); err != nil {
		return err
	}
	a.p.parts(a.parts[:len(a.all)])
	rest := a.parts[len(a.all):]
	if later := uidset.Above(uidset.UpTo(a.q.UIDs, a.now), a.highest); len(later) > 0 {
		rest = slices.Concat(rest, a.s.windowsOf(later, a.q.Fetch))
	}
	_, err := a.r.tell(ctx, rest, a.p, a.tell)
	return err
}

// finishAll reads the messages that came between the listing and the opening, and then
// there must be as many as the server counts.
func (a *ahead) finishAll(ctx context.Context) error {
	t := a.all[0]
	if a.now > a.highest {
		later := imap.UIDSet{{Start: a.highest + 1, Stop: a.now}}
		if err := a.r.fetch(ctx, []imap.UIDSet{later}, a.all); err != nil {
			return err
		}
	}
	if err := a.r.complete(ctx, t); err != nil {
		return err
	}
	a.p.parts([]part{t.part})
	return a.s.agree(ctx, a.q.Folder, a.state, a.now, t.told.count)
}
