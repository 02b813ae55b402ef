package apply

import (
	"cmp"
	"context"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
)

// maxTogether is how many commands are sent together that move messages: what is unknown
// if no answer comes.
const maxTogether = 32

// A salvo is a piece whose command is sent together with others'.
type salvo struct {
	piece
	step   *moving
	batch  *batch
	unseen bool // some of its messages were not seen, or not judged, since the folder was opened

	transfer Transfer
	said     error
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
	if err := b.note(all); err != nil {
		return b.failAll(err)
	}
	sets := make([]Moving, len(all))
	for i, s := range all {
		sets[i] = Moving{UIDs: imap.UIDSetNum(uidsOf(s.msgs)...), To: s.op.To}
	}
	transfers, errs := b.server.Moves(ctx, sets)
	for i, s := range all {
		s.transfer = transfers[i]
		s.said = changing(errs[i], "move %d messages from folder %q to %q", len(s.msgs), s.op.Folder, s.op.To)
	}
	return b.dealAll(ctx, all)
}

// next cuts what is left of the steps into pieces. Messages of different pieces that have
// the same destination differ: of those that are the same it could not be told which was
// moved, if one piece was and another was not.
func (b *burst) next() []*salvo {
	var all []*salvo
	type at struct {
		to          mailbox.Name
		fingerprint uint64
	}
	sent := map[at]bool{}
	for _, step := range b.begun() {
		for len(step.left) > 0 && len(all) < maxTogether {
			set, _ := cut(uidsOf(step.left), b.most)
			msgs := step.left[:len(set):len(set)]
			for _, m := range msgs {
				if sent[at{step.op.To, m.Fingerprint()}] {
					return all
				}
			}
			for _, m := range msgs {
				sent[at{step.op.To, m.Fingerprint()}] = true
			}
			all = append(all, &salvo{piece: piece{filing: step.filing, msgs: msgs}, step: step})
			step.left = step.left[len(set):]
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

// note notes the commands.
func (b *burst) note(all []*salvo) error {
	batches, commands := make([]*batch, len(all)), make([]journal.Command, len(all))
	for i, s := range all {
		s.batch = &batch{Batch: s.batchOf(s.msgs)}
		batches[i] = s.batch
		commands[i] = journal.Command{Verb: journal.VerbMove, Folder: s.op.Folder, To: s.op.To, UIDs: uidsOf(s.msgs)}
	}
	return b.ledger.beginTogether(batches, commands)
}

// dealAll deals with what came of the commands: first of those that the server has
// answered with OK, since to find out about the others takes other folders and, may be,
// another connection.
func (b *burst) dealAll(ctx context.Context, all []*salvo) error {
	slices.SortStableFunc(all, func(x, y *salvo) int {
		switch {
		case (x.said == nil) == (y.said == nil):
			return 0
		case x.said == nil:
			return -1
		}
		return 1
	})
	var fatal, gone error
	for _, s := range all {
		if Lost(s.said) {
			gone = s.said
		}
	}
	for _, s := range all {
		if fatal != nil { // the journal knows that it is in doubt
			_ = b.failed(s.step, cmp.Or(s.said, fatal))
		} else if err := b.deal(ctx, s, gone); err != nil {
			fatal = b.failed(s.step, err)
		}
	}
	if fatal == nil {
		return nil
	}
	_ = b.failAll(fatal)
	return fatal
}

// deal deals with what came of a command. gone is what became of the connection since; nil:
// it is as it was.
func (b *burst) deal(ctx context.Context, s *salvo, gone error) error {
	b.ledger.batch = s.batch
	s.skipped = slices.Clone(s.out.Skipped)
	moved, err := b.movedOf(ctx, s, gone)
	s.wereMoved(moved)
	if err := s.through(ctx, err); err != nil {
		return err
	}
	s.seen += len(s.msgs)
	b.report(Event{Kind: StepProgress, Step: s.step.step, Messages: s.seen})
	return nil
}

// movedOf sees which messages were moved; without a connection only those that the server
// has told.
func (b *burst) movedOf(ctx context.Context, s *salvo, gone error) ([]placed, error) {
	if gone == nil || s.said != nil || s.on != b.connection {
		if !Lost(s.said) {
			s.on = b.connection // on which it is looked, and which may be lost, too
		}
		return s.movedAtOnce(ctx, s.msgs, s.transfer, s.said)
	}
	moved, rest := s.paired(s.msgs, s.transfer, s.op.To)
	if len(rest) > 0 {
		return moved, gone
	}
	return moved, nil
}
