package apply

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A Journal is told before each command that changes something what it is to do, and
// after it what was seen to be done.
type Journal interface {
	// Intend returns once the record, and all before it, would survive a crash of the
	// machine. After an error nothing is sent.
	Intend(journal.Record) error
	// Note adds a record that is safe to lose: a look at the mailbox would show the same.
	Note(journal.Record) error
}

// A JournalError is why nothing more is changed: what is to be done cannot be noted.
type JournalError struct{ Err error }

func (e *JournalError) Error() string {
	return fmt.Sprintf("write the journal: %v; nothing is changed without it", e.Err)
}

// Unwrap returns what is wrong with the journal.
func (e *JournalError) Unwrap() error { return e.Err }

// A ledger is the journal of a run, and what of it is still in doubt.
type ledger struct {
	journal Journal // nil: none is kept
	batch   *batch  // the one that is dealt with; nil: none is begun
	numbers int     // that were given to batches
}

func (l *ledger) intend(r journal.Record) error {
	if l.journal == nil {
		return nil
	}
	if err := l.journal.Intend(r); err != nil {
		return &JournalError{err}
	}
	return nil
}

// note adds a record. If that fails, so does the next intent.
func (l *ledger) note(r journal.Record) {
	if l.journal != nil {
		_ = l.journal.Note(r)
	}
}

// begin begins a batch. It reaches the disk with its first command.
func (l *ledger) begin(b journal.Batch) {
	l.batch = &batch{Batch: b}
	l.note(journal.Record{Batch: &b})
}

// beginAmong begins a batch of which commands are sent together with others'.
func (l *ledger) beginAmong(b *batch) {
	l.numbers++
	b.Number = l.numbers
	l.note(journal.Record{Batch: &b.Batch})
}

// send notes commands that are to be sent together.
func (l *ledger) send(all []order) error {
	for i := range all {
		c := &all[i].Command
		c.Batch = all[i].batch.Number
		if i < len(all)-1 {
			l.note(journal.Record{Command: c})
		} else if err := l.intend(journal.Record{Command: c}); err != nil {
			return err
		}
	}
	for _, o := range all {
		o.batch.sent = append(o.batch.sent, o.Command)
	}
	return nil
}

// finish notes what was seen to be done.
func (l *ledger) finish(d journal.Done) {
	if len(d.UIDs) == 0 {
		return
	}
	d.Batch = l.batch.Number
	l.batch.done = append(l.batch.done, d)
	l.note(journal.Record{Done: &d})
}

// settle ends the batch.
func (l *ledger) settle(unknown string) {
	number := 0
	if l.batch != nil {
		number = l.batch.Number
	}
	l.batch = nil
	l.note(journal.Record{Settled: &journal.Settled{Batch: number, Unknown: unknown}})
}

// isJournal says whether the error is that of a journal that cannot be written.
func isJournal(err error) bool {
	var j *JournalError
	return errors.As(err, &j)
}

// addresses are those of the blocks that want a step.
func addresses(because []plan.Cause) []string {
	var all []string
	for _, c := range because {
		if c.Address != "" {
			all = append(all, c.Address)
		} else if c.Block != "" {
			all = append(all, c.Block)
		}
	}
	return all
}

// into notes that messages were seen to lie in another folder.
func (f *filing) into(verb journal.Verb, to mailbox.Name, msgs []placed) {
	d := journal.Done{Verb: verb, Folder: f.op.Folder, UIDValidity: f.validity[f.op.Folder], To: to, ToValidity: cmp.Or(f.validity[to], f.floors[to].UIDValidity)}
	for _, m := range msgs {
		d.UIDs, d.At, d.Digests = append(d.UIDs, m.UID), append(d.At, m.at), append(d.Digests, m.Identity.Digest())
	}
	f.ledger.finish(d)
}
