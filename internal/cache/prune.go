package cache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	keep       = 90 * 24 * time.Hour // what is not used for so long is removed
	keepTorn   = 24 * time.Hour      // and what a run that died was writing
	pruneEvery = 24 * time.Hour
	touchEvery = 24 * time.Hour // a file's time says only about when it was used

	pruned    = "pruned" // the file whose time is that of the last look
	unwritten = ".new"   // in the names of files that are being written
)

// prune removes what is old, but does not look more often than it must. What cannot be
// looked at or removed stays for another time.
func prune(dir string, now time.Time) error {
	mark := filepath.Join(dir, pruned)
	if info, err := os.Stat(mark); err == nil && now.Sub(info.ModTime()).Abs() < pruneEvery {
		return nil
	}
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		return err
	}
	if err := os.Chtimes(mark, now, now); err != nil {
		return err
	}
	accounts, err := os.ReadDir(dir)
	for _, a := range accounts {
		// Only what has such a name is the cache's own: the directory can be any.
		if a.IsDir() && isHidden(a.Name()) {
			err = errors.Join(err, pruneAccount(filepath.Join(dir, a.Name()), now))
		}
	}
	return err
}

func pruneAccount(dir string, now time.Time) error {
	files, err := os.ReadDir(dir)
	for _, f := range files {
		name, _, torn := strings.Cut(f.Name(), unwritten)
		info, infoErr := f.Info()
		if infoErr != nil || !isHidden(name) {
			continue // somebody else has removed it, or made it
		}
		if age := now.Sub(info.ModTime()); age > keep || torn && age > keepTorn {
			if err1 := os.Remove(filepath.Join(dir, f.Name())); !errors.Is(err1, fs.ErrNotExist) {
				err = errors.Join(err, err1)
			}
		}
	}
	return err
}

// isHidden says whether hidden makes such names.
func isHidden(name string) bool {
	return len(name) == len(hidden("")) && strings.Trim(name, "0123456789abcdef") == ""
}
