package journal

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/imapform/imapform/internal/mailbox"
)

// check says what is wrong with a record that is to follow n others.
func (r *Record) check(n int) error {
	parts := 0
	for _, is := range []bool{r.Run != nil, r.Folder != nil, r.Made != nil, r.Batch != nil, r.Command != nil, r.Done != nil, r.Settled != nil, r.End != nil} {
		if is {
			parts++
		}
	}
	switch {
	case parts != 1:
		return fmt.Errorf("a record is one thing, and this one is %d", parts)
	case (n == 0) != (r.Run != nil):
		return errors.New("the first record tells the run, and no other does")
	case r.Run != nil:
		return checkID(r.Run.ID)
	case r.Batch != nil:
		return r.Batch.check()
	case r.Command != nil:
		return r.Command.check()
	case r.Done != nil:
		return r.Done.check()
	case r.Folder != nil:
		return r.Folder.check()
	case r.Made != nil:
		return r.Made.check()
	}
	return checkNumber(r.Settled.number())
}

func checkNumber(n int) error {
	if n < 0 {
		return fmt.Errorf("%d is no number of a batch", n)
	}
	return nil
}

// checkID keeps the ID of a run to what file names, and people on a command line, take.
func checkID(id string) error {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
	if id == "" || len(id) > 64 || id[0] == '-' || strings.Trim(id, letters) != "" {
		return fmt.Errorf("%q is no ID of a run", id)
	}
	return nil
}

func (f *Folder) check() error {
	if !slices.Contains([]Verb{VerbCreate, VerbRename, VerbSubscribe, VerbUnsubscribe, VerbRemove}, f.Verb) {
		return fmt.Errorf("nothing does %q to a folder", f.Verb)
	}
	return sayable(nil, slices.Concat([]mailbox.Name{f.Name, f.To}, f.Subscriptions)...)
}

func (b *Batch) check() error {
	if (b.Away == VerbMove) != (b.To != nil) || !slices.Contains([]Verb{"", VerbMove, VerbExpunge}, b.Away) {
		return fmt.Errorf("a batch whose messages leave by %q, and a destination or none, do not fit", b.Away)
	}
	var to mailbox.Name
	if b.To != nil {
		to = b.To.Name
	}
	for _, c := range b.Copies {
		if err := sayable(nil, c.Name); err != nil {
			return err
		}
	}
	for _, m := range b.Messages {
		if m.UID == 0 {
			return errZero
		}
		if err := errors.Join(sayable(m.Add), sayable(m.Remove)); err != nil {
			return err
		}
	}
	return errors.Join(checkNumber(b.Number), sayable(nil, b.Folder, to))
}

// sayable refuses what JSON would change: text that is not UTF-8.
func sayable(flags mailbox.Flags, names ...mailbox.Name) error {
	for _, f := range flags {
		if !utf8.ValidString(string(f)) {
			return fmt.Errorf("the flag %q is not UTF-8", f)
		}
	}
	for _, n := range names {
		if !utf8.ValidString(string(n)) {
			return fmt.Errorf("the name %q is not UTF-8", n)
		}
	}
	return nil
}

var errZero = errors.New("no message has the UID 0 (RFC 9051 section 2.3.1.1)")

// verbs are what is done to messages.
var verbs = []Verb{VerbCopy, VerbMove, VerbAdd, VerbTake, VerbMark, VerbUnmark, VerbExpunge, VerbAppend, VerbBackup}

func (c *Command) check() error {
	switch {
	case !slices.Contains(verbs, c.Verb):
		return fmt.Errorf("nothing does %q to messages", c.Verb)
	case slices.Contains(c.UIDs, 0):
		return errZero
	}
	return errors.Join(checkNumber(c.Batch), sayable(c.Flags, c.Folder, c.To))
}

func (d *Done) check() error {
	switch {
	case !slices.Contains(verbs, d.Verb):
		return fmt.Errorf("nothing does %q to messages", d.Verb)
	case d.Verb != VerbAppend && slices.Contains(d.UIDs, 0): // of one appended it may not be known
		return errZero
	case len(d.At) > 0 && len(d.At) != len(d.UIDs):
		return fmt.Errorf("%d messages have %d UIDs in their destination", len(d.UIDs), len(d.At))
	case len(d.Backup) > 0 && len(d.Backup) != len(d.UIDs), d.Verb == VerbBackup && len(d.Backup) == 0:
		return fmt.Errorf("%d messages have %d backups", len(d.UIDs), len(d.Backup))
	case len(d.Digests) > 0 && len(d.Digests) != len(d.UIDs):
		return fmt.Errorf("%d messages have %d digests", len(d.UIDs), len(d.Digests))
	}
	return errors.Join(checkNumber(d.Batch), sayable(d.Flags, d.Folder, d.To))
}

// tally is how much a record holds that can stand in few octets of a file: UIDs, and
// messages, which are worth more.
func (r *Record) tally() int {
	switch {
	case r.Batch != nil:
		return 16 * len(r.Batch.Messages)
	case r.Command != nil:
		return len(r.Command.UIDs)
	case r.Done != nil:
		return len(r.Done.UIDs) + len(r.Done.At) + 2*len(r.Done.Digests)
	}
	return 0
}

// stamp is a time as records have it.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
