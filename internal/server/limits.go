package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"golang.org/x/time/rate"

	"github.com/imapform/imapform/config"
)

// ErrLimit is wrapped by the error of what an account's limits do not allow.
var ErrLimit = errors.New("the account's limit is reached")

// A DownloadLimitError says that a run has received more than the account's
// max_download.
type DownloadLimitError struct {
	Account string // address
	Limit   int64  // octets
}

func (e *DownloadLimitError) Error() string {
	return fmt.Sprintf("this run has received all that max_download of %s allows it, %s: nothing more is done, and what was done stays done. "+
		"Run it again once the provider allows as much again, or give max_download a higher number", e.Account, megabytes(e.Limit))
}

// Is says that it is an ErrLimit.
func (e *DownloadLimitError) Is(target error) bool { return target == ErrLimit }

// Limits are what a run may ask of an account's server, on all of its connections
// together: max_rate, max_download and max_connections. Several goroutines may use them
// at once. The zero value is without limits, and nil has no rate.
type Limits struct {
	account     string        // address
	rate        *rate.Limiter // of commands; nil: without limit
	download    int64         // octets; 0: any number
	connections int           // at the same time; 0: any number

	mu       sync.Mutex
	received int64 // octets
	open     int   // connections
}

// NewLimits returns an account's limits, of which nothing is used yet.
func NewLimits(a *config.Account) *Limits {
	l := &Limits{account: a.Address, download: a.MaxDownload, connections: a.MaxConnections}
	if a.MaxRate > 0 {
		l.rate = rate.NewLimiter(rate.Limit(a.MaxRate), 1)
	}
	return l
}

// pace waits until one more command may be sent.
func (l *Limits) pace(ctx context.Context) error {
	if l == nil || l.rate == nil {
		return nil
	}
	err := l.rate.Wait(ctx)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return fmt.Errorf("max_rate of %s lets no command be sent for now: %w", l.account, context.DeadlineExceeded)
}

// limitsRate says that commands have to be waited for.
func (l *Limits) limitsRate() bool { return l != nil && l.rate != nil }

// connect opens a connection by dial, unless there are as many as there may be. What is
// received on it is counted; closing it makes room for another.
func (l *Limits) connect(dial func() (net.Conn, error)) (net.Conn, error) {
	if err := l.admit(); err != nil {
		return nil, err
	}
	conn, err := dial()
	if err != nil {
		l.leave()
		return nil, err
	}
	return &limitedConn{Conn: conn, limits: l}, nil
}

func (l *Limits) admit() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.connections > 0 && l.open >= l.connections {
		return fmt.Errorf("max_connections of %s allows %d at the same time, and so many are open: %w", l.account, l.connections, ErrLimit)
	}
	if err := l.spent(); err != nil {
		return err
	}
	l.open++
	return nil
}

func (l *Limits) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
}

// spent says that all was received that may be; l.mu is held.
func (l *Limits) spent() error {
	if l.download > 0 && l.received >= l.download {
		return &DownloadLimitError{Account: l.account, Limit: l.download}
	}
	return nil
}

// A limitedConn is a connection under limits. All that is received below TLS counts.
type limitedConn struct {
	net.Conn
	limits *Limits
	closed sync.Once
}

// Read reads no more than may still be received. What reaches the limit is passed on: it
// may be the answer to a command that changed something.
func (c *limitedConn) Read(b []byte) (int, error) {
	l := c.limits
	l.mu.Lock()
	err := l.spent()
	if l.download > 0 {
		b = b[:min(int64(len(b)), max(l.download-l.received, 0))]
	}
	l.mu.Unlock()
	if err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	l.mu.Lock()
	l.received += int64(n)
	l.mu.Unlock()
	return n, err
}

// Close closes the connection, which then counts no more.
func (c *limitedConn) Close() error {
	err := c.Conn.Close()
	c.closed.Do(c.limits.leave)
	return err
}
