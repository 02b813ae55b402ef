package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/backup"
	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/undo"
)

// changes says whether anything is to be done in the account.
func (p *planned) changes() bool { return !p.plan.Empty() || len(p.restore) > 0 }

// bringBack puts messages back that were deleted for good, once the account's plan was
// applied. Each is noted in the journal before it is sent, and once it was seen; nil:
// there is none, and nothing is sent.
func (inv *invocation) bringBack(ctx context.Context, p *planned, j apply.Journal) error {
	if len(p.restore) == 0 {
		return nil
	}
	if j == nil {
		return errors.New("put messages back from the backup: no journal is kept, so that nothing was done")
	}
	if err := p.session.Close(ctx); err != nil { // of the apply before
		return err
	}
	var all []error
	for _, r := range p.restore {
		err := restoreOne(ctx, p, r, j)
		if all = append(all, err); apply.Lost(err) {
			break
		}
	}
	return errors.Join(all...)
}

// restoreOne puts the messages of one folder back.
func restoreOne(ctx context.Context, p *planned, r undo.Restore, j apply.Journal) error {
	if r.Dir == "" {
		return fmt.Errorf("put %d messages back into folder %q: the journal does not say where their backup is: name its directory in the policy block, as backup", len(r.Files), r.Folder)
	}
	if err := j.Note(journal.Record{Batch: &journal.Batch{Folder: r.Folder, Because: []string{"backup"}}}); err != nil {
		return err
	}
	restored, err := backup.Restore(ctx, p.session, backup.Order{
		Account: p.account.Address, Dir: r.Dir, Names: r.Files, Renamed: map[mailbox.Name]mailbox.Name{r.Was: r.Folder},
		Before: func(_ backup.Message, to mailbox.Name) error {
			return j.Intend(journal.Record{Command: &journal.Command{Verb: journal.VerbAppend, Folder: to}})
		},
	})
	all := []error{err}
	for _, m := range restored {
		if m.Err != nil {
			all = append(all, fmt.Errorf("put %s back: %w", m.Name, m.Err))
			continue
		}
		p.back++
		// One that was there already is noted, too: it may be that an undo which died has put it
		// there, of which nothing was noted, and other undos must find it.
		d := journal.Done{Verb: journal.VerbAppend, Folder: m.Folder, UIDValidity: m.UIDValidity, UIDs: []imap.UID{m.UID}, Dir: r.Dir, Backup: []string{m.Name}}
		all = append(all, j.Note(journal.Record{Done: &d}))
	}
	if err := errors.Join(all...); err != nil {
		return err
	}
	return j.Note(journal.Record{Settled: &journal.Settled{}})
}
