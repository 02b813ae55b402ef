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
			if err = inheritOwner(f); err == nil {
				_, err = fmt.Fprintf(f, "%d:%s", os.Getpid(), host)
			}
			if err != nil {
				return nil, errors.Join(fmt.Errorf("lock %q: %w", name, err), f.Close(), os.Remove(name))
			}
			return f, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("lock: %w", err)
		}
		if stale := staleDotlock(name, host); stale != nil {
			if err := breakDotlock(name, stale); err != nil {
				return nil, fmt.Errorf("remove stale lock: %w", err)
			}
			continue
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("wait for %q: %w", name, errLocked)
		}
	}
}

// staleDotlock returns the lock's file if its maker is dead, or has not touched it for so long that Dovecot too would
// take it for dead; otherwise nil.
func staleDotlock(name, host string) os.FileInfo {
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	if time.Since(info.ModTime()) > dotlockStale {
		return info
	}
	data, err := readSmallFile(name, 1024)
	if err != nil {
		return nil
	}
	number, maker, ok := strings.Cut(string(data), ":")
	pid, err := strconv.Atoi(number)
	if ok && err == nil && pid > 0 && maker == host && processGone(pid) {
		return info
	}
	return nil
}

// breakDotlock removes the lock of that name if it is the stale one still. Another who waits may have broken it and made
// a lock of its own since it was looked at, so that it is taken away by a rename and looked at there.
func breakDotlock(name string, stale os.FileInfo) error {
	away := name + "." + uniqueName()
	if err := os.Rename(name, away); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	taken, err := os.Lstat(away)
	if err != nil {
		return err
	}
	// A new file can have the number of one that was removed, but not its time.
	if os.SameFile(taken, stale) && taken.ModTime().Equal(stale.ModTime()) {
		return os.Remove(away)
	}
	err = os.Link(away, name) // unlike a rename this replaces no lock that was made meanwhile
	if cannotLink(err) {
		return renameFile(away, name)
	}
	return errors.Join(err, os.Remove(away))
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
		if err := checkHeld(lock); err != nil {
			return err
		}
		if err := os.Rename(lock.Name(), name); err != nil {
			return err
		}
		return syncDir(filepath.Dir(name))
	})
}

// checkHeld says whether the lock has been taken from us, who were too slow: what has its name is then somebody else's.
func checkHeld(lock *os.File) error {
	ours, err := lock.Stat()
	if err != nil {
		return err
	}
	there, err := os.Lstat(lock.Name())
	if err != nil {
		return err
	}
	if !os.SameFile(there, ours) {
		return fmt.Errorf("replace a file by %q: %w", lock.Name(), errLocked)
	}
	return nil
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
	if err = inheritOwner(f); err == nil {
		_, err = f.Write(data)
	}
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
