package server

import (
	"context"
	"fmt"

	"github.com/imapform/imapform/internal/cache"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/uidset"
	"github.com/imapform/imapform/plan"
)

// The bounds of one exchange.
const (
	maxGroup = 2 * maxBurst // commands that open and read folders
	maxKnown = maxBurst     // folders of which it is read what has changed
	maxAsked = 4 * maxKnown // commands that do so: of most folders there are no more than four
)

// AnswerAll is Answer for several questions, of different folders, and returns what it
// returns of each. Tell is told which of the questions a message belongs to; messages of
// one are told before those of the next, but for those that have to be asked about again.
//
// Folders of which the listing told enough are opened and read many in one round trip.
// That one is not read in full then, or has got new messages since the listing, shows in
// what the server counted: it is opened again for the rest, and must be the same.
//
// Of a folder of which the question says what is known only what has changed is told, if
// the server can say what that is, and it is not much.
func (s *Session) AnswerAll(ctx context.Context, qs []plan.Question, tell func(i int, m *message.Message)) ([]plan.Answer, error) {
	g := group{s: s, answers: make([]plan.Answer, len(qs))}
	defer g.forget()
	for i, q := range qs {
		if err := g.ask(ctx, i, q, func(m *message.Message) { tell(i, m) }); err != nil {
			return nil, err
		}
	}
	for len(g.known) > 0 {
		if err := g.look(ctx); err != nil {
			return nil, err
		}
	}
	if err := g.read(ctx); err != nil {
		return nil, err
	}
	return g.answers, nil
}

// ask answers a question by what is known or remembered, or alone, or has it wait for
// others.
func (g *group) ask(ctx context.Context, i int, q plan.Question, tell func(*message.Message)) error {
	remembered, told, err := g.s.recollectNews(q, tell)
	switch {
	case err != nil:
		return err
	case told:
		g.answers[i] = remembered
		return nil
	}
	n, err := g.s.news(q, tell)
	switch {
	case err != nil:
		return err
	case n != nil:
		return g.addKnown(ctx, i, n)
	}
	return g.askWhole(ctx, i, q, tell)
}

// askWhole is ask for what all messages are told of.
func (g *group) askWhole(ctx context.Context, i int, q plan.Question, tell func(*message.Message)) error {
	if !g.s.remembers(q) {
		return g.askAnew(ctx, i, q, tell)
	}
	state, told, c, err := g.s.recollect(q, tell)
	switch {
	case err != nil:
		if c != nil {
			c.close()
		}
		return err
	case told:
		g.answers[i] = plan.Answer{State: state}
		return nil
	case c == nil:
		return g.askAnew(ctx, i, q, tell)
	}
	return g.addKnown(ctx, i, c)
}

// addKnown has a folder of which something is known wait for others, unless they are as many
// as go together.
func (g *group) addKnown(ctx context.Context, i int, l looker) error {
	l.of().asks = l.commands()
	own := len(l.of().asks)
	if len(g.known) == maxKnown || len(g.known) > 0 && g.asked+own > maxAsked {
		if err := g.look(ctx); err != nil {
			l.close()
			return err
		}
	}
	g.known, g.knownOf, g.asked = append(g.known, l), append(g.knownOf, i), g.asked+own
	return nil
}

// look looks at the folders of which something is known, and reads those of which it is of
// no use.
func (g *group) look(ctx context.Context) error {
	all, of := g.known, g.knownOf
	g.known, g.knownOf, g.asked = nil, nil, 0
	defer closeAll(all)
	if err := g.s.lookAll(ctx, all); err != nil {
		return err
	}
	for n, l := range all {
		told, err := l.tellAll(ctx)
		if err != nil {
			return err
		}
		if told {
			g.answers[of[n]] = l.answer()
			continue
		}
		again := g.askWhole
		if _, remembered := l.(*catchUp); remembered {
			again = g.askAnew
		}
		if err := again(ctx, of[n], l.of().q, l.of().tell); err != nil {
			return err
		}
	}
	return nil
}

func closeAll(all []looker) {
	for _, l := range all {
		l.close()
	}
}

// askAnew is ask for what is to be read whole, whatever is remembered of it.
func (g *group) askAnew(ctx context.Context, i int, q plan.Question, tell func(*message.Message)) (err error) {
	s := g.s
	var memory *cache.Writer
	if s.remembers(q) {
		memory = s.options.Cache.Begin(q.Folder, q.Fetch)
		g.memories = append(g.memories, memory)
		tell = remembering(memory, tell)
	}
	a, err := s.groupable(q, tell)
	switch {
	case err != nil:
		return err
	case a != nil:
		a.memory = memory
		return g.add(ctx, i, a)
	case memory == nil:
		g.answers[i].State, err = s.Answer(ctx, q, tell)
		return err
	}
	if g.answers[i].State, err = s.answerServer(ctx, q, tell); err == nil {
		s.commit(memory, g.answers[i].State)
	}
	return err
}

// forget ends the writing of what was not read to its end.
func (g *group) forget() {
	closeAll(g.known)
	for _, w := range g.memories {
		w.Discard()
	}
}

// groupable is the reading of a folder together with others; nil: it is read alone.
func (s *Session) groupable(q plan.Question, tell func(*message.Message)) (*ahead, error) {
	if listed, known := s.listed(q.Folder); !known || listed.UIDValidity == 0 {
		return nil, nil // it could not be opened again as the same
	}
	if len(q.UIDs) > 0 {
		if err := wellFormed(q.UIDs); err != nil {
			return nil, fmt.Errorf("read folder %q: %w", q.Folder, err)
		}
		q.UIDs = uidset.Sorted(q.UIDs)
	}
	a := s.ahead(q, tell)
	if a == nil || len(a.all) < len(a.parts) {
		return nil, nil
	}
	return a, nil
}

// A group is folders that are read at once.
type group struct {
	s        *Session
	answers  []plan.Answer
	all      []*ahead
	of       []int // the question of each
	commands int
	memories []*cache.Writer // of all that is to be remembered

	known   []looker // of which something is known
	knownOf []int    // the question of each
	asked   int      // commands that they take
}

// add reads the group once it is large enough.
func (g *group) add(ctx context.Context, question int, a *ahead) error {
	if err := g.s.compressFor(ctx, g.s.answerOctets(a.q)); err != nil {
		return err
	}
	if g.commands+1+len(a.all) > maxGroup {
		if err := g.read(ctx); err != nil {
			return err
		}
	}
	g.all, g.of, g.commands = append(g.all, a), append(g.of, question), g.commands+1+len(a.all)
	return nil
}

// read reads the group, and then of each folder what is missing.
func (g *group) read(ctx context.Context) error {
	if len(g.all) == 0 {
		return nil
	}
	all, of := g.all, g.of
	g.all, g.of, g.commands = nil, nil, 0
	if err := g.s.readAhead(ctx, all); err != nil {
		return err
	}
	for i, a := range all {
		var err error
		at := &g.answers[of[i]]
		if at.State, err = a.settle(ctx); err != nil {
			return err
		}
		if a.memory != nil {
			a.s.commit(a.memory, at.State)
		}
	}
	return nil
}

// settle is the state of a folder that was read with others, and finishes its reading.
func (a *ahead) settle(ctx context.Context) (plan.State, error) {
	switch {
	case a.err == errNoUIDNext:
		return a.s.answerServer(ctx, a.q, a.tell) // nothing was told
	case !a.shown:
		return plan.State{}, fmt.Errorf("open folder %q: its answer is lost", a.q.Folder)
	case a.complete():
		a.p.parts(a.parts)
		return a.state, nil
	}
	again, err := a.s.examine(ctx, a.q.Folder)
	if err != nil {
		return plan.State{}, err
	}
	if again.UIDValidity != a.state.UIDValidity || again.UIDValidity == 0 {
		return plan.State{}, numberedAnew(a.q.Folder)
	}
	return a.state, a.finish(ctx)
}

// complete says that all was told that was asked for.
func (a *ahead) complete() bool {
	if a.state.Messages == 0 {
		return true
	}
	for _, t := range a.all {
		if t.short() > 0 {
			return false
		}
	}
	if len(a.q.UIDs) > 0 {
		return len(uidset.Above(uidset.UpTo(a.q.UIDs, a.now), a.highest)) == 0
	}
	return a.now <= a.highest
}
