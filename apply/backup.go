package apply

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A Backup keeps messages that are to be deleted for good.
type Backup interface {
	// Keep stores a message whose octets read writes, and returns the name under which
	// it can be found again. It returns one only once the message is safe: whole, as long
	// as m says, and where a loss of power does not take it. An error of read is wrapped.
	Keep(ctx context.Context, m Kept, read func(io.Writer) error) (name string, err error)
	// Directory is where the names lead from.
	Directory() string
}

// Kept is what is kept of a message beside its octets.
type Kept struct {
	Account     string // address
	Folder      mailbox.Name
	UIDValidity uint32 // of Folder
	UID         imap.UID
	Flags       mailbox.Flags
	Received    time.Time // INTERNALDATE, in the zone that the server told
	Size        int64     // octets, RFC822.SIZE
}

// backUp keeps messages of the open folder, which were just looked at, and returns
// those of which there is a backup: no other may be deleted. It looks at these once
// more, since keeping takes its time.
func (f *filing) backUp(ctx context.Context, msgs []plan.Message) ([]plan.Message, error) {
	if f.options.Backup == nil || len(msgs) == 0 {
		return msgs, nil
	}
	var kept []plan.Message
	var failed failures
	for _, m := range msgs {
		if f.stopping() {
			return nil, errors.Join(failed.error(f.open), ErrStopped)
		}
		name, err := f.keepOne(ctx, m)
		if Lost(err) {
			return nil, err
		}
		if err != nil {
			failed.add(err)
			continue
		}
		if f.backups == nil {
			f.backups = map[imap.UID]string{}
		}
		f.backups[m.UID] = name
		kept = append(kept, m)
	}
	err := failed.error(f.open)
	if len(kept) == 0 {
		return nil, err
	}
	if look := f.look(ctx, uidsOf(kept)); look != nil {
		return nil, errors.Join(err, look)
	}
	kept, judged := f.judgeAll(kept)
	return kept, errors.Join(err, judged)
}

// noteBackups notes where messages were kept, before they are deleted: a run that dies
// then can still say so.
func (f *filing) noteBackups(msgs []plan.Message) {
	if f.options.Backup == nil {
		return
	}
	d := journal.Done{Verb: journal.VerbBackup, Folder: f.op.Folder, UIDValidity: f.validity[f.op.Folder], Dir: f.options.Backup.Directory()}
	for _, m := range msgs {
		d.UIDs, d.Backup = append(d.UIDs, m.UID), append(d.Backup, f.backups[m.UID])
	}
	f.ledger.finish(d)
}

// A shelf is where messages of a batch were kept.
type shelf struct {
	dir   string // empty: nowhere
	names map[imap.UID]string
}

func (b *batch) backups() shelf {
	s := shelf{names: map[imap.UID]string{}}
	for _, d := range b.done {
		if d.Verb != journal.VerbBackup {
			continue
		}
		s.dir = d.Dir
		for i, uid := range d.UIDs {
			s.names[uid] = d.Backup[i]
		}
	}
	return s
}

func (f *filing) keepOne(ctx context.Context, m plan.Message) (name string, err error) {
	row := f.rows[m.UID]
	k := Kept{
		Account: f.plan.Account, Folder: f.open, UIDValidity: f.opened.UIDValidity, UID: m.UID,
		Flags: row.Flags, Received: row.received, Size: row.Size,
	}
	return f.options.Backup.Keep(ctx, k, func(w io.Writer) error { return f.server.Read(ctx, m.UID, w) })
}

// failures are messages that could not be backed up. A full disk says the same of
// each, so that one error is told.
type failures struct {
	count int
	first error
}

func (s *failures) add(err error) {
	if s.count++; s.first == nil {
		s.first = err
	}
}

func (s *failures) error(folder mailbox.Name) error {
	if s.count == 0 {
		return nil
	}
	return fmt.Errorf("%d messages in folder %q could not be backed up, and so were not deleted; the first: %w", s.count, folder, s.first)
}
