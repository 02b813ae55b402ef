package apply

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A salvo is a piece whose commands are sent together with others'.
type salvo struct {
	piece
	step   *working
	batch  *batch
	unseen bool // some of its messages were not seen, or not judged, since the folder was opened

	number   int                        // of messages, at first
	flagged  error                      // why some could not be flagged before they are moved
	was      map[imap.UID]mailbox.Flags // the messages' flags before
	commands []journal.Command
	answers  []Changed // to each of these
	said     error     // to any
	copied   *copied   // nil: there are no copies of which the messages are still to be removed
}

// newSalvo takes the first messages that are left of a step.
func newSalvo(step *working, n int) *salvo {
	msgs := step.left[:n:n]
	step.left = step.left[n:]
	return &salvo{piece: piece{filing: step.filing, msgs: msgs}, step: step, number: n}
}

// begin begins the piece's batch.
func (s *salvo) begin() {
	s.batch = &batch{Batch: s.batchOf(s.msgs)}
	s.ledger.beginAmong(s.batch)
}

// round sends as many commands as may be sent together, and deals with what comes of
// each.
func (b *burst) round(ctx context.Context) error {
	all := b.next()
	if err := b.persist(ctx, func() error { return b.see(ctx, all) }); err != nil {
		return b.failAll(err)
	}
	if all = b.judge(all); len(all) == 0 {
		return nil
	}
	for _, s := range all {
		s.begin()
	}
	if b.flagFirst(ctx, all) {
		b.send(ctx, all)
	}
	return b.dealAll(ctx, all)
}

// next cuts what is left of the steps into pieces. Messages of different pieces that are
// moved to the same destination differ: of those that are the same it could not be told
// which was moved, if one piece was and another was not. Where messages are copied before
// they are removed, there are no more at once than one command takes: there must be room
// for them twice. And where each command has to wait, no more than one piece: the copies are
// to be seen right before.
func (b *burst) next() []*salvo {
	var all []*salvo
	copied := 0
	type at struct {
		to          mailbox.Name
		fingerprint uint64
	}
	sent := map[at]bool{}
	for _, step := range b.begun() {
		for len(step.left) > 0 && len(all) < maxTogether {
			set, _ := cut(uidsOf(step.left), b.most)
			msgs := step.left[:len(set):len(set)]
			if step.moves() && !b.can.Move {
				if copied += len(msgs); len(all) > 0 && (copied > b.most || b.can.Paced) {
					return all
				}
			}
			for _, m := range msgs {
				if step.moves() && sent[at{step.op.To, m.Fingerprint()}] {
					return all
				}
			}
			for _, m := range msgs {
				sent[at{step.op.To, m.Fingerprint()}] = true
			}
			all = append(all, newSalvo(step, len(msgs)))
			if step.moves() && step.op.ChangesFlags() && !step.op.FlagsFirst {
				break // that flags do not stick in the destination is seen before more is moved there
			}
		}
	}
	return all
}

// see opens the folder if it was left, and looks at messages that were not seen since.
func (b *burst) see(ctx context.Context, all []*salvo) error {
	if err := all[0].enterSource(ctx); err != nil {
		return err
	}
	var unknown []imap.UID
	for _, s := range all {
		s.on, s.unseen = b.connection, s.step.on != b.connection
		for _, m := range s.msgs {
			if _, known := b.rows[m.UID]; !known {
				unknown, s.unseen = append(unknown, m.UID), true
			}
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return b.look(ctx, unknown)
}

// judge returns the pieces with those of their messages that are still what the plan says.
func (b *burst) judge(all []*salvo) []*salvo {
	var keep []*salvo
	for _, s := range all {
		if s.unseen {
			msgs, err := s.judgeAll(s.msgs)
			if err != nil {
				_ = b.failed(s.step, err) // it is about the folder
				continue
			}
			s.msgs = msgs
		}
		if len(s.msgs) > 0 && !s.step.ended {
			keep = append(keep, s)
		}
	}
	if b.void() {
		return nil
	}
	return keep
}

// flagFirst changes the flags of messages that get them before they are moved, and leaves
// of each piece those that have them. It is false if the connection is lost, or nothing can
// be noted: then no more is sent.
func (b *burst) flagFirst(ctx context.Context, all []*salvo) bool {
	var flagging []*salvo
	var orders []order
	before := map[*salvo][]plan.Message{}
	skipped := map[*salvo][]Skip{}
	for _, s := range all {
		before[s], skipped[s] = s.msgs, slices.Clone(s.out.Skipped)
		if s.step.moves() && s.op.FlagsFirst && s.op.ChangesFlags() {
			s.was = s.flagsHere(here(s.msgs))
			s.commands = s.storing(here(s.msgs), s.was)
			flagging, orders = append(flagging, s), append(orders, ordersOf(s.batch, s.commands)...)
		}
	}
	said := b.run.send(ctx, orders)
	fatal := lostBy(said) // by which nothing can be looked at any more
	for _, s := range flagging {
		answers := said[:len(s.commands)]
		said = said[len(s.commands):]
		if fatal == nil {
			b.ledger.batch, b.at = s.batch, s.step.step
			s.msgs, s.flagged = s.stored(ctx, s.op.Folder, here(s.msgs), s.was, s.commands, flagsTold(answers), errorOf(answers))
			if Lost(s.flagged) || isJournal(s.flagged) {
				fatal = s.flagged
			}
		}
		s.commands = nil
	}
	if fatal == nil {
		return true
	}
	for _, s := range all { // which are dealt with anew
		s.said, s.msgs, s.out.Skipped = fatal, before[s], skipped[s]
	}
	return false
}

// send notes the commands, and sends them.
func (b *burst) send(ctx context.Context, all []*salvo) {
	var orders []order
	for _, s := range all {
		s.decide()
		orders = append(orders, ordersOf(s.batch, s.commands)...)
	}
	said := b.run.send(ctx, orders)
	for _, s := range all {
		s.answers, said = said[:len(s.commands)], said[len(s.commands):]
		s.said = errorOf(s.answers)
	}
}

// decide decides on the commands of a piece whose messages were just seen.
func (s *salvo) decide() {
	switch {
	case len(s.msgs) == 0:
		return
	case s.step.moves():
		verb := journal.VerbMove
		if s.batch.ByCopy {
			verb = journal.VerbCopy
		}
		s.commands = []journal.Command{{Verb: verb, Folder: s.op.Folder, To: s.op.To, UIDs: uidsOf(s.msgs)}}
		return
	}
	s.was = s.flagsHere(here(s.msgs))
	s.commands = s.storing(here(s.msgs), s.was)
}

// dealAll deals with what came of the commands: first of those that the server has
// answered with OK, since to find out about the others takes other folders and, may be,
// another connection.
func (b *burst) dealAll(ctx context.Context, all []*salvo) error {
	slices.SortStableFunc(all, func(x, y *salvo) int { return cmp.Compare(rank(x.said), rank(y.said)) })
	var fatal, gone error
	for _, s := range all {
		if Lost(s.said) {
			gone = s.said
		}
	}
	var copied []*salvo
	for i, s := range all {
		if i > 0 && all[i-1].said == nil && s.said != nil { // which may be waited for
			fatal = b.removeAll(ctx, copied, fatal)
			copied = nil
		}
		if fatal != nil { // the journal knows that it is in doubt
			why := cmp.Or(s.said, gone, fatal)
			if s.said == nil && s.batch.ByCopy {
				why = s.newCopied(here(s.msgs), nil).stillThere(why)
			}
			_ = b.failed(s.step, why)
			continue
		}
		err := b.deal(ctx, s, gone)
		if s.copied != nil && !Lost(err) {
			copied = append(copied, s)
		} else if err := b.over(ctx, s, err); err != nil {
			fatal = b.failed(s.step, err)
		}
	}
	fatal = b.removeAll(ctx, copied, fatal)
	if fatal == nil {
		return nil
	}
	_ = b.failAll(fatal)
	return fatal
}

// deal sees what came of the commands of a piece. gone is what became of the connection
// since; nil: it is as it was.
func (b *burst) deal(ctx context.Context, s *salvo, gone error) (err error) {
	b.ledger.batch, b.at = s.batch, s.step.step
	s.skipped = slices.Clone(s.out.Skipped)
	switch {
	case Lost(s.said) || isJournal(s.said):
		return s.said
	case len(s.msgs) == 0:
		return s.flagged
	case s.batch.ByCopy:
		return errors.Join(s.flagged, b.copiesOf(ctx, s, gone))
	case s.step.moves():
		moved, err := b.movedOf(ctx, s, gone)
		s.wereMoved(moved)
		return errors.Join(s.flagged, err, b.flagMoved(ctx, s, moved, err))
	}
	_, err = b.flaggedOf(ctx, s, gone)
	return err
}

// flagMoved changes the flags of messages where they were moved to.
func (b *burst) flagMoved(ctx context.Context, s *salvo, moved []placed, err error) error {
	if Lost(err) || s.op.FlagsFirst || len(moved) == 0 {
		return nil
	}
	_, flagged := s.flag(ctx, s.op.To, moved)
	return flagged
}

// over ends a piece with which it went so.
func (b *burst) over(ctx context.Context, s *salvo, err error) error {
	b.ledger.batch, b.at = s.batch, s.step.step
	if err := s.through(ctx, err); err != nil {
		return err
	}
	s.seen += s.number
	b.report(Event{Kind: StepProgress, Step: s.step.step, Messages: s.seen})
	return nil
}

// stands says whether the connection is one on which it can be looked what became of the
// piece, be it the same or another.
func (b *burst) stands(s *salvo, gone error) bool {
	if gone != nil && !Lost(s.said) && s.on == b.connection {
		return false
	}
	if !Lost(s.said) {
		s.on = b.connection // which may be lost, too
	}
	return true
}

// movedOf sees which messages were moved; without a connection only those that the server
// has told.
func (b *burst) movedOf(ctx context.Context, s *salvo, gone error) ([]placed, error) {
	transfer := s.answers[0].Transfer
	if b.stands(s, gone) {
		return s.movedAtOnce(ctx, s.msgs, transfer, s.said)
	}
	moved, rest := s.paired(s.msgs, transfer, s.op.To)
	if len(rest) > 0 || s.op.ChangesFlags() && !s.op.FlagsFirst {
		return moved, gone
	}
	return moved, nil
}

// flaggedOf sees which messages have the flags that they should have.
func (b *burst) flaggedOf(ctx context.Context, s *salvo, gone error) ([]plan.Message, error) {
	told := flagsTold(s.answers)
	seen := func(m plan.Message) bool { now, is := told[m.UID]; return is && len(wrong(m, now)) == 0 }
	if !b.stands(s, gone) && slices.ContainsFunc(s.msgs, func(m plan.Message) bool { return !seen(m) }) {
		return nil, gone
	}
	return s.stored(ctx, s.op.Folder, here(s.msgs), s.was, s.commands, told, s.said)
}

// copiesOf sees which messages were copied, where there is no MOVE: they are still to be
// removed from the folder.
func (b *burst) copiesOf(ctx context.Context, s *salvo, gone error) error {
	if !b.stands(s, gone) {
		return s.newCopied(here(s.msgs), nil).stillThere(gone)
	}
	if s.said != nil {
		return s.said
	}
	copies, err := s.prove(ctx, s.msgs, s.answers[0].Transfer, s.op.To)
	if len(copies) > 0 && !Lost(err) {
		s.copied = s.newCopied(copies, errors.Join(s.flagged, err))
	}
	return err
}

// removeAll removes messages from the folder that were copied, before anything is waited
// for. fatal is why nothing more can be done; it returns one.
func (b *burst) removeAll(ctx context.Context, all []*salvo, fatal error) error {
	var leaving []*copied
	for _, s := range all {
		s.on = b.connection
		leaving = append(leaving, s.copied)
	}
	if fatal == nil && len(all) > 0 {
		b.takeAway(ctx, leaving)
	}
	for _, s := range all {
		if fatal != nil {
			_ = b.failed(s.step, s.copied.stillThere(fatal))
			continue
		}
		b.ledger.batch = s.batch
		s.wereMoved(s.copied.moved)
		if err := b.over(ctx, s, s.copied.err); err != nil {
			fatal = b.failed(s.step, err)
		}
	}
	return fatal
}
