package imaptest

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A Script says what a proxy does besides recording. Its zero value only records.
type Script struct {
	Faults   []Fault
	Rewrite  func(line string) string // changes the server's lines, without CRLF and literals; "": leaves the line out
	ReadOnly bool                     // the client may change nothing, and SELECT nothing: it is making a plan
	Opaque   bool                     // TLS may go through, of which nothing can be recorded
	Unlinted bool                     // for tests of the proxy: whatever the client says is well
}

// A Recorder is a proxy that stands between a client and a server and records what goes through. When the test ends it
// fails it for anything that [Lint] objects to.
type Recorder struct {
	t      testing.TB
	dial   func() (net.Conn, error)
	script Script
	pumps  sync.WaitGroup

	mu       sync.Mutex
	listener net.Listener // nil: nobody asked for an address
	open     map[net.Conn]struct{}
	closed   bool
	log      []*Command
	order    int
	cost     Cost
	opaque   int // connections of which not all could be recorded
	readOnly bool
	triggers []*trigger
}

// A Cost is what a client's work takes on the wire.
type Cost struct {
	Connections int
	Commands    int
	RoundTrips  int   // times that the client sent something when it had been answered everything; greetings not counted
	Sent        int64 // octets from the client
	Received    int64 // octets from the server
}

// Proxy puts a recorder in front of what dial connects to. It ends with the test.
func Proxy(t testing.TB, dial func() (net.Conn, error), script Script) *Recorder {
	r := &Recorder{t: t, dial: dial, script: script, readOnly: script.ReadOnly, open: map[net.Conn]struct{}{}}
	for _, f := range script.Faults {
		r.triggers = append(r.triggers, &trigger{Fault: f})
	}
	t.Cleanup(r.finish)
	return r
}

// finish ends everything and reports what the linter found.
func (r *Recorder) finish() {
	r.t.Helper()
	r.mu.Lock()
	r.closed = true
	if r.listener != nil {
		r.listener.Close()
	}
	for conn := range r.open {
		conn.Close()
	}
	r.mu.Unlock()
	r.pumps.Wait()

	if r.opaque > 0 && !r.script.Opaque {
		r.t.Errorf("imaptest: %d connections were encrypted or compressed on their way through the proxy and could not be checked", r.opaque)
	}
	if !r.script.Unlinted {
		for _, err := range Lint(r.Commands()) {
			r.t.Errorf("imaptest: the client must not do this: %v", err)
		}
	}
	if r.t.Failed() {
		r.t.Logf("imaptest: through the proxy went\n%s", shorten(r.Transcript(), 16<<10))
	}
}

// shorten keeps the end of s.
func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return "…" + s[len(s)-most:]
}

// Dial connects through the proxy, in memory.
func (r *Recorder) Dial() (net.Conn, error) {
	near, far := net.Pipe()
	if err := r.connect(far); err != nil {
		near.Close()
		return nil, err
	}
	return near, nil
}

// DialContext is Dial for who wants a function of this form. The address is the recorder's own affair.
func (r *Recorder) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return r.Dial()
}

// Addr is the host and port of the proxy on loopback, for clients that connect by themselves.
func (r *Recorder) Addr() string {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listener == nil {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			r.t.Fatalf("imaptest: proxy: %v", err)
		}
		r.listener = listener
		r.pumps.Go(func() { r.accept(listener) })
	}
	return r.listener.Addr().String()
}

// accept takes connections until the listener is closed. A client whose server cannot be had is hung up on.
func (r *Recorder) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		r.connect(conn) // closes it on failure, which is all that a client can be told
	}
}

// connect connects a client to the server and keeps pumping between the two.
func (r *Recorder) connect(client net.Conn) error {
	server, err := r.dial()
	if err != nil {
		client.Close()
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		client.Close()
		server.Close()
		return net.ErrClosed
	}
	r.open[client], r.open[server] = struct{}{}, struct{}{}
	r.cost.Connections++
	s := newSession(r, r.cost.Connections, client, server)
	r.pumps.Go(s.pumpClient)
	r.pumps.Go(s.pumpServer)
	return nil
}

// ReadOnly runs f, during which the client may change nothing, and SELECT nothing.
func (r *Recorder) ReadOnly(f func()) {
	set := func(to bool) bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		before := r.readOnly
		r.readOnly = to
		return before
	}
	before := set(true)
	defer set(before)
	f()
}

// Commands returns what was sent so far, in order.
func (r *Recorder) Commands() []Command {
	r.mu.Lock()
	defer r.mu.Unlock()
	log := make([]Command, len(r.log))
	for i, c := range r.log {
		log[i] = *c
		log[i].Literals = slices.Clone(c.Literals)
		log[i].Responses = slices.Clone(c.Responses)
	}
	return log
}

// Sent counts the commands of a name, such as "UID MOVE".
func (r *Recorder) Sent(name string) int {
	n := 0
	for _, c := range r.Commands() {
		if c.Name == name {
			n++
		}
	}
	return n
}

// Cost is what went through so far.
func (r *Recorder) Cost() Cost {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cost
}

// Transcript tells what was said, for people. Literals are left out.
func (r *Recorder) Transcript() string {
	var b strings.Builder
	for _, c := range r.Commands() {
		fmt.Fprintf(&b, "%d C: %s %s\n", c.Conn, c.Tag, c.Line)
		for _, line := range c.Responses {
			fmt.Fprintf(&b, "%d S: %s\n", c.Conn, line)
		}
		fmt.Fprintf(&b, "%d S: %s %s\n", c.Conn, c.Tag, c.Reply)
	}
	return b.String()
}
