package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/imapform/imapform/internal/state"
)

// ErrRunning is the error of a journal that a process is writing.
var ErrRunning = errors.New("its run is still at it")

// Unfinished finds the newest run of an account that has no end, and no process any
// more; there can be others. Who calls it holds the account's lock. One that died before
// it changed anything is none. A journal without an end that cannot be read is an error:
// nobody knows what is in doubt.
func Unfinished(dir string, key state.Key) (path string, ok bool, err error) {
	entries, err := List(dir, key)
	if err != nil {
		return "", false, err
	}
	for _, e := range entries {
		if open, err := e.unfinished(); err != nil {
			return "", false, err
		} else if open {
			return e.Path, true, nil
		}
	}
	return "", false, nil
}

func (e Entry) unfinished() (bool, error) {
	running, err := e.Running()
	if err != nil || running {
		return false, err
	}
	end, err := lastEnd(e.Path)
	if err != nil || end != nil {
		return false, err
	}
	j, err := Read(e.Path)
	if err != nil {
		return false, fmt.Errorf("%w. It tells of a run that did not end: have a look at the mailbox, then move that file away", err)
	}
	return j.Run() != nil, nil
}

// Running says whether a process is writing the journal.
func (e Entry) Running() (bool, error) {
	held, err := isHeld(e.Path)
	if err != nil {
		return false, fmt.Errorf("look whether a run is at its journal: %w", err)
	}
	return held, nil
}

// maxEnd is more than the record of an end takes, in octets.
const maxEnd = 64 << 10

// lastEnd is the record at the end of a file, if it is that of the end of a run; nil: it
// is not. The rest of the file is not looked at.
func lastEnd(path string) (*Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the end of a journal: %w", err)
	}
	defer f.Close() // nothing was written
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the end of a journal: %w", err)
	}
	tail := make([]byte, min(info.Size(), maxEnd))
	if _, err := f.ReadAt(tail, info.Size()-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the end of a journal: %w", err)
	}
	tail, whole := bytes.CutSuffix(tail, []byte("\n"))
	if !whole {
		return nil, nil
	}
	l, err := parseLine(tail[bytes.LastIndexByte(tail, '\n')+1:])
	if err != nil {
		return nil, nil // no end
	}
	var r Record
	if err := strictly(l.text, &r); err != nil || r.End == nil {
		return nil, nil // no end that this version knows
	}
	return &r, nil
}

// What Prune keeps at least.
const (
	keptFor = 90 * 24 * time.Hour
	keptAll = 20
)

// Prune removes the journals of an account that ended more than 90 days ago, but for the
// newest 20. One without an end stays.
func Prune(dir string, key state.Key, now time.Time) error {
	entries, err := List(dir, key)
	if err != nil {
		return err
	}
	var failed []error
	for _, e := range entries[min(keptAll, len(entries)):] {
		end, err := lastEnd(e.Path)
		if err == nil && end != nil && now.Sub(end.At) > keptFor {
			err = os.Remove(e.Path)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("remove an old journal: %w", err))
		}
	}
	return errors.Join(failed...)
}
