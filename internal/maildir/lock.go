package maildir

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

// lockFile is the file in the root on which processes take turns.
const lockFile = "imapform-lock"

// A fileLock keeps apart the goroutines of this process, by a mutex, and the processes, by flock.
type fileLock struct {
	mu   sync.Mutex
	file *os.File
}

func openLock(name string) (*fileLock, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return &fileLock{file: f}, nil
}

// with calls f while nobody else is in with, on this machine.
func (l *fileLock) with(f func() error) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := flock(l.file); err != nil {
		return fmt.Errorf("lock %q: %w", l.file.Name(), err)
	}
	defer func() {
		if e := funlock(l.file); e != nil {
			err = errors.Join(err, fmt.Errorf("unlock %q: %w", l.file.Name(), e))
		}
	}()
	return f()
}

func (l *fileLock) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
