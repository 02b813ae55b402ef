package imaptest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// through logs in through a recorder, in memory.
func through(t *testing.T, r *Recorder) *client {
	t.Helper()
	conn, err := r.Dial()
	if err != nil {
		t.Fatal(err)
	}
	c, err := greeted(conn, "user", "secret")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.conn.Close() })
	return c
}

func TestProxyRecords(t *testing.T) {
	fake := Fake{Exchanges: []Exchange{
		{Command: `EXAMINE "x"`, Answer: []string{"* 3 EXISTS", "TAG OK [READ-ONLY] done"}},
		{Command: "UID FETCH 1:* (BODY.PEEK[])", Answer: []string{"* 1 FETCH (BODY[] {10}\r\na1 OK no\r\n UID 7)", "* 2 EXISTS"}},
		{Command: "APPEND \"a\" {12}\r\nb1 EXPUNGE\r\n"},
	}}
	r := Proxy(t, fake.Dial(t), Script{})
	c := through(t, r)
	for _, command := range [][]any{
		{"EXAMINE", `"x"`}, {"UID FETCH", "1:*", "(BODY.PEEK[])"}, {"APPEND", `"a"`, literal("b1 EXPUNGE\r\n")}, {"LOGOUT"},
	} {
		if _, err := c.do(command...); err != nil {
			t.Fatal(err)
		}
	}

	want := []Command{
		{Conn: 1, Burst: 1, Tag: "a1", Name: "LOGIN", Line: `LOGIN "user" "secret"`, Octets: 26, Status: "OK", Reply: "OK done", Sent: 1, Answered: 2},
		{Conn: 1, Burst: 2, Tag: "a2", Name: "EXAMINE", Line: `EXAMINE "x"`, Octets: 16, Status: "OK", Reply: "OK [READ-ONLY] done",
			Sent: 3, Answered: 4, Responses: []string{"* 3 EXISTS"}},
		{Conn: 1, Burst: 3, Tag: "a3", Name: "UID FETCH", Line: "UID FETCH 1:* (BODY.PEEK[])", Octets: 32, Status: "OK", Reply: "OK done",
			Sent: 5, Answered: 6, Responses: []string{"* 1 FETCH (BODY[] {10} UID 7)", "* 2 EXISTS"}},
		{Conn: 1, Burst: 4, Tag: "a4", Name: "APPEND", Line: `APPEND "a" {12}`, Octets: 34, Status: "OK", Reply: "OK done",
			Sent: 7, Answered: 8, Literals: []Literal{{Size: 12, Data: []byte("b1 EXPUNGE\r\n")}}},
		{Conn: 1, Burst: 6, Tag: "a5", Name: "LOGOUT", Line: "LOGOUT", Octets: 11, Status: "OK", Reply: "OK done",
			Sent: 9, Answered: 10, Responses: []string{"* BYE logging out"}},
	}
	if diff := cmp.Diff(want, r.Commands(), cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".faults" }, cmp.Ignore())); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
	cost := r.Cost()
	if cost.Received == 0 {
		t.Error("no octets received")
	}
	cost.Received = 0
	if want := (Cost{Connections: 1, Commands: 5, RoundTrips: 6, Sent: 26 + 16 + 32 + 34 + 11}); cost != want {
		t.Errorf("cost: got %+v, want %+v", cost, want)
	}
}

// A pipeline is one round trip, however its answers come.
func TestProxyCountsBursts(t *testing.T) {
	r := Proxy(t, Fake{}.Dial(t), Script{})
	c := through(t, r)
	if _, err := io.WriteString(c.conn, "x NOOP\r\ny NOOP\r\nz NOOP\r\n"); err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"x", "y", "z"} {
		if line, err := c.reader.ReadString('\n'); err != nil || line != tag+" OK done\r\n" {
			t.Fatalf("got %q, %v", line, err)
		}
	}
	if got := r.Cost().RoundTrips; got != 2 {
		t.Errorf("got %d round trips, want 2", got)
	}
}

// A command that arrives octet by octet is the same command.
func TestProxyReassembles(t *testing.T) {
	r := Proxy(t, Fake{Exchanges: []Exchange{{Command: "CREATE {4}\r\nabcd"}}}.Dial(t), Script{})
	c := through(t, r)
	for _, octet := range []byte("q CREATE {4+}\r\nabcd\r\n") {
		if _, err := c.conn.Write([]byte{octet}); err != nil {
			t.Fatal(err)
		}
	}
	if line, err := c.reader.ReadString('\n'); err != nil || line != "q OK done\r\n" {
		t.Errorf("got %q, %v", line, err)
	}
	if got := r.Commands()[1]; got.Line != "CREATE {4+}" || string(got.Literals[0].Data) != "abcd" {
		t.Errorf("got %+v", got)
	}
}

func TestProxyFaults(t *testing.T) {
	const command, literalText = "APPEND", "0123456789"
	for _, test := range []struct {
		name    string
		fault   Fault
		server  string // what reaches the server of the command
		answers int    // how many lines of the answer reach the client; -1: it depends
	}{
		{"before", Fault{At: BeforeCommand}, "", 0},
		{"in the line", Fault{At: InCommand}, "a2 APPEND ", 0},
		{"in the literal", Fault{At: InLiteral}, "a2 APPEND \"x\" {10+}\r\n01234", 0},
		{"after", Fault{At: AfterCommand}, "a2 APPEND \"x\" {10+}\r\n0123456789\r\n", -1},
		{"before the answer", Fault{At: BeforeAnswer}, "a2 APPEND \"x\" {10+}\r\n0123456789\r\n", 0},
		{"before the reply", Fault{At: BeforeReply}, "a2 APPEND \"x\" {10+}\r\n0123456789\r\n", 1},
		{"in the reply", Fault{At: InReply}, "a2 APPEND \"x\" {10+}\r\n0123456789\r\n", 1},
		{"delayed", Fault{At: BeforeCommand, Do: Delay, Delay: time.Millisecond}, "a2 APPEND \"x\" {10+}\r\n0123456789\r\n", 2},
		{"client octets", Fault{At: ClientOctets, Offset: 26 + 7}, "a2 APPE", 0},
		{"server octets", Fault{At: ServerOctets, Offset: 12 + 12 + 5}, "a2 APPEND \"x\" {10+}\r\n0123456789\r\n", 0},
		{"another command", Fault{At: BeforeCommand, Match: Named("NOOP")}, "a2 APPEND \"x\" {10+}\r\n0123456789\r\n", 2},
		{"the second", Fault{At: BeforeCommand, Match: Named(command), Nth: 2}, "a2 APPEND \"x\" {10+}\r\n0123456789\r\n", 2},
		{"another connection", Fault{At: ClientOctets, Nth: 2}, "a2 APPEND \"x\" {10+}\r\n0123456789\r\n", 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.fault.Match == nil && test.fault.At < ClientOctets {
				test.fault.Match = Named(command)
			}
			got := make(chan string, 1)
			r := Proxy(t, recordingServer(got), Script{Faults: []Fault{test.fault}})
			c := through(t, r)
			io.WriteString(c.conn, "a2 APPEND \"x\" {10+}\r\n"+literalText+"\r\n") // may be cut
			var lines []string
			for len(lines) < 2 {
				line, err := c.reader.ReadString('\n')
				if err != nil {
					break
				}
				lines = append(lines, line)
			}
			if len(lines) != test.answers && test.answers >= 0 {
				t.Errorf("answer: got %q, want %d lines", lines, test.answers)
			}
			c.conn.Close()
			if heard := <-got; heard != test.server {
				t.Errorf("the server got %q, want %q", heard, test.server)
			}
		})
	}
}

// recordingServer dials a server that answers LOGIN and, when it has seen 20 digits and line ends more, one more command.
// It tells what it got after LOGIN when the connection ends.
func recordingServer(got chan<- string) func() (net.Conn, error) {
	return func() (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			io.WriteString(far, "* OK ready\r\n")
			var all []byte
			buffer := make([]byte, 1024)
			answered := 0
			for {
				n, err := far.Read(buffer)
				all = append(all, buffer[:n]...)
				if answered == 0 && strings.Contains(string(all), "\r\n") {
					answered++
					io.WriteString(far, "a1 OK done\r\n")
				}
				if answered == 1 && strings.HasSuffix(string(all), "9\r\n") {
					answered++
					io.WriteString(far, "* 1 EXISTS\r\na2 OK done\r\n")
				}
				if err != nil {
					_, after, _ := strings.Cut(string(all), "\r\n")
					got <- after
					return
				}
			}
		}()
		return near, nil
	}
}

func TestProxyBlackHole(t *testing.T) {
	r := Proxy(t, Fake{}.Dial(t), Script{Faults: []Fault{{At: BeforeReply, Match: Named("NOOP"), Do: BlackHole}}})
	c := through(t, r)
	io.WriteString(c.conn, "x NOOP\r\n")
	c.conn.SetDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := c.reader.ReadByte(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want silence", err)
	}
	c.conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.WriteString(c.conn, "y NOOP\r\n"); err != nil {
		t.Errorf("the client was told: %v", err)
	}
}

func TestProxyRewrites(t *testing.T) {
	r := Proxy(t, Fake{Capabilities: "MOVE UIDPLUS"}.Dial(t), Script{Rewrite: Without("MOVE")})
	got, err := through(t, r).capabilities()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"IMAP4rev1", "UIDPLUS"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestProxyOnLoopback(t *testing.T) {
	r := Proxy(t, Fake{}.Dial(t), Script{})
	conn, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	c, err := greeted(conn, "user", "secret")
	if err != nil {
		t.Fatal(err)
	}
	c.close()
	if r.Sent("LOGIN") != 1 || r.Sent("LOGOUT") != 1 {
		t.Errorf("got\n%s", r.Transcript())
	}
}

func TestProxyWithoutServer(t *testing.T) {
	refused := errors.New("refused")
	r := Proxy(t, func() (net.Conn, error) { return nil, refused }, Script{})
	if _, err := r.Dial(); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	conn, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	if n, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %d octets, %v, want the connection closed", n, err)
	}
}

// A witness is a test that takes note of failures instead of failing.
type witness struct {
	testing.TB
	errors   []string
	cleanups []func()
}

func (w *witness) Helper()             {}
func (w *witness) Failed() bool        { return len(w.errors) > 0 }
func (w *witness) Logf(string, ...any) {}
func (w *witness) Cleanup(f func())    { w.cleanups = append(w.cleanups, f) }
func (w *witness) Errorf(format string, a ...any) {
	w.errors = append(w.errors, fmt.Sprintf(format, a...))
}
func (w *witness) finish() {
	for i := range w.cleanups {
		w.cleanups[len(w.cleanups)-1-i]()
	}
}

func TestRecorderFailsItsTest(t *testing.T) {
	for _, test := range []struct {
		name   string
		script Script
		say    string
		want   int
	}{
		{"EXPUNGE", Script{}, "x EXPUNGE\r\n", 1},
		{"a plan that selects", Script{ReadOnly: true}, "x SELECT x\r\n", 1},
		{"an apply that selects", Script{}, "x SELECT x\r\n", 0},
		{"unlinted", Script{Unlinted: true}, "x EXPUNGE\r\n", 0},
		{"TLS", Script{}, "x STARTTLS\r\n", 1},
		{"TLS allowed", Script{Opaque: true}, "x STARTTLS\r\n", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &witness{TB: t}
			fake := Fake{Exchanges: []Exchange{{Command: "EXPUNGE"}, {Command: "SELECT x"}, {Command: "STARTTLS"}}}
			for i, e := range fake.Exchanges {
				if strings.Contains(test.say, " "+e.Command) {
					fake.Exchanges = fake.Exchanges[i : i+1]
					break
				}
			}
			r := Proxy(w, fake.Dial(t), test.script)
			c := through(t, r)
			io.WriteString(c.conn, test.say)
			if _, err := c.reader.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			w.finish()
			if len(w.errors) != test.want {
				t.Errorf("got %q, want %d errors", w.errors, test.want)
			}
		})
	}
}

func TestRecorderReadOnlyForAWhile(t *testing.T) {
	r := Proxy(t, Fake{Exchanges: []Exchange{{Command: "EXAMINE x"}, {Command: "SELECT x"}}}.Dial(t), Script{})
	c := through(t, r)
	r.ReadOnly(func() { c.do("EXAMINE", "x") })
	c.do("SELECT", "x")
	var got []bool
	for _, c := range r.Commands() {
		got = append(got, c.ReadOnly)
	}
	if diff := cmp.Diff([]bool{false, true, false}, got); diff != "" {
		t.Error(diff)
	}
}

// A literal that is refused ends the command: what comes next is another one.
func TestProxyRefusedLiteral(t *testing.T) {
	near, far := net.Pipe()
	go func() {
		defer far.Close()
		lines := bufio.NewReader(far)
		fmt.Fprint(far, "* OK ready\r\n")
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			tag, _, _ := strings.Cut(line, " ")
			status := "OK"
			if strings.HasSuffix(line, "}\r\n") {
				status = "NO"
			}
			fmt.Fprintf(far, "%s %s done\r\n", tag, status)
		}
	}()
	r := Proxy(t, func() (net.Conn, error) { return near, nil }, Script{})
	conn, err := r.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	for _, say := range []string{"", "a1 APPEND x {12}\r\n", "a2 NOOP\r\n"} {
		fmt.Fprint(conn, say)
		if _, err := answers.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	got := r.Commands()
	if len(got) != 2 || got[0].Status != "NO" || got[0].Line != "APPEND x {12}" || got[0].Sent == 0 || got[1].Name != "NOOP" || got[1].Status != "OK" {
		t.Errorf("commands %+v", got)
	}
}
