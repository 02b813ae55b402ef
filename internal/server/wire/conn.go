// Package wire owns the connection below the IMAP client library: it is a
// [net.Conn] to be handed to imapclient.New.
//
// It keeps its own deadlines, because the library has none while it waits for
// an answer; it reads each response before the library does and repairs, holds
// back or refuses what the library would die of or misread; it reports what the
// library drops (texts and codes with their arguments, the pairs of COPYUID);
// it sends commands the library does not know; it negotiates STARTTLS; and it
// counts and traces what passes.
//
// What is held back is never silent. It is reported as a [Notice]; and where it
// was the answer to a reading command, that command is answered NO instead of
// OK, so that a reading which failed cannot pass for an empty one.
//
// The package leaves to others: dialling, logging in, capabilities, which
// commands to send, and what a notice means for a mailbox.
package wire

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// ErrSilent is wrapped by the error of a connection which was given up because
// the server said nothing for Options.Silence while an answer was due.
var ErrSilent = errors.New("the server does not answer")

// ErrProtocol is wrapped by the error of a connection which was given up
// because the server sent something that is not IMAP or is beyond the limits.
var ErrProtocol = errors.New("the server breaks the IMAP protocol")

const (
	readBuffer = 64 << 10 // octets read from the network at once
	writeChunk = 64 << 10 // octets written under one deadline
)

// Conn is a connection to an IMAP server, see the package comment. One
// goroutine may read while others write, call Do, or close. The first failure
// closes it and is returned by every read and write from then on.
type Conn struct {
	o Options

	readMu sync.Mutex // guards in: held by Read, and by StartTLS
	in     inbound

	writeMu sync.Mutex // serialises what is written to net; guards out
	out     deflater
	traceMu sync.Mutex // Trace and Notify are called one at a time

	mu      sync.Mutex // guards all below
	changed *sync.Cond // flight, burst or err has changed
	net     net.Conn
	err     error
	writing bool // octets are on their way to net
	flight  flight
	burst   burst // of raw commands
	rawTag  int
	stats   Stats
	waiting time.Time // since when the server owes what is awaited; zero: it does not
}

// New returns a connection that speaks through c and owns it. Nothing is read
// or written yet.
func New(c net.Conn, o Options) *Conn {
	conn := &Conn{o: o.withDefaults(), net: c, flight: newFlight()}
	conn.changed = sync.NewCond(&conn.mu)
	conn.in.br = bufio.NewReaderSize(source{conn}, readBuffer)
	conn.in.large = streamFrom
	conn.in.verdict.uidFetch = conn.uidFetchRuns
	return conn
}

// Write sends octets of the library to the server. It waits while a raw
// command is running.
func (c *Conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	for c.burst.running() && c.err == nil {
		c.changed.Wait()
	}
	return c.writeLocked(p)
}

// writeLocked notes octets, so that their answer is expected, lets go of c.mu,
// which is held, and sends them.
func (c *Conn) writeLocked(p []byte) (int, error) {
	if err := c.err; err != nil {
		c.mu.Unlock()
		return 0, err
	}
	lines, err := c.sent(p)
	c.mu.Unlock()
	if err != nil {
		return 0, c.fail(err)
	}
	c.trace(lines...)
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	return c.writePacked(p)
}

// sent notes octets that are about to be written; c.mu is held.
func (c *Conn) sent(p []byte) ([]Line, error) {
	turn := c.flight.turn()
	lines, commands, err := c.flight.sent(p, c.o.Trace != nil)
	if err != nil {
		return nil, err
	}
	if turn {
		c.stats.RoundTrips++
	}
	if c.waiting.IsZero() {
		c.startWaiting()
	}
	c.stats.Sent += int64(len(p))
	c.stats.Commands += int64(commands)
	return lines, nil
}

// startWaiting notes that there is nothing to do until the server says something, if it owes
// an answer; c.mu is held.
func (c *Conn) startWaiting() {
	c.waiting = time.Time{}
	if c.flight.due() {
		c.waiting = time.Now()
	}
}

// write sends octets in chunks, each under a deadline of its own, so that a
// large literal on a slow line is not cut off while it makes progress.
func (c *Conn) write(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		chunk := p[n:min(n+writeChunk, len(p))]
		c.mu.Lock()
		conn := c.net
		c.armRead() // the server need not speak while it listens
		c.mu.Unlock()
		if err := c.armWrite(conn, true); err != nil {
			return n, c.fail(fmt.Errorf("write to the server: %w", err))
		}
		m, err := conn.Write(chunk)
		c.armWrite(conn, false)
		n += m
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = fmt.Errorf("%w: it has taken nothing for %v", ErrSilent, c.o.Silence)
		}
		if err != nil {
			return n, c.fail(fmt.Errorf("write to the server: %w", err))
		}
	}
	return n, nil
}

// armWrite starts the clock of a write, or notes that it has ended.
func (c *Conn) armWrite(conn net.Conn, writing bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.writing = writing; !writing {
		return nil
	}
	return conn.SetWriteDeadline(time.Now().Add(c.o.Silence))
}

// armRead starts or renews the silence clock if an answer is due, else it stops
// it; c.mu is held. A deadline also reaches a read that is already waiting.
func (c *Conn) armRead() {
	var t time.Time
	if c.flight.due() {
		t = time.Now().Add(c.o.Silence)
	}
	// An error here means that the connection is closed: the read says so too.
	_ = c.net.SetReadDeadline(t)
}

// source reads from the network under the silence clock and counts.
type source struct{ c *Conn }

func (s source) Read(p []byte) (int, error) {
	c := s.c
	for {
		c.mu.Lock()
		if c.err != nil {
			defer c.mu.Unlock()
			return 0, c.err
		}
		conn := c.net
		c.armRead()
		c.startWaiting()
		c.mu.Unlock()

		n, err := conn.Read(p)

		c.mu.Lock()
		c.stats.Received += int64(n)
		if n > 0 && c.writing {
			// It is at the commands that it has: it takes more once it has answered.
			_ = conn.SetWriteDeadline(time.Now().Add(c.o.Silence))
		}
		if !c.waiting.IsZero() {
			c.stats.Waited += time.Since(c.waiting)
			c.waiting = time.Time{}
		}
		due := c.flight.due()
		c.mu.Unlock()
		if n == 0 && errors.Is(err, os.ErrDeadlineExceeded) {
			if !due {
				continue // the clock was stopped just as it ran out
			}
			err = fmt.Errorf("%w: it has said nothing for %v", ErrSilent, c.o.Silence)
		}
		return n, err
	}
}

// fail closes the connection for good with the reason err and returns the
// reason that holds: the first one given.
func (c *Conn) fail(err error) error {
	var broken *brokenError
	if errors.As(err, &broken) && c.loggingIn() {
		broken.line = nil
	}
	if conn := c.end(err); conn != nil {
		conn.Close() // the reason matters, not what closing adds to it
	}
	return c.Err()
}

// end notes the reason err, unless there is one already, and returns what is
// to be closed: without holding c.mu, as TLS says goodbye first.
func (c *Conn) end(err error) net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return nil
	}
	c.err = err
	c.changed.Broadcast()
	return c.net
}

// Err returns why the connection was given up, nil while it is usable, io.EOF
// if the server closed it, net.ErrClosed after a plain Close. The library turns
// its causes into "unexpected EOF": ask here after any failure of a command.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close closes the connection. Closing again does nothing and returns nil.
func (c *Conn) Close() error {
	if conn := c.end(net.ErrClosed); conn != nil {
		return conn.Close()
	}
	return nil
}

// CloseOn closes the connection when ctx is done, with the context's cause as
// the reason: the way to give a command of the library a context. Call release
// when the command has been answered.
func (c *Conn) CloseOn(ctx context.Context) (release func()) {
	stop := context.AfterFunc(ctx, func() { c.fail(context.Cause(ctx)) })
	return func() { stop() }
}

// Stats returns what has passed so far.
func (c *Conn) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// LocalAddr returns the address of this end.
func (c *Conn) LocalAddr() net.Addr { return c.current().LocalAddr() }

// RemoteAddr returns the address of the server.
func (c *Conn) RemoteAddr() net.Addr { return c.current().RemoteAddr() }

func (c *Conn) current() net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.net
}

// SetDeadline does nothing: Conn keeps deadlines of its own.
func (c *Conn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing: Conn keeps deadlines of its own. The library's
// would cut off long answers, and are absent where it waits for one.
func (c *Conn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing: Conn keeps deadlines of its own.
func (c *Conn) SetWriteDeadline(time.Time) error { return nil }
