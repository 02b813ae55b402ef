package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A Resumed is what became of a run that died.
type Resumed struct {
	Done  Counts   // what was finished, or is seen to have been done by its last commands
	Notes []string // what else was put right
}

// Resume finishes what a run that died has left in doubt, by its journal: of the last
// batch of messages it is found out what was done; moves that are half done are
// finished, flags are set that were still to be set where messages were moved to, and
// \Deleted is taken back from what was to be deleted for good. A folder that was set
// aside to be removed gets its name again. All else is for a new plan to find.
//
// The records are those of the whole journal; what Resume does is noted in o.Journal,
// which goes on with it. The error says what could not be found out, or, if it is one for
// Later, that somebody has to try again.
func Resume(ctx context.Context, records []journal.Record, s Server, o Options) (*Resumed, error) {
	r := newRun(&plan.Plan{}, s, o)
	resumed := &Resumed{}
	err := r.persist(ctx, func() error {
		_, err := r.list(ctx) // the session learns how names are written
		return err
	})
	if err != nil {
		return resumed, err
	}
	batches := r.recall(records)
	for _, b := range batches {
		r.doubtful = append(r.doubtful, b.folders()...)
	}
	for _, b := range batches {
		f, out := r.recalled(b)
		r.ledger.batch = b
		one := r.persist(ctx, func() error {
			return r.patiently(ctx, func() error {
				_, err := f.settle(ctx, b)
				return err
			})
		})
		resumed.Done.add(out.Done)
		if Later(one) {
			return resumed, errors.Join(err, one)
		}
		r.ledger.settle(words(one))
		err = errors.Join(err, one)
	}
	for _, f := range unseenRenames(records) {
		again := r.persist(ctx, func() error {
			notes, err := r.followRename(ctx, f)
			resumed.Notes = append(resumed.Notes, notes...)
			return err
		})
		if Later(again) {
			return resumed, again
		}
		err = errors.Join(err, again)
	}
	again := r.persist(ctx, func() error {
		notes, err := r.subscribeUnseen(ctx, records)
		resumed.Notes = append(resumed.Notes, notes...)
		return err
	})
	if Later(again) {
		return resumed, again
	}
	err = errors.Join(err, again)
	back := r.persist(ctx, func() error {
		notes, err := r.takeBack(ctx, setAside(records))
		resumed.Notes = append(resumed.Notes, notes...)
		return err
	})
	err = errors.Join(err, back)
	if r.unmarked > 0 {
		resumed.Notes = append(resumed.Notes, fmt.Sprintf(`\Deleted, which the run had set, was taken back (messages: %d)`, r.unmarked))
	}
	if !Lost(err) && r.open != "" {
		err = errors.Join(err, r.persist(ctx, func() error { return r.leave(ctx) }))
	}
	return resumed, err
}

// Later says whether what a run has left in doubt is to be found out another time: the
// connection was lost, the journal cannot be written, somebody asked to stop, or the
// server wants to be asked later.
func Later(err error) bool {
	return Lost(err) || isJournal(err) || errors.Is(err, ErrStopped) || ClassOf(err) == ClassThrottled
}

// recall reads what the run had begun and not settled, and where it had put messages
// before.
func (r *run) recall(records []journal.Record) (unsettled []*batch) {
	for _, rec := range journal.ByBatch(records) {
		last := r.ledger.batch
		switch {
		case rec.Batch != nil:
			r.ledger.batch = &batch{Batch: *rec.Batch}
			r.ledger.numbers = max(r.ledger.numbers, rec.Batch.Number)
			unsettled = append(unsettled, r.ledger.batch)
		case rec.Command != nil && last != nil:
			last.sent = append(last.sent, *rec.Command)
		case rec.Done != nil && last != nil:
			last.done = append(last.done, *rec.Done)
			for _, uid := range rec.Done.At {
				if uid != 0 {
					r.use(rec.Done.To, uid)
				}
			}
		case rec.Settled != nil && last != nil:
			unsettled = slices.DeleteFunc(unsettled, func(b *batch) bool { return b == last })
			r.ledger.batch = nil
		}
	}
	return unsettled
}

// recalled is the step that a batch was part of.
func (r *run) recalled(b *batch) (*filing, *Outcome) {
	op := plan.File{Folder: b.Folder, Was: b.Folder, Trash: b.Trash, FlagsFirst: b.FlagsFirst}
	f := &filing{run: r, out: &Outcome{}, floors: map[mailbox.Name]plan.State{}, copied: map[mailbox.Name]map[imap.UID]bool{}}
	into := func(i journal.Into) mailbox.Name {
		f.floors[i.Name] = plan.State{UIDValidity: i.UIDValidity, UIDNext: i.UIDNext}
		return i.Name
	}
	for _, c := range b.Copies {
		op.Copies = append(op.Copies, into(c))
	}
	switch b.Away {
	case journal.VerbMove:
		op.Away, op.To = plan.AwayMove, into(*b.To)
	case journal.VerbExpunge:
		op.Away = plan.AwayPermanent
	}
	for _, m := range b.Messages {
		op.Add, op.Remove = op.Add.With(m.Add), op.Remove.With(m.Remove)
	}
	f.op = op
	return f, f.out
}

// unseenRenames are the renames that were sent and not seen to be done.
func unseenRenames(records []journal.Record) []journal.Folder {
	var all []journal.Folder
	for _, rec := range records {
		switch {
		case rec.Folder != nil && rec.Folder.Verb == journal.VerbRename:
			all = append(all, *rec.Folder)
		case rec.Made != nil && rec.Made.Verb == journal.VerbRename:
			all = slices.DeleteFunc(all, func(f journal.Folder) bool { return f.Name == rec.Made.Name && f.To == rec.Made.To })
		}
	}
	return all
}

// followRename gives the new names of a rename that was carried out the subscriptions
// that servers leave with the old ones.
func (r *run) followRename(ctx context.Context, f journal.Folder) (notes []string, err error) {
	known, err := r.settled(ctx)
	for look := 0; err == nil && known.exists(f.Name) && known.exists(f.To); look++ {
		if look == maxUnsettled {
			return []string{fmt.Sprintf("folder %q was to be renamed to %q, and there are folders of both names: see whether their subscriptions are right", f.Name, f.To)}, nil
		}
		known, err = r.settled(ctx)
	}
	if err != nil || known.exists(f.Name) || !known.exists(f.To) {
		return nil, err
	}
	op := plan.Rename{From: f.Name, To: f.To, Subscribed: slices.Clone(f.Subscriptions)}
	for _, n := range slices.Sorted(maps.Keys(known)) {
		left := (n == f.Name || n.Below(f.Name)) && known[n].Subscribed && !known.exists(n) && known.exists(n.Rebase(f.Name, f.To))
		if left && !slices.Contains(op.Subscribed, n) {
			op.Subscribed = append(op.Subscribed, n)
		}
	}
	if some, err := r.moveSubscriptions(ctx, op, known, true); err != nil || !some {
		return nil, err
	}
	return []string{fmt.Sprintf("folder %q was renamed to %q, and the subscriptions have followed it", f.Name, f.To)}, nil
}

// subscribeUnseen subscribes to the folders that the run has made and was to subscribe to,
// which was not seen to be done: no plan would find that, as it is what goes with making
// a folder.
func (r *run) subscribeUnseen(ctx context.Context, records []journal.Record) (notes []string, err error) {
	made, wanted := map[mailbox.Name]bool{}, []mailbox.Name(nil)
	for _, rec := range records {
		switch f := rec.Folder; {
		case rec.Made != nil && rec.Made.Verb == journal.VerbSubscribe:
			wanted = slices.DeleteFunc(wanted, func(n mailbox.Name) bool { return n == rec.Made.Name })
		case f == nil:
		case f.Verb == journal.VerbCreate:
			made[f.Name] = true
		case f.Verb == journal.VerbSubscribe && made[f.Name] && !slices.Contains(wanted, f.Name):
			wanted = append(wanted, f.Name)
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	known, err := r.settled(ctx)
	if err != nil {
		return nil, err
	}
	var changes []FolderChange
	for _, n := range wanted {
		if known.exists(n) && !known[n].Subscribed {
			changes = append(changes, FolderChange{Kind: ChangeSubscribe, Name: n})
		}
	}
	if err := r.subscribeAll(ctx, changes); err != nil || len(changes) == 0 {
		return nil, err
	}
	for _, c := range changes {
		r.ledger.note(journal.Record{Made: c.record()})
	}
	if len(changes) == 1 {
		return []string{fmt.Sprintf("folder %q, which was made, is subscribed to, as it was to be", changes[0].Name)}, nil
	}
	return []string{fmt.Sprintf("%d folders, which were made, are subscribed to, as they were to be", len(changes))}, nil
}

// setAside are the folders that the run had begun to remove when it died, and had not seen
// to be gone.
func setAside(records []journal.Record) []*journal.Folder {
	var all []*journal.Folder
	for _, rec := range records {
		for _, f := range []*journal.Folder{rec.Folder, rec.Made} {
			if f != nil && f.Verb == journal.VerbRemove {
				all = slices.DeleteFunc(all, func(other *journal.Folder) bool { return other.Name == f.Name })
			}
		}
		if f := rec.Folder; f != nil && f.Verb == journal.VerbRemove {
			all = append(all, f)
		}
	}
	return all
}

// takeBack gives folders their names again that were renamed so that they could be deleted,
// and were not.
func (r *run) takeBack(ctx context.Context, all []*journal.Folder) (notes []string, err error) {
	if len(all) == 0 {
		return nil, nil
	}
	var names []mailbox.Name
	for _, f := range all {
		names = append(names, f.Name, f.To)
	}
	if err := r.quiet(ctx, names); err != nil {
		return nil, err
	}
	r.known = nil // which is of before
	var stay error
	for _, f := range all {
		known, err := r.list(ctx)
		if err != nil {
			return notes, errors.Join(stay, err)
		}
		if !known.exists(f.To) {
			if err := r.unsubscribe(ctx, known, f.Name, f.To); err != nil { // those that are gone
				return notes, errors.Join(stay, err)
			}
			continue
		}
		was := fmt.Errorf("folder %q was to be removed", f.Name)
		if err := r.putBack(ctx, known, f.Name, f.To, was); err != was {
			if stay = errors.Join(stay, err); Lost(err) {
				return notes, stay
			}
			continue
		}
		notes = append(notes, fmt.Sprintf("folder %q has its name again: it was called %q to be removed", f.Name, f.To))
	}
	return notes, stay
}
