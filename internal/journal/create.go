package journal

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/imapform/imapform/internal/state"
)

// NewRunID makes the ID of a run that begins now: 20260102T150405Z-ab12cd. IDs of later
// runs sort later, if not within one second.
func NewRunID(now time.Time) string {
	var random [3]byte
	rand.Read(random[:]) // never fails
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(random[:])
}

// Create begins the journal of a run of an account, in the state directory dir, which is
// made if it is not there: a file that nobody else can read, on the disk with its first
// record when Create returns. The clock now tells the time of each record. Who calls it
// holds the account's lock.
func Create(dir string, key state.Key, first Run, now func() time.Time) (*Writer, error) {
	if err := checkID(first.ID); err != nil {
		return nil, err
	}
	name, err := key.FileName()
	if err != nil {
		return nil, fmt.Errorf("keep a journal of an account: %w", err)
	}
	for _, d := range chain(dir, name) {
		if err := state.MakePrivate(d); err != nil {
			return nil, unusable(d, err)
		}
	}
	entries, err := List(dir, key)
	if err != nil {
		return nil, err
	}
	at := now()
	if len(entries) > 0 && !at.After(entries[0].Time) { // the clock was set back, or is coarse
		at = entries[0].Time.Add(time.Microsecond)
	}
	folder := filepath.Join(dir, directory, name)
	w := &Writer{path: filepath.Join(folder, fileName(at, first.ID)), now: now}
	f, err := openHeld(w.path, os.O_RDWR|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, unusable(folder, err)
	}
	w.file = f
	w.write([]byte(headerLine), Record{Run: &first})
	w.flush()
	w.fail(state.SyncDir(folder))
	if w.err != nil {
		// Nothing was changed for it yet, so that nobody needs what there is of it.
		return nil, unusable(folder, errors.Join(w.err, f.Close(), os.Remove(w.path)))
	}
	return w, nil
}

// unusable says what can be done where a directory cannot keep journals.
func unusable(dir string, err error) error {
	return fmt.Errorf("no journal can be kept in %s, and without one nothing is changed: %w: name another directory by -journal=DIR or in the environment variable %s",
		dir, err, state.Variable)
}
