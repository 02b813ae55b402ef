package backup

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"syscall"
)

// makeAll makes a directory and those above it, each on the disk before the next.
func makeAll(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		return &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
	case err == nil || !errors.Is(err, fs.ErrNotExist):
		return err
	}
	parent := filepath.Dir(dir)
	if err := makeAll(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	file, err := os.Open(parent)
	if err != nil {
		return err
	}
	return flush(file)
}

// makeWithin makes a directory below the root.
func makeWithin(root *os.Root, dir string) error {
	parent := path.Dir(dir)
	if parent != "." {
		if err := makeWithin(root, parent); err != nil {
			return err
		}
	}
	err := root.Mkdir(dir, dirMode)
	if errors.Is(err, fs.ErrExist) {
		return nil // something else of that name shows when a file is made in it
	}
	if err != nil {
		return err
	}
	return syncDir(root, parent)
}

// syncDir has the names in a directory written to the disk.
func syncDir(root *os.Root, dir string) error {
	file, err := root.Open(dir)
	if err != nil {
		return err
	}
	return flush(file)
}

// flush flushes a directory, and closes it. On Windows, and on some file systems of a
// network, there is no such thing.
func flush(dir *os.File) error {
	err := dir.Sync()
	if runtime.GOOS == "windows" || errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, dir.Close())
}
