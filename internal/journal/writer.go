package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// A Writer adds records to a journal. Several goroutines may use it. Once anything has
// gone wrong nothing is written any more, and each call returns that error: without a
// journal nothing may be changed.
type Writer struct {
	path string
	now  func() time.Time

	mu      sync.Mutex
	file    file
	size    int64
	records int // that were written
	flushed int // of them, that are on the disk
	numbers int // what their tallies add up to
	err     error
	closed  bool
}

// file is an open file.
type file interface {
	io.WriteCloser
	Sync() error
}

// Path is the path of the file.
func (w *Writer) Path() string { return w.path }

// Intend notes what is about to be done, and returns when that is on the disk.
// Whatever was noted before is there then, too. Its time is set here.
func (w *Writer) Intend(r Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.write(nil, r)
	w.flush()
	return w.err
}

// Note notes what was seen. It outlives this process at once, and a crash of the
// machine from the next Intend or Close on. Its time is set here.
func (w *Writer) Note(r Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.write(nil, r)
	return w.err
}

// maxReason is how much of an error a journal holds, in octets.
const maxReason = 4 << 10

// Close notes the end of the run, flushes, and closes the file. An end says that
// nothing is in doubt: where something is, Leave is for.
func (w *Writer) Close(end End) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	end.Error = strings.ToValidUTF8(end.Error, string(utf8.RuneError))
	if len(end.Error) > maxReason {
		end.Error = strings.ToValidUTF8(end.Error[:maxReason], "") + "…"
	}
	w.flush() // so that the end vouches for all that stands before it
	w.write(nil, Record{End: &end})
	return w.close()
}

// Leave flushes and closes the file without an end: the next run finds that something
// is left to find out.
func (w *Writer) Leave() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.close()
}

var errClosed = errors.New("it is closed")

func (w *Writer) close() error {
	if w.closed {
		return w.err
	}
	w.flush()
	w.closed = true
	err := w.file.Close()
	if w.err != nil {
		return errors.Join(w.err, err)
	}
	w.fail(err)
	err = w.err
	w.fail(errClosed) // whatever is asked for from now on
	return err
}

// write appends a record, below a header if there is nothing yet.
func (w *Writer) write(before []byte, r Record) {
	if w.err != nil {
		return
	}
	r.At = stamp(w.now())
	text, err := w.encode(r)
	if err != nil {
		w.fail(err)
		return
	}
	text = line{w.records + 1, w.flushed, text}.append(nil)
	tally := r.tally()
	switch {
	case len(text) >= maxLine:
		w.fail(fmt.Errorf("a record of %d octets is too long", len(text)))
		return
	case w.size+int64(len(before)+len(text)) > maxSize || w.numbers+tally > maxNumbers:
		w.fail(errFull)
		return
	}
	n, err := w.file.Write(append(before, text...))
	w.size += int64(n)
	if err != nil {
		w.fail(err)
		return
	}
	w.records++
	w.numbers += tally
}

// errFull is that of a run that does more than a journal holds, some 1,500,000 messages.
var errFull = errors.New("it is full: what is left is for the next apply, which begins a new one")

func (w *Writer) encode(r Record) ([]byte, error) {
	if err := r.check(w.records); err != nil {
		return nil, err
	}
	return json.Marshal(r)
}

func (w *Writer) flush() {
	if w.err != nil || w.flushed == w.records {
		return
	}
	if err := w.file.Sync(); err != nil {
		w.fail(err) // what the system has dropped then, no second try brings back
		return
	}
	w.flushed = w.records
}

// fail breaks the writer for good, unless it is broken already.
func (w *Writer) fail(err error) {
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("write the journal %s: %w", w.path, err)
	}
}

// Reopen goes on with the journal of a run that died, which it returns, too. What was
// torn is cut off. The error wraps ErrRunning if the run has not died, and is another
// one if it has ended, or never began.
func Reopen(path string, now func() time.Time) (w *Writer, j *Journal, err error) {
	f, err := openHeld(path, os.O_RDWR)
	if err != nil {
		return nil, nil, fmt.Errorf("go on with the journal %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("go on with the journal %s: %w", path, err), f.Close())
			w, j = nil, nil
		}
	}()
	j, err = Decode(f)
	switch {
	case err != nil:
		return nil, nil, err
	case j.Run() == nil:
		return nil, nil, errors.New("its run never began")
	case j.End() != nil:
		return nil, nil, errors.New("its run has ended")
	}
	if err := f.Truncate(j.size); err != nil {
		return nil, nil, err
	}
	if _, err := f.Seek(j.size, io.SeekStart); err != nil {
		return nil, nil, err
	}
	n := len(j.Records)
	w = &Writer{path: path, now: now, file: f, size: j.size, records: n, numbers: j.numbers}
	// What was read need not be on the disk, as long as it was only noted.
	w.flush()
	return w, j, w.err
}
