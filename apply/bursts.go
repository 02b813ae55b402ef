package apply

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// burstsFrom counts the steps from the i-th on that move messages, or change flags of
// messages that stay, or else those that delete for good: the commands of those of one
// folder can be sent together, since each message is in one of them. Those that copy have
// more to see in between.
func (r *run) burstsFrom(i, end int) int {
	alike := func(i int) bool { return r.onlyMoves(i) || r.onlyFlags(i) }
	if r.onlyDeletes(i) {
		alike = r.onlyDeletes
	}
	n := 0
	for ; i+n < end && alike(i+n); n++ {
	}
	return n
}

func (r *run) folderOf(i int) mailbox.Name { return r.plan.Steps[i].Op.(plan.File).Folder }

func (r *run) onlyMoves(i int) bool {
	op := r.plan.Steps[i].Op.(plan.File)
	return op.Away == plan.AwayMove && !op.Finish && len(op.Copies) == 0 && (!op.ChangesFlags() || op.FlagsFirst || r.can.Move) &&
		!r.can.Labels // where a message lies in several folders, moving it from one may take it from another
}

func (r *run) onlyFlags(i int) bool {
	op := r.plan.Steps[i].Op.(plan.File)
	return op.Away == plan.AwayNot && len(op.Copies) == 0
}

// onlyDeletes says whether a step only deletes messages for good. Where they are backed up
// each is read before, which takes its time.
func (r *run) onlyDeletes(i int) bool {
	op := r.plan.Steps[i].Op.(plan.File)
	return op.Away == plan.AwayPermanent && len(op.Copies) == 0 && !op.ChangesFlags() &&
		r.options.Backup == nil && !r.can.Labels
}

// A burst is steps of one folder with whose messages that is done by commands that are sent
// together.
type burst struct {
	*run
	folder mailbox.Name
	ahead  []imap.UID // messages of the folder to look at
	steps  []*working
	// deletes says that all of them delete for good.
	deletes bool
}

// A working is one of them.
type working struct {
	*filing
	left  []plan.Message // to be dealt with, by UID
	on    int            // the connection on which these were judged
	ended bool
}

// moves says whether the step moves.
func (w *working) moves() bool { return w.op.Away == plan.AwayMove }

// bursts runs steps that burstsFrom has counted, folder by folder. What one brings to a
// folder is not among what others change there. The group of File steps that they are part
// of ends at another.
func (r *run) bursts(ctx context.Context, first, end, group int) error {
	var order []mailbox.Name
	of := map[mailbox.Name][]int{}
	for i := first; i < end; i++ {
		folder := r.folderOf(i)
		if of[folder] == nil {
			order = append(order, folder)
		}
		of[folder] = append(of[folder], i)
	}
	for i, folder := range order {
		if r.stopping() {
			return nil
		}
		b := &burst{run: r, folder: folder, deletes: r.onlyDeletes(first)}
		for _, step := range of[folder] {
			for _, m := range r.plan.Steps[step].Op.(plan.File).Messages {
				b.ahead = append(b.ahead, m.UID)
			}
		}
		if i == len(order)-1 && end < group && r.folderOf(end) == folder { // it stays open for these
			b.ahead = append(b.ahead, r.ahead(end, group)...)
		}
		if err := b.all(ctx, of[folder]); err != nil {
			return err
		}
	}
	return nil
}

// all runs steps of the folder.
func (b *burst) all(ctx context.Context, steps []int) error {
	for _, i := range steps {
		if b.begin(i) {
			b.steps = append(b.steps, &working{filing: b.filing(i)})
		}
	}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	round := b.round
	if b.deletes {
		round = b.deleteRound
	}
	for b.endFull(); !b.done(); b.endFull() {
		if b.stopping() {
			return b.failAll(ErrStopped)
		}
		if err := round(ctx); err != nil {
			return err
		}
	}
	return nil
}

// begun are the steps that have not ended.
func (b *burst) begun() []*working {
	return slices.DeleteFunc(slices.Clone(b.steps), func(s *working) bool { return s.ended })
}

// done ends the steps of which all was done, and says whether all have ended.
func (b *burst) done() bool {
	for _, s := range b.begun() {
		if len(s.left) == 0 {
			s.ended = true
			b.run.done(s.step)
		}
	}
	return len(b.begun()) == 0
}

// endFull ends the steps that would copy messages if there is no room for copies.
func (b *burst) endFull() {
	for _, s := range b.begun() {
		why := b.noRoom(s.op)
		switch {
		case why == nil || len(s.left) == 0:
		case s.seen > 0:
			_ = b.failed(s, why) // which ends no run
		default:
			s.ended = true
			b.block(s.step, why)
		}
	}
}

// failed ends a step. It returns the error if that ends the run, too.
func (b *burst) failed(s *working, err error) error {
	if !s.ended {
		s.ended = true
		return b.fail(s.step, err)
	}
	s.out.Err = errors.Join(s.out.Err, err)
	if Lost(err) || isJournal(err) {
		return err
	}
	return nil
}

// failAll ends the steps that have not ended, as failed does.
func (b *burst) failAll(err error) (fatal error) {
	for _, s := range b.begun() {
		fatal = cmp.Or(b.failed(s, err), fatal)
	}
	return fatal
}

// void ends all steps if the folder is not the plan's any more, and says whether it is
// not.
func (b *burst) void() bool {
	why := b.spoiled[b.folder]
	if why == nil {
		return false
	}
	for _, s := range b.begun() {
		s.ended = true
		b.block(s.step, why)
	}
	return true
}

// prepare looks at the destinations, and then which of the messages are still what the
// plan says.
func (b *burst) prepare(ctx context.Context) error {
	if err := b.persist(ctx, func() error { return b.scout(ctx) }); err != nil {
		return b.failAll(err)
	}
	for _, s := range b.begun() {
		err := b.persist(ctx, func() (err error) {
			s.left, err = s.verify(ctx, func() []imap.UID { return b.ahead })
			return err
		})
		if err != nil {
			if fatal := b.failed(s, err); fatal != nil {
				return cmp.Or(b.failAll(fatal), fatal)
			}
		}
		s.on = b.connection
		slices.SortFunc(s.left, func(x, y plan.Message) int { return cmp.Compare(x.UID, y.UID) })
	}
	b.void()
	return nil
}

// scout learns how the destinations are before anything is moved.
func (b *burst) scout(ctx context.Context) error {
	var steps []*working
	for _, s := range b.begun() {
		switch {
		case !s.moves():
		case !s.keywordsThere():
			steps = append(steps, s)
		default:
			if err := s.scout(ctx); Lost(err) {
				return err
			} else if err != nil {
				_ = b.failed(s, err) // it ends this step alone
			}
		}
	}
	into := make([]mailbox.Name, len(steps))
	for i, s := range steps {
		into[i] = s.op.To
	}
	floors, refused, err := b.floorsOf(ctx, into)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if err := refused[s.op.To]; err != nil {
			_ = b.failed(s, err) // it ends this step alone
			continue
		}
		s.floors[s.op.To] = floors[s.op.To]
	}
	return nil
}
