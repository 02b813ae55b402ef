package wire

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-imap/v2/imapclient"
)

const greeting = "* OK [CAPABILITY IMAP4rev1 IMAP4rev2 ESEARCH UIDPLUS MOVE LITERAL+] ready\r\n"

// A handler answers a command, given without its tag; "%T" in what it returns
// stands for the tag. Nothing means that the server stays silent, "close" that
// it hangs up.
type handler func(command string) string

// ok answers any command with these untagged lines.
func ok(untagged string) handler {
	return func(string) string { return untagged + "%T OK done\r\n" }
}

// serve is a server that greets and answers lines.
func serve(conn net.Conn, greet string, h handler) {
	defer conn.Close()
	if _, err := io.WriteString(conn, greet); err != nil {
		return
	}
	lines := bufio.NewReader(conn)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		tag, command, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		answer := h(command)
		if answer == "close" {
			return
		}
		if _, err := io.WriteString(conn, strings.ReplaceAll(answer, "%T", tag)); err != nil {
			return
		}
	}
}

// A log keeps what a connection tells.
type log struct {
	mu      sync.Mutex
	notices []Notice
	lines   []Line
}

func (l *log) options() Options {
	return Options{
		Notify: func(n Notice) { l.mu.Lock(); defer l.mu.Unlock(); l.notices = append(l.notices, n) },
		Trace:  func(n Line) { l.mu.Lock(); defer l.mu.Unlock(); l.lines = append(l.lines, n) },
	}
}

func (l *log) of(kind Kind) (found []Notice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.notices {
		if n.Kind == kind {
			found = append(found, n)
		}
	}
	return found
}

func (l *log) trace() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	for _, line := range l.lines {
		side := "S: "
		if line.Sent {
			side = "C: "
		}
		fmt.Fprintln(&b, side+line.Text)
	}
	return b.String()
}

// dial connects the library to a server through a Conn.
func dial(t testing.TB, h handler, o Options) (*imapclient.Client, *Conn) {
	t.Helper()
	conn := pipe(t, greeting, h, o)
	client := imapclient.New(conn, nil)
	t.Cleanup(func() { client.Close() })
	if err := client.WaitGreeting(); err != nil {
		t.Fatalf("greeting: %v", err)
	}
	return client, conn
}

// pipe connects a Conn to a server, without the library.
func pipe(t testing.TB, greet string, h handler, o Options) *Conn {
	t.Helper()
	near, far := net.Pipe()
	var done sync.WaitGroup
	done.Go(func() { serve(far, greet, h) })
	conn := New(near, o)
	t.Cleanup(func() { conn.Close(); far.Close(); done.Wait() })
	return conn
}
