//go:build unix && !aix && !solaris

package journal

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// openHeld opens a journal for writing, and locks it for as long as it is open. Where the
// file system knows no locks, the account's, which is somewhere else, has to do.
func openHeld(path string, flags int) (*os.File, error) {
	f, err := os.OpenFile(path, flags|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	// Who only looks has it locked for a moment, too.
	for range 20 {
		if err = flock(f, syscall.LOCK_EX); !errors.Is(err, ErrRunning) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// isHeld says whether somebody has opened the journal for writing.
func isHeld(path string) (bool, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return false, err
	}
	defer f.Close() // which ends the lock, too
	err = flock(f, syscall.LOCK_SH)
	if errors.Is(err, ErrRunning) {
		return true, nil
	}
	return false, err
}

func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrRunning
		case errors.Is(err, syscall.ENOLCK), errors.Is(err, errors.ErrUnsupported):
			return nil
		}
		return err
	}
}
