package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, conn := dial(t, func(command string) string {
			if command == "NOOP" {
				return ""
			}
			return "%T OK\r\n"
		}, Options{Silence: 5 * time.Second})
		time.Sleep(time.Hour) // nothing is due
		if err := client.Subscribe("a").Wait(); err != nil {
			t.Fatalf("after an idle hour: %v", err)
		}
		start := time.Now()
		if err := client.Noop().Wait(); err == nil {
			t.Fatal("a NOOP without answer succeeds")
		}
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("gave up after %v, want 5s", took)
		}
		if !errors.Is(conn.Err(), ErrSilent) {
			t.Errorf("the reason is %v", conn.Err())
		}
		for range 3 {
			if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, ErrSilent) {
				t.Errorf("a later read: %v", err)
			}
			if _, err := conn.Write([]byte("x")); !errors.Is(err, ErrSilent) {
				t.Errorf("a later write: %v", err)
			}
		}
	})
}

func TestSilenceRenewedByEachOctet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		go func() {
			io.WriteString(far, greeting)
			far.Read(make([]byte, 100))
			for _, octet := range "* SEARCH 1 2 3 4 5 6 7 8 9 10\r\nT1 OK\r\n" {
				time.Sleep(4 * time.Second) // the library alone would give up after 30
				io.WriteString(far, string(octet))
			}
		}()
		client := imapclient.New(New(near, Options{Silence: 5 * time.Second}), nil)
		defer client.Close()
		if got, err := search(client); err != nil || got != "[1 2 3 4 5 6 7 8 9 10]" {
			t.Errorf("got %v, %v", got, err)
		}
		far.Close()
	})
}

func TestSilentGreetingAndWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, _ := net.Pipe() // nobody reads or writes at the far end
		conn := New(near, Options{Silence: time.Second})
		if _, err := conn.Read(make([]byte, 10)); !errors.Is(err, ErrSilent) {
			t.Errorf("greeting: %v", err)
		}
		near, _ = net.Pipe()
		conn = New(near, Options{Silence: time.Second})
		if _, err := conn.Write([]byte("T1 NOOP\r\n")); !errors.Is(err, ErrSilent) {
			t.Errorf("write: %v", err)
		}
	})
}

func TestIdleMayBeSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := func(command string) string { return map[string]string{"IDLE": "+ idling\r\n"}[command] + "" }
		near, far := net.Pipe()
		go serve(far, greeting, func(command string) string {
			if command == "" { // "DONE" is a tag alone
				return "T1 OK done\r\n"
			}
			return h(command)
		})
		client := imapclient.New(New(near, Options{Silence: time.Second}), nil)
		defer client.Close()
		idle, err := client.Idle()
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
			t.Errorf("IDLE: %v", err)
		}
	})
}

func TestCloseOnContext(t *testing.T) {
	client, conn := dial(t, func(string) string { return "" }, Options{})
	why := errors.New("asked to stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer conn.CloseOn(ctx)()
	command := client.Noop()
	cancel(why)
	if err := command.Wait(); err == nil {
		t.Error("the command succeeds")
	}
	if !errors.Is(conn.Err(), why) {
		t.Errorf("the reason is %v", conn.Err())
	}
	if err := errors.Join(conn.Close(), conn.Close()); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

func TestReleasedContextDoesNotClose(t *testing.T) {
	client, conn := dial(t, ok(""), Options{})
	ctx, cancel := context.WithCancel(t.Context())
	conn.CloseOn(ctx)()
	cancel()
	if err := client.Noop().Wait(); err != nil {
		t.Error(err)
	}
}

func TestServerHangsUp(t *testing.T) {
	client, conn := dial(t, func(string) string { return "close" }, Options{})
	if err := client.Noop().Wait(); err == nil {
		t.Error("the command succeeds")
	}
	if !errors.Is(conn.Err(), io.EOF) {
		t.Errorf("the reason is %v", conn.Err())
	}
}

func TestRev2Hidden(t *testing.T) {
	for _, test := range []struct{ caps, want string }{
		{"IMAP4rev1 imap4REV2 MOVE", "IMAP4rev1 MOVE"},
		{"IMAP4rev2 MOVE", "IMAP4rev2 MOVE"},
		{"IMAP4rev1  x\"y MOVE", "IMAP4rev1 MOVE"},
	} {
		client, _ := dial(t, ok("* CAPABILITY "+test.caps+"\r\n"), Options{})
		caps, err := client.Capability().Wait()
		if err != nil {
			t.Fatal(err)
		}
		if len(caps) != len(strings.Fields(test.want)) {
			t.Errorf("of %q the library sees %v, want %q", test.caps, caps, test.want)
		}
	}
	client, _ := dial(t, ok(""), Options{})
	if client.Caps().Has(imap.CapIMAP4rev2) || !client.Caps().Has(imap.CapMove) {
		t.Errorf("of the greeting the library sees %v", client.Caps())
	}
}

func TestNoticesOfCodes(t *testing.T) {
	var l log
	client, _ := dial(t, ok("* NO [ALERT] disk is failing\r\n* BYE so long\r\n"), l.options())
	if err := client.Noop().Wait(); err != nil {
		t.Fatal(err)
	}
	found := l.of(StatusResponse)
	if len(found) != 4 {
		t.Fatalf("%d notices: %+v", len(found), found)
	}
	if n := found[1]; n.Type != "NO" || n.Code != "ALERT" || n.Text != "disk is failing" {
		t.Errorf("alert: %+v", n)
	}
	if n := found[2]; n.Type != "BYE" || n.Text != "so long" {
		t.Errorf("bye: %+v", n)
	}
	if n := found[3]; n.Tag != "T1" || n.Command != "NOOP" || n.Type != "OK" || n.Text != "done" {
		t.Errorf("tagged: %+v", n)
	}
}

func TestTaggedCodeArguments(t *testing.T) {
	var l log
	client, _ := dial(t, func(string) string { return "%T OK [Modified 5,7:9] some failed\r\n" }, l.options())
	store := imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagSeen}}
	if err := client.Store(imap.UIDSetNum(5), &store, &imap.StoreOptions{UnchangedSince: 3}).Close(); err != nil {
		t.Fatal(err)
	}
	n := l.of(StatusResponse)[1]
	if n.Command != "UID STORE" || n.Code != "MODIFIED" || n.Arguments != "5,7:9" {
		t.Errorf("got %+v", n)
	}
}

func TestCopyUIDKeepsPairs(t *testing.T) {
	want := &Copied{UIDValidity: 14, Source: []imap.UID{5, 3, 9, 8}, Dest: []imap.UID{10, 11, 12, 13}}
	for _, form := range []string{"%T OK [COPYUID 14 5,3,9:8 10:13] done\r\n", "* OK [copyuid 14 5,3,9:8 10:13] moved\r\n%T OK\r\n"} {
		var l log
		client, _ := dial(t, func(string) string { return form }, l.options())
		data, err := client.Move(imap.UIDSetNum(3, 5, 8, 9), "a").Wait()
		if err != nil || fmt.Sprint(data.SourceUIDs) != "3,5,8:9" {
			t.Fatalf("the library: %+v, %v", data, err)
		}
		if got := l.of(StatusResponse)[1].Copied; !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestFlagsNoticeNamesMessage(t *testing.T) {
	var l log
	client, _ := dial(t, ok("* 3 FETCH (FLAGS (a]b) UID 7)\r\n"), l.options())
	if _, err := fetch(client); err != nil {
		t.Fatal(err)
	}
	if n := l.of(FlagsUnreadable); len(n) != 1 || n[0].UID != 7 || n[0].Number != 3 || n[0].Item != "a]b" {
		t.Errorf("got %+v", n)
	}
}

func TestLargeLiteralStreams(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789abcde\n"), streamFrom/8)
	text := fmt.Sprintf("* 1 FETCH (FLAGS (a]b) UID 7 X-BIG {%d}\r\n%s BODY[] {%[1]d}\r\n%[2]s MODSEQ (5) BODY[1] {3}\r\nxyz)\r\n", len(body), body)
	var l log
	client, conn := dial(t, ok(text), l.options())
	got, err := client.Fetch(imap.UIDSetNum(7), &imap.FetchOptions{UID: true}).Collect()
	if err != nil || len(got) != 1 {
		t.Fatalf("%d messages, %v; %v", len(got), err, conn.Err())
	}
	m := got[0]
	if m.ModSeq != 5 || len(m.BodySection) != 2 || !bytes.Equal(m.BodySection[0].Bytes, body) || string(m.BodySection[1].Bytes) != "xyz" {
		t.Errorf("got modseq %d, %d sections", m.ModSeq, len(m.BodySection))
	}
	if cap(conn.in.seg) > streamFrom {
		t.Errorf("%d octets are held", cap(conn.in.seg))
	}
	if strings.Contains(l.trace(), "0123456789") {
		t.Error("the trace shows a literal")
	}
}

func TestLargeLiteralAheadOfUID(t *testing.T) {
	text := fmt.Sprintf("* 1 FETCH (BODY[] {%d}\r\n%s UID 7)\r\n", streamFrom+1, strings.Repeat("x", streamFrom+1))
	client, conn := dial(t, ok(text), Options{})
	if got, err := fetch(client); err == nil {
		t.Errorf("delivered %q", got)
	}
	if !errors.Is(conn.Err(), errLateUID) {
		t.Errorf("the reason is %v", conn.Err())
	}
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for name, text := range map[string]string{
		"line":            "* LIST () \"/\" " + long + "\r\n",
		"literal in name": "* LIST () \"/\" {60000}\r\n",
		"literal":         "* 1 FETCH (UID 1 BODY[] {70000}\r\n",
		"second literal":  "* 1 FETCH (UID 1 BODY[1] {40000}\r\n" + long[:40000] + " BODY[] {40000}\r\n",
		"negative":        "* 1 FETCH (UID 1 BODY[] {-5}\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			client, conn := dial(t, ok(text), Options{MaxLine: 50_000, MaxLiteral: 65_000, Silence: time.Second})
			if got, err := fetch(client); err == nil {
				t.Errorf("delivered %q", got)
			}
			if err := conn.Err(); name != "negative" && !errors.Is(err, ErrProtocol) {
				t.Errorf("the reason is %v", err)
			}
		})
	}
}

func TestTraceHidesSecrets(t *testing.T) {
	var l log
	client, _ := dial(t, func(command string) string {
		switch {
		case strings.HasPrefix(command, "APPEND"):
			return "+ go\r\n"
		case strings.HasPrefix(command, "AUTHENTICATE"):
			return "+ \r\n"
		case command == "": // a SASL response is a tag alone
			return "T2 OK [CAPABILITY IMAP4rev1] in\r\n"
		case strings.Contains(command, "literal body"):
			return "T3 OK\r\n"
		}
		return "%T OK [CAPABILITY IMAP4rev1] in\r\n"
	}, l.options())
	if err := client.Login("someone", "geheim").Wait(); err != nil {
		t.Fatal(err)
	}
	if err := client.Authenticate(sasl.NewPlainClient("", "someone", "geheim")); err != nil {
		t.Fatal(err)
	}
	cmd := client.Append("a", 12, nil)
	if _, err := io.WriteString(cmd, "literal body"); err != nil {
		t.Fatal(err)
	}
	cmd.Close()
	client.Close()
	trace := l.trace()
	for _, secret := range []string{"geheim", "someone", "literal body", "AHNvbWVvbmUAZ2VoZWlt"} {
		if strings.Contains(trace, secret) {
			t.Errorf("the trace shows %q:\n%s", secret, trace)
		}
	}
	for _, line := range []string{"C: T1 LOGIN ***\n", "C: T2 AUTHENTICATE PLAIN\n", "S: + ***\n", "C: ***\n", "C: T3 APPEND \"a\" {12} (12 octets)\n"} {
		if !strings.Contains(trace, line) {
			t.Errorf("the trace lacks %q:\n%s", line, trace)
		}
	}
}

func TestTraceHidesStructures(t *testing.T) {
	var l log
	_, conn := dial(t, ok("* 1 FETCH (UID 5 BodyStructure (\"text\" \"plain\" (\"name\" {6}\r\ngeheim \"name2\" \"geheim\" \"x\" {3}\r\nabc) \"geheim\"))\r\n"+
		"* 2 FETCH (UID 6 BODYSTRUCTURE NIL)\r\n* 3 FETCH (UID 7 BODY[1] {6}\r\ngeheim FLAGS (shown))\r\n"), l.options())
	if _, err := conn.Do(t.Context(), "UID FETCH 5:7 (BODYSTRUCTURE)", "FETCH"); err != nil {
		t.Fatal(err)
	}
	trace := l.trace()
	if strings.Contains(trace, "geheim") || strings.Contains(trace, "name") {
		t.Errorf("the trace shows what messages hold:\n%s", trace)
	}
	for _, shown := range []string{"* 1 FETCH (UID 5 BodyStructure (***", "(UID 6 BODYSTRUCTURE NIL)", "BODY[1] {6} (6 octets)", "FLAGS (shown)"} {
		if !strings.Contains(trace, shown) {
			t.Errorf("the trace does not show %q:\n%s", shown, trace)
		}
	}
}

func TestTraceHidesLoginLiterals(t *testing.T) {
	f := newFlight()
	lines, _, err := f.sent([]byte("T1 LOGIN {4+}\r\nuser {6+}\r\ngeheim\r\nT2 NOOP\r\n"), true)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range lines {
		got = append(got, l.Text)
	}
	want := []string{"T1 LOGIN *** (4 octets)", "***", "***", "T2 NOOP"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestStats(t *testing.T) {
	client, conn := dial(t, ok("* 3 EXISTS\r\n"), Options{})
	for range 3 {
		if err := client.Noop().Wait(); err != nil {
			t.Fatal(err)
		}
	}
	want := Stats{Commands: 3, Sent: 3 * 9, RoundTrips: 3, Received: int64(len(greeting)) + 3*int64(len("* 3 EXISTS\r\nT1 OK done\r\n"))}
	got := conn.Stats()
	want.Waited = got.Waited // see TestWaited
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestPipeline has many commands in flight at once: the time for each must not
// grow with their number, or these would take a minute.
func TestPipeline(t *testing.T) {
	const n = 50_000
	f := newFlight()
	start := time.Now()
	for i := range n {
		f.sent(fmt.Appendf(nil, "T%d STATUS \"a\" (MESSAGES)\r\n", i), false)
	}
	for i := range n {
		if cmd := f.answered(fmt.Sprintf("T%d", i)); cmd == nil || cmd.name != "STATUS" {
			t.Fatalf("command %d: %+v", i, cmd)
		}
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("%d commands took %v", n, took)
	}
	if !f.quiet() || len(f.names) > 0 {
		t.Errorf("left over: %+v", f)
	}
}
