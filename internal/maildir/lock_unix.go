//go:build unix && !aix && !solaris

package maildir

import (
	"errors"
	"os"
	"syscall"
)

// flock waits for the exclusive lock on the file.
func flock(f *os.File) error { return flockOp(f, syscall.LOCK_EX) }

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
