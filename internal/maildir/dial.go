package maildir

import (
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/emersion/go-imap/v2/imapserver"
)

// Dial starts a session of its own on the tree and returns the client's end of a connection within the process. The
// greeting is PREAUTH: there is nobody to log in as. What the client writes is buffered without limit, so that commands
// can be pipelined without a thought; the server waits for a client that does not read.
func (t *Tree) Dial() (net.Conn, error) {
	client, server := newPipe()
	if err := t.conns.offer(server); err != nil {
		return nil, fmt.Errorf("dial Maildir %q: %w", t.dir, err)
	}
	return client, nil
}

// serve starts to take connections.
func (t *Tree) serve() {
	t.conns = newListener()
	t.server = imapserver.New(&imapserver.Options{
		Caps:   t.caps,
		Logger: logger(t.logf),
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &session{tree: t}, &imapserver.GreetingData{PreAuth: true}, nil
		},
	})
	t.conns.serving.Go(func() {
		if err := t.server.Serve(t.conns); err != nil {
			t.logf("serve Maildir %q: %v", t.dir, err)
		}
	})
	<-t.conns.accepting // the library must not be told to stop before it has begun
}

// stopServing cuts all connections and waits for their sessions to end.
func (t *Tree) stopServing() error {
	err := t.server.Close()
	t.conns.cutAll()
	t.lock.stopWaiting()
	t.conns.serving.Wait()
	t.conns.sessions.Wait()
	return err
}

type logger func(format string, args ...any)

// Printf implements imapserver.Logger.
func (l logger) Printf(format string, args ...any) { l(format, args...) }

// A listener hands the server's ends of connections to the server.
type listener struct {
	backlog chan net.Conn
	done    chan struct{}

	accepting chan struct{} // closed when the server is ready
	accepted  sync.Once

	serving, sessions sync.WaitGroup

	mu     sync.Mutex
	closed bool
	open   map[*trackedConn]struct{}
}

var errTreeClosed = errors.New("the tree is closed")

func newListener() *listener {
	return &listener{
		backlog: make(chan net.Conn), done: make(chan struct{}), accepting: make(chan struct{}),
		open: make(map[*trackedConn]struct{}),
	}
}

// offer waits until the server takes the connection.
func (l *listener) offer(conn net.Conn) error {
	tracked := &trackedConn{Conn: conn, listener: l}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return errTreeClosed
	}
	l.open[tracked] = struct{}{}
	l.sessions.Add(1)
	l.mu.Unlock()
	select {
	case l.backlog <- tracked:
		return nil
	case <-l.done:
		return errors.Join(errTreeClosed, tracked.Close())
	}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	l.accepted.Do(func() { close(l.accepting) })
	select {
	case c := <-l.backlog:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		close(l.done)
	}
	return nil
}

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr { return pipeAddr{} }

// cutAll makes every read and write of the sessions fail; each then closes its connection itself.
func (l *listener) cutAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		c.cut()
	}
}

// A trackedConn is a connection whose session is counted until the server is through with it: imapserver closes the
// connection as the last thing of a session.
type trackedConn struct {
	net.Conn
	listener *listener
	once     sync.Once
}

func (c *trackedConn) cut() { _ = c.Conn.Close() } // a pipe's Close cannot fail

// Close implements net.Conn.
func (c *trackedConn) Close() error {
	c.once.Do(func() {
		c.listener.mu.Lock()
		delete(c.listener.open, c)
		c.listener.mu.Unlock()
		c.listener.sessions.Done()
	})
	return c.Conn.Close()
}
