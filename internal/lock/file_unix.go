//go:build unix && !aix && !solaris

package lock

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// openLocked opens the file of that name, or makes it, and locks it, unless somebody
// else holds it. A flock belongs to the open file: the same process cannot have two.
func openLocked(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, unusable(filepath.Dir(name), err)
	}
	err = flock(f, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		held := heldBy(f)
		f.Close() // nothing was written
		return nil, held
	}
	if err != nil {
		return nil, unusable(filepath.Dir(name), errors.Join(fmt.Errorf("lock %s: %w", name, err), f.Close()))
	}
	return f, nil
}

// unlock comes before closing: a child that is just being started may have the open
// file, too, for a moment.
func unlock(f *os.File) error { return flock(f, syscall.LOCK_UN) }

func flock(f *os.File, op int) error {
	for {
		err := syscall.Flock(int(f.Fd()), op)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// gone says for certain that no process of that number runs on this machine.
func gone(pid int) bool {
	return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}
