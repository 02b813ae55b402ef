package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// MakePrivate makes a directory that nobody else can write to, or makes sure that it is
// one: who can write to it could take locks away, and change what a journal says. What
// it makes outlives a crash of the machine.
func MakePrivate(dir string) error {
	missing, err := firstMissing(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if err := checkOwner(info); err != nil {
		return err
	}
	if missing == "" {
		return nil
	}
	for made := dir; ; made = filepath.Dir(made) {
		if err := SyncDir(filepath.Dir(made)); err != nil {
			return err
		}
		if made == missing {
			return nil
		}
	}
}

// firstMissing is the uppermost directory of a path that is not there; empty: all are.
func firstMissing(dir string) (string, error) {
	missing := ""
	for dir = filepath.Clean(dir); ; dir = filepath.Dir(dir) {
		_, err := os.Stat(dir)
		if err == nil {
			return missing, nil
		}
		if !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return "", err
		}
		missing = dir
	}
}
