package maildir

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// lockFile is the file in the root on which processes take turns.
const lockFile = "imapform-lock"

const (
	lockWait = 30 * time.Second      // for another process; what holds it longer is stopped, or does very much
	lockStep = 20 * time.Millisecond // between two attempts
)

// A fileLock keeps apart the goroutines of this process, by a mutex, and the processes, by flock.
type fileLock struct {
	wait        time.Duration // how long with waits for other processes
	closing     chan struct{} // closed when nobody is to wait any longer
	stopWaiting func()        // closes it

	mu   sync.Mutex
	file *os.File
}

func openLock(name string) (*fileLock, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := inheritOwner(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	closing := make(chan struct{})
	return &fileLock{wait: lockWait, closing: closing, stopWaiting: sync.OnceFunc(func() { close(closing) }), file: f}, nil
}

// with calls f while nobody else is in with, on this machine. The error is errLocked if another process is for too long.
func (l *fileLock) with(f func() error) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.acquire(); err != nil {
		return fmt.Errorf("lock %q: %w", l.file.Name(), err)
	}
	defer func() {
		if e := funlock(l.file); e != nil {
			err = errors.Join(err, fmt.Errorf("unlock %q: %w", l.file.Name(), e))
		}
	}()
	return f()
}

// acquire takes the lock from other processes as soon as they let go. It asks again and again, since a flock that waits
// could be neither limited nor ended.
func (l *fileLock) acquire() error {
	for deadline := time.Now().Add(l.wait); ; {
		ok, err := tryFlock(l.file)
		if ok || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited for %v: %w", l.wait, errLocked)
		}
		select {
		case <-l.closing:
			return errTreeClosed
		case <-time.After(lockStep):
		}
	}
}

func (l *fileLock) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
