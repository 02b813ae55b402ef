package apply

import (
	"context"
	"errors"
	"fmt"

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

// expunge removes messages from the step's folder, which were just looked at; see removals.
// It returns those that are gone.
func (f *filing) expunge(ctx context.Context, msgs []plan.Message) ([]plan.Message, error) {
	x := &removal{filing: f, batch: f.ledger.batch, msgs: msgs, at: f.waits}
	removals{x}.run(ctx)
	return x.gone, x.err
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
	ours := len(marked)
	if err == nil && ours > 0 {
		if _, err = r.change(ctx, r.commandsFor(journal.VerbUnmark, marked, mailbox.Flags{imap.FlagDeleted})); err == nil {
			marked, err = carrying()
		}
	}
	if err != nil {
		return fmt.Errorf(`messages in folder %q may still be marked \Deleted: %w`, r.open, err)
	}
	if len(marked) > 0 {
		return fmt.Errorf(`%d messages in folder %q are still marked \Deleted: the server does not take it back`, len(marked), r.open)
	}
	r.unmarked += ours
	r.ledger.finish(journal.Done{Verb: journal.VerbUnmark, Folder: r.open, UIDValidity: r.validity[r.open], UIDs: uids})
	return nil
}
