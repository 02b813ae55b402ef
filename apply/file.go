package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A filing is a File step in progress.
type filing struct {
	*run
	step    int
	op      plan.File
	out     *Outcome
	because []plan.Cause
	floors  map[mailbox.Name]plan.State        // the destinations before the step: what is new in them has a UID at or above UIDNext
	copied  map[mailbox.Name]map[imap.UID]bool // messages that were copied before the connection was lost
	proven  int                                // run.waits when copies were seen last
	seen    int                                // messages dealt with
	backups map[imap.UID]string                // names of the backups of messages of the folder; nil: there are none
}

func (r *run) filing(i int) *filing {
	step := r.plan.Steps[i]
	return &filing{
		run: r, step: i, op: step.Op.(plan.File), out: &r.result.Steps[i], because: step.Because,
		floors: map[mailbox.Name]plan.State{}, copied: map[mailbox.Name]map[imap.UID]bool{},
	}
}

// files runs File steps that follow one another. Those of one folder in a row
// share one look at its messages.
func (r *run) files(ctx context.Context, first, end int) error {
	for i := first; i < end && !r.stopping(); i++ {
		if n := r.burstsFrom(i, end); n > 0 {
			if err := r.bursts(ctx, i, i+n, end); err != nil {
				return err
			}
			i += n - 1
			continue
		}
		if !r.begin(i) {
			continue
		}
		f := r.filing(i)
		if err := f.all(ctx, func() []imap.UID { return r.ahead(i, end) }); err != nil {
			if err := r.fail(i, err); err != nil {
				return err
			}
			continue
		}
		r.done(i)
	}
	return nil
}

// ahead lists the messages of the step and of those of the same folder right after
// it, as far as the folder stays open.
func (r *run) ahead(i, end int) []imap.UID {
	folder := r.plan.Steps[i].Op.(plan.File).Folder
	asked := map[imap.UID]bool{}
	var uids []imap.UID
	for ; i < end && r.plan.Steps[i].Op.(plan.File).Folder == folder; i++ {
		op := r.plan.Steps[i].Op.(plan.File)
		for _, m := range op.Messages {
			if !asked[m.UID] {
				asked[m.UID] = true
				uids = append(uids, m.UID)
			}
		}
		if r.leaves(op) {
			break
		}
	}
	return uids
}

// leaves says whether a step opens other folders than its own, so that what was
// seen of its own folder must be looked at again.
func (r *run) leaves(op plan.File) bool {
	moves := op.Away == plan.AwayMove
	return len(op.Copies) > 0 || moves && !r.server.Can().Move || moves && !op.FlagsFirst && op.ChangesFlags()
}

// all runs the step. What goes wrong in a batch ends the step after what the batch
// can still do; what was done stands in the outcome.
func (f *filing) all(ctx context.Context, ahead func() []imap.UID) error {
	var keep []plan.Message
	err := f.persist(ctx, func() (err error) {
		if err := f.scout(ctx); err != nil {
			return err
		}
		keep, err = f.verify(ctx, ahead)
		return err
	})
	if err != nil {
		return err
	}
	byUID := make(map[imap.UID]plan.Message, len(keep))
	uids := make([]imap.UID, len(keep))
	for i, m := range keep {
		byUID[m.UID], uids[i] = m, m.UID
	}
	slices.Sort(uids)
	for len(uids) > 0 {
		if f.stopping() {
			return ErrStopped
		}
		var set []imap.UID
		set, uids = cut(uids, f.most)
		batch := make([]plan.Message, len(set))
		for i, uid := range set {
			batch[i] = byUID[uid]
		}
		if err := f.surely(ctx, batch); err != nil {
			return err
		}
		f.seen += len(batch)
		f.report(Event{Kind: StepProgress, Step: f.step, Messages: f.seen})
	}
	return nil
}

// doBatch does to some messages all that the step asks for, so that the next plan is
// right wherever the run ends between two batches. A message for which a part
// failed goes no further: it stays where the rules find it again.
func (f *filing) doBatch(ctx context.Context, msgs []plan.Message) error {
	var all error
	next := func(left []plan.Message, err error) bool {
		msgs, all = left, errors.Join(all, err)
		return len(msgs) > 0 && !Lost(err)
	}
	if f.op.FlagsFirst && !next(f.flag(ctx, f.op.Folder, here(msgs))) {
		return all
	}
	for _, to := range f.op.Copies {
		if !next(f.copyTo(ctx, msgs, to)) {
			return all
		}
	}
	switch {
	case f.op.Away == plan.AwayPermanent:
		return errors.Join(all, f.deleteForGood(ctx, msgs))
	case f.op.Away == plan.AwayMove:
		moved, err := f.move(ctx, msgs)
		if all = errors.Join(all, err); Lost(err) || f.op.FlagsFirst {
			return all
		}
		_, err = f.flag(ctx, f.op.To, moved)
		return errors.Join(all, err)
	case !f.op.FlagsFirst:
		_, err := f.flag(ctx, f.op.Folder, here(msgs))
		return errors.Join(all, err)
	}
	return all
}

// scout looks at the destinations before anything is done: what comes into them
// from now on has a higher UID, and a keyword that they do not keep is found while
// the messages are still where the rules find them.
func (f *filing) scout(ctx context.Context) error {
	into := f.op.Copies
	if f.op.Away == plan.AwayMove {
		into = append(into[:len(into):len(into)], f.op.To)
	}
	if f.keywordsThere() {
		return f.scoutKeywords(ctx, into)
	}
	floors, refused, err := f.floorsOf(ctx, into)
	if err != nil {
		return err
	}
	for _, to := range into {
		if err := refused[to]; err != nil {
			return err
		}
		f.floors[to] = floors[to]
	}
	return nil
}

// keywordsThere says whether messages get keywords where they are brought to.
func (f *filing) keywordsThere() bool { return !f.op.FlagsFirst && len(keywords(f.op.Add)) > 0 }

// scoutKeywords is scout where messages get keywords in the destinations.
func (f *filing) scoutKeywords(ctx context.Context, into []mailbox.Name) error {
	for _, to := range into {
		if err := f.enter(ctx, to); err != nil {
			return err
		}
		if lack := f.unsettable(f.op.Add); len(lack) > 0 {
			return fmt.Errorf("folder %q does not keep %s: nothing was moved or copied there", to, lack)
		}
		f.floors[to] = f.opened.State
	}
	return nil
}

// A placed is a message and where it lies: its UID in a folder that the context
// says.
type placed struct {
	plan.Message
	at imap.UID
}

// here places messages where the plan found them.
func here(msgs []plan.Message) []placed {
	all := make([]placed, len(msgs))
	for i, m := range msgs {
		all[i] = placed{m, m.UID}
	}
	return all
}

// skip counts messages that are left alone.
func (f *filing) skip(reason string, harmless bool) {
	for i := range f.out.Skipped {
		if s := &f.out.Skipped[i]; s.Reason == reason {
			s.Messages++
			return
		}
	}
	f.out.Skipped = append(f.out.Skipped, Skip{Reason: reason, Messages: 1, Harmless: harmless})
}
