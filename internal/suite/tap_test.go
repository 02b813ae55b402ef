package suite

import (
	"bytes"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/imaptest"
)

// changes reports whether a command changes something.
func changes(c imaptest.Command) bool {
	return slices.Contains([]string{
		"CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE",
		"UID MOVE", "UID COPY", "UID STORE", "UID EXPUNGE",
	}, c.Name)
}

// A tap stands between the recorder and the server. It knows when the server has ended
// a connection, and can have a command refused that the server would have carried out.
type tap struct {
	dial   func() (net.Conn, error)
	refuse int // which of the commands that change something the server never sees; 0: none
	deny   int // which of them the server carries out, and says NO

	mu      sync.Mutex
	conns   []*tapped
	seen    int    // commands that change something
	denying string // the tag of the command that is denied
}

// Dial connects.
func (p *tap) Dial() (net.Conn, error) {
	conn, err := p.dial()
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	c := &tapped{Conn: conn, tap: p, ended: make(chan struct{})}
	p.conns = append(p.conns, c)
	return c, nil
}

// await waits until the server has ended the first connection, and so all that it was
// asked there.
func (p *tap) await(t testing.TB) {
	t.Helper()
	p.mu.Lock()
	conn := p.conns[len(p.conns)-1]
	p.mu.Unlock()
	select {
	case <-conn.ended:
	case <-time.After(30 * time.Second):
		t.Error("the server has not noticed that its client is gone")
	}
}

// denied is a [imaptest.Script] Rewrite: it makes a NO of the OK to the command.
func (p *tap) denied(line string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.denying != "" && strings.HasPrefix(line, p.denying+" OK") {
		tag := p.denying
		p.denying = "" // another connection has the same tags
		return tag + " NO refused all the same"
	}
	return line
}

// A tapped is the server's end of a connection.
type tapped struct {
	net.Conn
	tap   *tap
	ended chan struct{}
	once  sync.Once
	half  atomic.Bool // a line has begun
}

// Read notices the end.
func (c *tapped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		c.once.Do(func() { close(c.ended) })
	}
	return n, err
}

// CloseWrite lets the server finish what it has been asked, and end the connection. In
// memory there is no closing of one direction, and who closes both is not told when the
// server has finished: there it is asked to hang up, unless it has but half a command.
func (c *tapped) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	if c.half.Load() {
		return c.Conn.Close()
	}
	_, err := c.Conn.Write([]byte("end LOGOUT\r\n"))
	return err
}

// Write passes on what the recorder passes on, which is whole lines.
func (c *tapped) Write(p []byte) (int, error) {
	c.half.Store(!bytes.HasSuffix(p, []byte("\n")))
	tag, rest, ok := bytes.Cut(p, []byte(" "))
	if !ok || !c.tap.strikes(string(tag), string(rest)) {
		return c.Conn.Write(p)
	}
	// No server has this folder, and all say so.
	if _, err := c.Conn.Write(append(tag, ` STATUS "No such folder anywhere" (MESSAGES)`+"\r\n"...)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// strikes reports whether the server must not see the command.
func (p *tap) strikes(tag, rest string) bool {
	words := strings.Fields(strings.ToUpper(rest))
	if len(words) < 2 {
		return false
	}
	name := words[0]
	if name == "UID" {
		name += " " + words[1]
	}
	if !changes(imaptest.Command{Name: name}) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen++
	if p.seen == p.deny {
		p.denying = tag
	}
	return p.seen == p.refuse
}
