package imaptest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Fake is an IMAP server that says what it is told to, however wrong. It answers what belongs to login and logout by
// itself, any time, unless an exchange is about it; all other commands must come in the order of the exchanges. Its
// zero value has IMAP4rev1 and no exchanges.
type Fake struct {
	Greeting     string // with its "* "; "": an OK
	Capabilities string // after "IMAP4rev1 "
	Exchanges    []Exchange
}

// An Exchange is a command that a Fake expects, and its answer.
type Exchange struct {
	// Command is what the command must match from beginning to end, without its tag: literal text, but "*" stands for
	// any. A literal argument appears as `{3}`, CRLF and its octets, whether or not the client waits for leave to send it.
	Command string

	// Answer is lines, sent with CRLF, in which TAG stands for the command's tag. Literals may be written in them with
	// their CRLF. If none begins with TAG, "TAG OK done" follows.
	Answer []string

	Then Ending
}

// An Ending is what a Fake does after an answer.
type Ending int

// The endings.
const (
	Continue Ending = iota // it goes on
	HangUp                 // it closes the connection, without the "TAG OK done" that nobody wrote
	FallMute               // it never says anything again, likewise
	Ask                    // it wants another line of the same command, to be expected by the next exchange; likewise
)

// Dial returns a function that connects to a new server in memory. The exchanges go on from one connection to the next.
// When the test ends, an exchange that did not take place fails it.
func (f Fake) Dial(t testing.TB) func() (net.Conn, error) {
	t.Helper()
	s := &fakeServer{Fake: f, t: t}
	t.Cleanup(s.finish)
	return func() (net.Conn, error) {
		near, far := net.Pipe()
		s.mu.Lock()
		s.open = append(s.open, far)
		s.mu.Unlock()
		s.serving.Go(func() {
			defer far.Close()
			if err := s.serve(far); err != nil {
				t.Errorf("imaptest: fake server: %v", err)
			}
		})
		return near, nil
	}
}

// A fakeServer is a Fake at work.
type fakeServer struct {
	Fake
	t       testing.TB
	serving sync.WaitGroup

	mu   sync.Mutex
	next int
	open []net.Conn
}

// finish hangs up and complains about what did not take place.
func (s *fakeServer) finish() {
	s.mu.Lock()
	for _, conn := range s.open {
		conn.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
	for _, e := range s.Exchanges[min(s.next, len(s.Exchanges)):] {
		s.t.Errorf("imaptest: the client never sent %q", e.Command)
	}
}

// serve speaks with one client until either hangs up.
func (s *fakeServer) serve(conn net.Conn) error {
	greeting := s.Greeting
	if greeting == "" {
		greeting = "* OK ready"
	}
	if _, err := io.WriteString(conn, greeting+"\r\n"); err != nil {
		return nil
	}
	reader := bufio.NewReader(conn)
	asked := "" // the tag of the command that goes on
	for {
		tag, command, err := readCommand(reader, conn, asked)
		if err != nil {
			return nil // the client has gone, which is its right
		}
		e, err := s.answer(command)
		if err != nil {
			return err
		}
		// The lines go out as one: a client on a pipe may hang up after any of them.
		if _, err := io.WriteString(conn, strings.ReplaceAll(e.text(), "TAG", tag)); err != nil {
			return nil
		}
		asked = ""
		switch {
		case e.Then == Ask:
			asked = tag
		case e.Then == HangUp || strings.EqualFold(command, "LOGOUT"):
			return nil
		case e.Then == FallMute:
			io.Copy(io.Discard, conn)
			return nil
		}
	}
}

// text is an answer on the wire.
func (e Exchange) text() string {
	var b strings.Builder
	tagged := e.Then != Continue
	for _, line := range e.Answer {
		tagged = tagged || strings.HasPrefix(line, "TAG")
		b.WriteString(line + "\r\n")
	}
	if !tagged {
		b.WriteString("TAG OK done\r\n")
	}
	return b.String()
}

// answer finds what to answer to a command.
func (s *fakeServer) answer(command string) (Exchange, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next < len(s.Exchanges) && s.Exchanges[s.next].matches(command) {
		s.next++
		return s.Exchanges[s.next-1], nil
	}
	for _, e := range s.usual() {
		if e.matches(command) {
			return e, nil
		}
	}
	want := "nothing"
	if s.next < len(s.Exchanges) {
		want = fmt.Sprintf("%q", s.Exchanges[s.next].Command)
	}
	return Exchange{}, fmt.Errorf("got %q, want %s", command, want)
}

// usual is what every server answers.
func (s *fakeServer) usual() []Exchange {
	return []Exchange{
		{Command: "CAPABILITY", Answer: []string{strings.TrimSpace("* CAPABILITY IMAP4rev1 " + s.Capabilities)}},
		{Command: "LOGIN *"},
		{Command: "AUTHENTICATE PLAIN *"}, // with its initial response (RFC 4959)
		{Command: "NOOP"},
		{Command: "ID *", Answer: []string{"* ID NIL"}},
		{Command: "ENABLE *", Answer: []string{"* ENABLED"}},
		{Command: "NAMESPACE", Answer: []string{`* NAMESPACE (("" "/")) NIL NIL`}},
		{Command: "UNSELECT"},
		{Command: "LOGOUT", Answer: []string{"* BYE logging out"}},
	}
}

// matches reports whether a command is the expected one. Case is as in the pattern.
func (e Exchange) matches(command string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(e.Command), `\*`, `(?s:.*)`)
	return regexp.MustCompile(`\A` + pattern + `\z`).MatchString(command)
}

// readCommand reads a command with its literals, for which it gives leave, or another line of the command asked for.
func readCommand(reader *bufio.Reader, conn net.Conn, asked string) (tag, command string, err error) {
	var whole strings.Builder
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return "", "", err
		}
		text := strings.TrimRight(line, "\r\n")
		size, waits, ok := literalAt(text)
		if ok {
			text = strings.TrimSuffix(strings.TrimSuffix(text, "}"), "+") + "}"
		}
		whole.WriteString(text)
		if !ok && asked != "" {
			return asked, whole.String(), nil
		}
		if !ok {
			tag, command, _ := strings.Cut(whole.String(), " ")
			return tag, command, nil
		}
		if size > 1<<24 {
			return "", "", errors.New("literal too large")
		}
		if waits {
			conn.SetWriteDeadline(time.Now().Add(commandTimeout))
			if _, err := io.WriteString(conn, "+ go on\r\n"); err != nil {
				return "", "", err
			}
		}
		octets := make([]byte, size)
		if _, err := io.ReadFull(reader, octets); err != nil {
			return "", "", err
		}
		whole.WriteString("\r\n")
		whole.Write(octets)
	}
}
