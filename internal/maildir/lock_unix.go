//go:build unix && !aix && !solaris

package maildir

import (
	"errors"
	"os"
	"syscall"
)

// tryFlock takes the exclusive lock on the file; it says false if somebody else holds it.
func tryFlock(f *os.File) (bool, error) {
	err := flockOp(f, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

func funlock(f *os.File) error { return flockOp(f, syscall.LOCK_UN) }

func flockOp(f *os.File, op int) error {
	for {
		err := syscall.Flock(int(f.Fd()), op)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// processGone says for certain that no process of that number runs on this machine.
func processGone(pid int) bool {
	return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}
