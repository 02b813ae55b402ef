package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// A Journal is what a file holds.
type Journal struct {
	// Records are in the order in which they were written; the first tells the run.
	// There can be none: then the run died before it changed anything.
	Records []Record
	// Torn says that the file ends in what a crash has left of records that were not
	// flushed; they are not among Records.
	Torn bool

	size    int64 // octets of the file that hold the records
	numbers int   // what the records' tallies add up to
}

// Run is the run whose journal it is; nil: it died before it could say so.
func (j *Journal) Run() *Run {
	if len(j.Records) == 0 {
		return nil
	}
	return j.Records[0].Run
}

// End is how the run ended; nil: it has not.
func (j *Journal) End() *End {
	if len(j.Records) == 0 {
		return nil
	}
	return j.Records[len(j.Records)-1].End
}

// Began is when the run began to be noted; zero: it never did.
func (j *Journal) Began() time.Time {
	if len(j.Records) == 0 {
		return time.Time{}
	}
	return j.Records[0].At
}

// A DamageError is that of a journal in which something is wrong that no crash in the
// middle of writing brings about.
type DamageError struct {
	Line   int // of the file, from 1
	Reason error
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("it is damaged at line %d: %v", e.Line, e.Reason)
}

// Unwrap returns the reason.
func (e *DamageError) Unwrap() error { return e.Reason }

// Read reads a journal. The error names the file.
func Read(path string) (*Journal, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	defer f.Close() // nothing was written
	j, err := Decode(f)
	if err != nil {
		return nil, fmt.Errorf("read the journal %s: %w", path, err)
	}
	return j, nil
}

// Decode reads a journal. What a crash can leave at the end, a line that is cut, zeroes
// or nonsense, is dropped; the error of any other damage is a *DamageError.
func Decode(r io.Reader) (*Journal, error) {
	d := decoder{in: bufio.NewReaderSize(r, 16<<10)}
	if err := d.header(); err != nil || d.journal.Torn {
		return &d.journal, err
	}
	for {
		raw, whole, err := d.next()
		if errors.Is(err, io.EOF) {
			d.journal.Torn = d.torn != nil
			return &d.journal, nil
		}
		if err == nil {
			err = d.record(raw, whole)
		}
		if err != nil {
			return nil, err
		}
	}
}

type decoder struct {
	in      *bufio.Reader
	journal Journal
	lines   int          // that were read
	size    int64        // octets that were read
	torn    *DamageError // what ends the journal, unless it proves to be damage
}

// next reads a line without its end, and whether all of it is there. One that is too
// long is cut. The error is io.EOF where there is no more.
func (d *decoder) next() (raw []byte, whole bool, err error) {
	for {
		part, err := d.in.ReadSlice('\n')
		if d.size += int64(len(part)); d.size > maxSize {
			return nil, false, fmt.Errorf("it is larger than %d MiB, which no journal is", maxSize>>20)
		}
		raw = append(raw, part[:min(len(part), maxLine-len(raw))]...)
		switch {
		case err == nil:
			d.lines++
			return raw[:len(raw)-1], len(raw) < maxLine, nil
		case errors.Is(err, io.EOF) && len(raw) > 0:
			d.lines++
			return raw, false, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, false, err
		}
	}
}

// header reads the first line.
func (d *decoder) header() error {
	raw, whole, err := d.next()
	text := string(raw)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return err
	case !whole && strings.HasPrefix(headerLine, strings.TrimRight(text, "\x00")): // nothing at all included
		d.journal.Torn = true
		return nil
	case whole && text+"\n" == headerLine:
		d.journal.size = int64(len(headerLine))
		return nil
	}
	if version, err := strconv.Atoi(strings.TrimPrefix(text, header)); whole && err == nil && version > format && strings.HasPrefix(text, header) {
		return fmt.Errorf("its format is %d, and this version of imapform knows %d: a newer one wrote it, and can read it", version, format)
	}
	return &DamageError{1, errors.New("it does not begin as a journal does")}
}

// record reads a line that is no header.
func (d *decoder) record(raw []byte, whole bool) error {
	// Where a crash has left zeroes for lines, their ends are missing, too.
	l, err := parseLine(bytes.TrimLeft(raw, "\x00"))
	if !whole {
		err = errors.New("its end is missing")
	}
	number := len(d.journal.Records) + 1
	switch {
	case d.torn != nil && err == nil && (l.number < number || l.flushed >= number):
		return d.torn // this was written when that was on the disk, so no crash took it away
	case d.torn != nil:
		return nil
	case err != nil:
		d.torn = &DamageError{d.lines, err}
		return nil
	case l.number == number && raw[0] == 0:
		return &DamageError{d.lines, errors.New("zeroes stand before it")}
	case l.number < number || l.flushed >= number:
		return &DamageError{d.lines, fmt.Errorf("it has the number %d instead of %d", l.number, number)}
	case l.number > number:
		d.torn = &DamageError{d.lines, fmt.Errorf("it has the number %d instead of %d", l.number, number)}
		return nil
	}
	if err := d.take(l); err != nil {
		return &DamageError{d.lines, err}
	}
	d.journal.size = d.size
	return nil
}

// take adds the next record. Nothing that is wrong with it is due to a crash: its
// checksum fits.
func (d *decoder) take(l line) error {
	var r Record
	if err := strictly(l.text, &r); err != nil {
		return unknown(err)
	}
	if d.journal.End() != nil {
		return errors.New("it follows the end")
	}
	if err := r.check(len(d.journal.Records)); err != nil {
		return err
	}
	if d.journal.numbers += r.tally(); d.journal.numbers > maxNumbers {
		return errors.New("it holds more messages than a journal can")
	}
	d.journal.Records = append(d.journal.Records, r)
	return nil
}

// unknown explains an error of JSON that was written as it is read.
func unknown(err error) error {
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return err
	}
	return fmt.Errorf("%w: perhaps a newer imapform wrote it", err)
}
