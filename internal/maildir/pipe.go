package maildir

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// serverAhead is how many octets the server may write that the client has not read.
const serverAhead = 1 << 20

// newPipe returns the two ends of a connection. The client's writes never wait; the server's do when the client is
// serverAhead octets behind. Deadlines hold on the client's end. On the server's they are ignored: the server sets them
// against lost networks, and here they would only end sessions of a client that thinks for long.
func newPipe() (client, server net.Conn) {
	up, down := newStream(0), newStream(serverAhead)
	return &pipeEnd{in: down, out: up}, noDeadlines{&pipeEnd{in: up, out: down}}
}

// A stream is one direction of a pipe.
type stream struct {
	limit int // octets that may wait to be read; 0: no limit

	mu      sync.Mutex
	data    []byte
	closed  bool
	changed chan struct{} // closed and replaced at each change of data or closed
}

func newStream(limit int) *stream {
	return &stream{limit: limit, changed: make(chan struct{})}
}

// notify wakes everyone who waits. The caller holds mu.
func (s *stream) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.notify()
	}
}

func (s *stream) read(p []byte, d *deadline) (int, error) {
	for {
		expired := d.expired()
		s.mu.Lock()
		switch {
		case isClosed(expired):
			s.mu.Unlock()
			return 0, os.ErrDeadlineExceeded
		case len(s.data) > 0 || len(p) == 0:
			n := copy(p, s.data)
			s.data = s.data[n:]
			if len(s.data) == 0 {
				s.data = nil // let go of the array
			}
			s.notify()
			s.mu.Unlock()
			return n, nil
		case s.closed:
			s.mu.Unlock()
			return 0, io.EOF
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-expired:
		}
	}
}

func (s *stream) write(p []byte, d *deadline) (int, error) {
	written := 0
	for {
		expired := d.expired()
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			return written, io.ErrClosedPipe
		}
		if isClosed(expired) {
			s.mu.Unlock()
			return written, os.ErrDeadlineExceeded
		}
		n := len(p) - written
		if s.limit > 0 {
			n = min(n, s.limit-len(s.data))
		}
		if n > 0 {
			s.data = append(s.data, p[written:written+n]...)
			written += n
			s.notify()
		}
		changed := s.changed
		s.mu.Unlock()
		if written == len(p) {
			return written, nil
		}
		select {
		case <-changed:
		case <-expired:
		}
	}
}

// A pipeEnd is one end of a pipe.
type pipeEnd struct {
	in, out               *stream
	readLimit, writeLimit deadline
}

func (e *pipeEnd) Read(p []byte) (int, error)  { return e.in.read(p, &e.readLimit) }
func (e *pipeEnd) Write(p []byte) (int, error) { return e.out.write(p, &e.writeLimit) }

func (e *pipeEnd) Close() error {
	e.in.close()
	e.out.close()
	return nil
}

func (e *pipeEnd) LocalAddr() net.Addr  { return pipeAddr{} }
func (e *pipeEnd) RemoteAddr() net.Addr { return pipeAddr{} }

func (e *pipeEnd) SetDeadline(t time.Time) error {
	e.readLimit.set(t)
	e.writeLimit.set(t)
	return nil
}

func (e *pipeEnd) SetReadDeadline(t time.Time) error {
	e.readLimit.set(t)
	return nil
}

func (e *pipeEnd) SetWriteDeadline(t time.Time) error {
	e.writeLimit.set(t)
	return nil
}

type noDeadlines struct{ net.Conn }

func (noDeadlines) SetDeadline(time.Time) error      { return nil }
func (noDeadlines) SetReadDeadline(time.Time) error  { return nil }
func (noDeadlines) SetWriteDeadline(time.Time) error { return nil }

// A deadline is a moment after which a channel is closed. The zero value never comes.
type deadline struct {
	mu    sync.Mutex
	timer *time.Timer
	over  chan struct{}
}

// expired returns a channel that is closed when the deadline has come. It is the same one until then, whatever the
// deadline is set to, so that one who waits already is woken by a nearer deadline too.
func (d *deadline) expired() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over == nil {
		d.over = make(chan struct{})
	}
	return d.over
}

func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	if d.over == nil || isClosed(d.over) {
		d.over = make(chan struct{})
	}
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		close(d.over)
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(wait, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.timer == timer { // else it was stopped too late
			close(d.over)
		}
	})
	d.timer = timer
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "maildir" }
