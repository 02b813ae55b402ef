package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// deleteForGood deletes messages that a rule wants gone. They are looked at once
// more right before.
func (f *filing) deleteForGood(ctx context.Context, msgs []plan.Message) error {
	if err := f.again(ctx, msgs); err != nil {
		return err
	}
	keep, err := f.judgeAll(msgs)
	if err != nil {
		return err
	}
	keep, unkept := f.backUp(ctx, keep)
	f.noteBackups(keep)
	gone, err := f.expunge(ctx, keep)
	f.wereDeleted(gone)
	return errors.Join(unkept, err)
}

// wereDeleted counts and notes messages that were deleted for good.
func (f *filing) wereDeleted(gone []plan.Message) {
	f.out.Done.Deleted += len(gone)
	d := journal.Done{Verb: journal.VerbExpunge, Folder: f.op.Folder, UIDValidity: f.validity[f.op.Folder]}
	kept := f.ledger.batch.backups()
	d.Dir = kept.dir
	for _, m := range gone {
		d.UIDs, d.Digests = append(d.UIDs, m.UID), append(d.Digests, m.Fingerprint())
		if kept.dir != "" {
			d.Backup = append(d.Backup, kept.names[m.UID])
		}
	}
	f.ledger.finish(d)
}

// expunge removes messages from the step's folder, which is open and of which they
// were just fetched: \Deleted on each, a look, UID EXPUNGE of those that carry it
// (RFC 4315 section 2.1), a look. It returns those that are gone. Where it cannot
// go on, \Deleted is taken back from those that it set it on.
func (f *filing) expunge(ctx context.Context, msgs []plan.Message) ([]plan.Message, error) {
	if len(msgs) == 0 {
		return nil, nil
	}
	var ours []plan.Message // without \Deleted until now
	for _, m := range msgs {
		if !f.rows[m.UID].Flags.Has(imap.FlagDeleted) {
			ours = append(ours, m)
		}
	}
	var told map[imap.UID]mailbox.Flags
	if len(ours) > 0 {
		var err error
		told, err = f.storeAs(ctx, journal.VerbMark, uidsOf(ours), mailbox.Flags{imap.FlagDeleted}, `mark %d messages in folder %q \Deleted`, len(ours), f.open)
		if Lost(err) || isJournal(err) {
			return nil, err
		}
		if err != nil {
			return nil, errors.Join(err, f.unmarkMessages(ctx, ours))
		}
	}
	if err := f.seeMarks(ctx, msgs, told); err != nil {
		err = fmt.Errorf(`%d messages in folder %q are marked \Deleted: %w`, len(msgs), f.open, err)
		if Lost(err) || len(ours) == 0 {
			return nil, err
		}
		return nil, errors.Join(err, f.unmarkMessages(ctx, ours))
	}
	ready, gone, err := f.marked(ctx, msgs, ours)
	if Lost(err) || len(ready) == 0 {
		return gone, err
	}
	said := f.command(journal.Command{Verb: journal.VerbExpunge, Folder: f.open, UIDs: uidsOf(ready)}, func() error {
		return f.server.Expunge(ctx, imap.UIDSetNum(uidsOf(ready)...))
	}, "remove %d messages from folder %q", len(ready), f.open)
	if Lost(said) {
		return gone, errors.Join(err, said)
	}
	if look := f.look(ctx, uidsOf(ready)); look != nil {
		return gone, errors.Join(err, said, fmt.Errorf(`look whether %d messages marked \Deleted were removed from folder %q: %w`, len(ready), f.open, look))
	}
	var still []plan.Message
	for _, m := range ready {
		if f.rows[m.UID] == nil {
			gone = append(gone, m)
		} else {
			still = append(still, m)
		}
	}
	if len(still) > 0 {
		err = errors.Join(err, f.stuck(ctx, still, said))
	}
	return gone, err
}

// seeMarks sees which messages carry \Deleted after STORE: by what the server tells with
// it, else by a look. That one does not carry it is not believed without: what was told
// may be of before the change, and the mark would stay.
func (f *filing) seeMarks(ctx context.Context, msgs []plan.Message, told map[imap.UID]mailbox.Flags) error {
	var untold []imap.UID
	for _, m := range msgs {
		flags := told[m.UID]
		if row := f.rows[m.UID]; row != nil && flags.Has(imap.FlagDeleted) {
			now := *row
			now.Flags = flags
			f.rows[m.UID] = &now
		} else {
			untold = append(untold, m.UID)
		}
	}
	if len(untold) == 0 {
		return nil
	}
	return f.look(ctx, untold)
}

// marked sorts out, by a look after STORE, the messages that may be removed now:
// those that carry \Deleted and are still the plan's. From others that this run marked
// it is taken back.
func (f *filing) marked(ctx context.Context, msgs, ours []plan.Message) (ready, gone []plan.Message, err error) {
	var back []plan.Message
	missed := 0
	for _, m := range msgs {
		row := f.rows[m.UID]
		switch {
		case row == nil: // somebody else expunged it
			gone = append(gone, m)
		case !row.Flags.Has(imap.FlagDeleted):
			missed++
		case plan.IdentityOf(row) != m.Identity:
			back = append(back, m)
			err = fmt.Errorf("message %d in folder %q is not the one of the plan: it is left alone", m.UID, f.open)
		case f.op.Away == plan.AwayPermanent && guarded(m, row.Flags):
			back = append(back, m)
			f.skip(reasonGuarded, false)
		default:
			ready = append(ready, m)
		}
	}
	if missed > 0 {
		err = errors.Join(err, fmt.Errorf(`the server said that it marked messages in folder %q \Deleted, but %d of them are not: they stay`, f.open, missed))
	}
	back = slices.DeleteFunc(back, func(m plan.Message) bool {
		return !slices.ContainsFunc(ours, func(o plan.Message) bool { return o.UID == m.UID })
	})
	if len(back) > 0 {
		err = errors.Join(err, f.unmarkMessages(ctx, back))
	}
	return ready, gone, err
}

// stuck says that messages are still there after UID EXPUNGE. Those to delete for
// good lose \Deleted again, so that a new plan finds them; those of which there is
// a proven copy keep it, lest a new plan copy them once more.
func (f *filing) stuck(ctx context.Context, still []plan.Message, said error) error {
	err := saidOrSeen(said, fmt.Errorf("the server said that it removed messages from folder %q, but %d of them are still there", f.open, len(still)))
	if f.op.Away != plan.AwayPermanent {
		return fmt.Errorf(`%w; %d messages are left there, marked \Deleted, and their copies are in %q`, err, len(still), f.op.To)
	}
	return errors.Join(err, f.unmarkMessages(ctx, still))
}

func (f *filing) unmarkMessages(ctx context.Context, msgs []plan.Message) error {
	return f.unmark(ctx, uidsOf(msgs))
}

// unmark removes \Deleted from messages of the open folder that carry it, and looks
// whether it is gone.
func (r *run) unmark(ctx context.Context, uids []imap.UID) error {
	carrying := func() ([]imap.UID, error) {
		rows, err := r.fetch(ctx, uids, message.Parts{Flags: true})
		var all []imap.UID
		for uid, row := range rows {
			if row.Flags.Has(imap.FlagDeleted) {
				all = append(all, uid)
			}
		}
		return all, err
	}
	marked, err := carrying()
	if err == nil && len(marked) > 0 {
		_, err = r.storeAs(ctx, journal.VerbUnmark, marked, mailbox.Flags{imap.FlagDeleted}, `take \Deleted from %d messages in folder %q again`, len(marked), r.open)
		if err == nil {
			marked, err = carrying()
		}
	}
	if err != nil {
		return fmt.Errorf(`messages in folder %q may still be marked \Deleted: %w`, r.open, err)
	}
	if len(marked) > 0 {
		return fmt.Errorf(`%d messages in folder %q are still marked \Deleted: the server does not take it back`, len(marked), r.open)
	}
	r.ledger.finish(journal.Done{Verb: journal.VerbUnmark, Folder: r.open, UIDValidity: r.validity[r.open], UIDs: uids})
	return nil
}
