// Package lock keeps two runs from changing one account at the same time on one
// machine: a lock file for each account in the state directory, and who holds it.
//
// Which directory that is, and which accounts are the same, package state says; which
// commands lock, and for how long they wait, package cli.
//
// The lock is the operating system's, on an open file, and not that the file exists:
// it ends with the process, however that ends, and the file stays for the next one.
// Who removes the file of a lock that is held has removed the lock.
//
// Between machines it holds only if they share the state directory on a file system
// that passes such locks on, as NFS version 4 and SMB mostly do, unless they are
// mounted with local locks; where they do not, two runs on two machines do not see each
// other. Nor do those of two users of one machine, each of whom has a directory.
package lock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/imapform/imapform/internal/state"
)

// A Lock is held on an account until Release, or until the process ends.
type Lock struct {
	file *os.File
}

// Acquire locks an account for this process, in the state directory dir, which is made
// if it is not there. It does not wait: while somebody else holds the lock, be it in
// this process, the error is a *HeldError. The command is what is shown to those who
// find the lock held, such as "imapform apply": it must hold no secret.
func Acquire(dir string, key state.Key, command string) (*Lock, error) {
	name, err := key.FileName()
	if err != nil {
		return nil, fmt.Errorf("lock an account: %w", err)
	}
	locks := filepath.Join(dir, "locks")
	for _, d := range []string{dir, locks} {
		if err := state.MakePrivate(d); err != nil {
			return nil, unusable(d, err)
		}
	}
	return acquire(filepath.Join(locks, name+".lock"), command)
}

// waitStep is between two attempts.
const waitStep = 200 * time.Millisecond

// AcquireWait is Acquire that tries again until ctx ends, at least once. Then the error
// is still a *HeldError, which wraps the context's cause.
func AcquireWait(ctx context.Context, dir string, key state.Key, command string) (*Lock, error) {
	start := time.Now()
	for {
		l, err := Acquire(dir, key, command)
		held, ok := errors.AsType[*HeldError](err)
		if !ok {
			return l, err
		}
		select {
		case <-ctx.Done():
			held.Waited, held.cause = time.Since(start), context.Cause(ctx)
			return nil, held
		case <-time.After(waitStep):
		}
	}
}

// Release lets the lock go. The file stays: if it were removed, somebody who has just
// opened it would lock what nobody else can find.
func (l *Lock) Release() error {
	err := errors.Join(l.file.Truncate(0), unlock(l.file), l.file.Close())
	if err != nil {
		return fmt.Errorf("release the lock %s: %w", l.file.Name(), err)
	}
	return nil
}

// maxReplaced is how often a lock file may be replaced under our hands.
const maxReplaced = 10

// acquire locks the file of that name. One that is removed or replaced between being
// opened and being locked, which only people do, is not the lock any more.
func acquire(name, command string) (*Lock, error) {
	for range maxReplaced {
		f, err := openLocked(name)
		if err != nil {
			return nil, err
		}
		same, err := isNamed(f, name)
		if err == nil && same {
			err = writeHolder(f, thisProcess(command))
		}
		if err == nil && same {
			return &Lock{f}, nil
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, unusable(filepath.Dir(name), err)
		}
	}
	return nil, fmt.Errorf("lock %s: it is replaced again and again", name)
}

// isNamed says whether the open file is what has that name.
func isNamed(f *os.File, name string) (bool, error) {
	have, err := f.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Lstat(name)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !there.Mode().IsRegular() {
		return false, fmt.Errorf("%s is not a regular file", name)
	}
	return os.SameFile(have, there), nil
}

// unusable says what can be done where a directory cannot keep locks.
func unusable(dir string, err error) error {
	return fmt.Errorf("no lock can be kept in %s: %w: name another directory in the environment variable %s, "+
		"or, if nothing else can change the mailbox meanwhile, say -lock=false", dir, err, state.Variable)
}
