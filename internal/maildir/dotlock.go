package maildir

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	dotlockWait  = 10 * time.Second
	dotlockStale = 2 * time.Minute // Dovecot's own limit for these locks
)

var errLocked = errors.New("another program holds the lock")

// withDotlock calls f while the file name exists by our making, and hands it the open file. This is how Dovecot locks.
// f may rename the file; otherwise it is removed afterwards.
func withDotlock(name string, f func(lock *os.File) error) (err error) {
	lock, err := makeDotlock(name)
	if err != nil {
		return err
	}
	ours, err := lock.Stat()
	defer func() {
		err = errors.Join(err, lock.Close())
		if there, e := os.Lstat(name); e == nil && os.SameFile(there, ours) {
			err = errors.Join(err, os.Remove(name))
		}
	}()
	if err != nil {
		return err
	}
	return f(lock)
}

func makeDotlock(name string) (*os.File, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("lock %q: %w", name, err)
	}
	for deadline := time.Now().Add(dotlockWait); ; time.Sleep(20 * time.Millisecond) {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			if _, err := fmt.Fprintf(f, "%d:%s", os.Getpid(), host); err != nil {
				return nil, errors.Join(fmt.Errorf("lock %q: %w", name, err), f.Close(), os.Remove(name))
			}
			return f, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("lock: %w", err)
		}
		if isStaleDotlock(name, host) {
			if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("remove stale lock: %w", err)
			}
			continue
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("wait for %q: %w", name, errLocked)
		}
	}
}

// isStaleDotlock says whether the lock's maker is dead, or has not touched it for so long that Dovecot too would take it
// for dead.
func isStaleDotlock(name, host string) bool {
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	if time.Since(info.ModTime()) > dotlockStale {
		return true
	}
	data, err := readSmallFile(name, 1024)
	if err != nil {
		return false
	}
	number, maker, ok := strings.Cut(string(data), ":")
	pid, err := strconv.Atoi(number)
	return ok && err == nil && pid > 0 && maker == host && processGone(pid)
}

// replaceLocked replaces the file's content under its dotlock, by rename. change is given what the file holds now,
// nothing if it does not exist, and returns what it should hold.
func replaceLocked(name string, limit int64, change func(old []byte) ([]byte, error)) error {
	return withDotlock(name+".lock", func(lock *os.File) error {
		old, err := readSmallFile(name, limit)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		wanted, err := change(old)
		if err != nil || bytes.Equal(old, wanted) {
			return err
		}
		if err := keepMode(lock, name); err != nil {
			return err
		}
		if err := lock.Truncate(0); err != nil {
			return err
		}
		if _, err := lock.WriteAt(wanted, 0); err != nil {
			return err
		}
		if err := lock.Sync(); err != nil {
			return err
		}
		if err := os.Rename(lock.Name(), name); err != nil {
			return err
		}
		return syncDir(filepath.Dir(name))
	})
}

// keepMode gives f the permissions of the file that it will replace, if there is one.
func keepMode(f *os.File, name string) error {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Chmod(info.Mode().Perm())
}

// replaceFile replaces the content of one of our own files, so that a crash leaves the old or the new one. The caller
// holds the tree's lock.
func replaceFile(name string, data []byte) error {
	temp := name + ".tmp"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(temp, name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncDir(filepath.Dir(name))
}

// readSmallFile reads a file that must not be larger than limit octets.
func readSmallFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("read %q: it is larger than %d octets: %w", name, limit, errDamaged)
	}
	return data, nil
}

// syncDir makes renames and removals in the directory durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
