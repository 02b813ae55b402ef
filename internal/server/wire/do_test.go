package wire

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

func TestDo(t *testing.T) {
	var l log
	client, conn := dial(t, func(command string) string {
		if command == `LSUB "" "*"` {
			return "* lsub (\\Noselect) \"/\" \"R&D\"\r\n* 4 EXISTS\r\n* LSUB () NIL {3}\r\na b\r\n%T OK [X-Done a b] fine\r\n"
		}
		return "%T OK\r\n"
	}, l.options())
	reply, err := conn.Do(t.Context(), `LSUB "" "*"`, "lsub")
	if err != nil {
		t.Fatal(err)
	}
	if reply.Status != "OK" || reply.Code != "X-DONE" || reply.Arguments != "a b" || reply.Text != "fine" {
		t.Errorf("reply %+v", reply)
	}
	want := `[{0 LSUB [{2  [{0 \Noselect []}]} {1 / []} {1 R&D []}]} {0 LSUB [{2  []} {0 NIL []} {1 a b []}]}]`
	if got := fmt.Sprint(reply.Untagged); got != want {
		t.Errorf("untagged\n%s, want\n%s", got, want)
	}
	if err := client.Noop().Wait(); err != nil {
		t.Errorf("the library afterwards: %v", err)
	}
	if n := l.of(FolderUnreadable); len(n) > 0 {
		t.Errorf("notices of what was wanted: %+v", n)
	}
}

func TestDoCapturesFetch(t *testing.T) {
	_, conn := dial(t, ok("* 2 FETCH (UID 5 SAVEDATE NIL BODY[HEADER.FIELDS (TO)] {3}\r\n)\"( X-GM-LABELS (\"a\\\"b\" \\Inbox))\r\n"), Options{})
	reply, err := conn.Do(t.Context(), "UID FETCH 5 (SAVEDATE)", "FETCH")
	if err != nil {
		t.Fatal(err)
	}
	want := `[{2 FETCH [{2  [{0 UID []} {0 5 []} {0 SAVEDATE []} {0 NIL []} {0 BODY[HEADER.FIELDS (TO)] []} {1 )"( []} {0 X-GM-LABELS []} {2  [{1 a"b []} {0 \Inbox []}]}]}]}]`
	if got := fmt.Sprint(reply.Untagged); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}

func TestDoRefused(t *testing.T) {
	_, conn := dial(t, func(string) string { return "%T NO [MODIFIED 5] not now\r\n" }, Options{})
	_, err := conn.Do(t.Context(), "UID STORE 5 FLAGS ()")
	var mine *Error
	var theirs *imap.Error
	if !errors.As(err, &mine) || mine.Command != "UID STORE" || mine.Code != "MODIFIED" || mine.Arguments != "5" {
		t.Errorf("got %#v", err)
	}
	if !errors.As(err, &theirs) || theirs.Code != "MODIFIED" || theirs.Text != "not now" {
		t.Errorf("for the library's users: %v", theirs)
	}
	if conn.Err() != nil {
		t.Errorf("the connection is gone: %v", conn.Err())
	}
}

func TestDoRefusesToSend(t *testing.T) {
	var l log
	_, conn := dial(t, ok(""), l.options())
	for _, line := range []string{"", " NOOP", "LSUB \"\" \"é\"", "NOOP\r\nX2 DELETE a", "NOOP\n", "a\x00", "SEARCH TEXT {5}", "SEARCH {5+}", "idle", "StartTLS", "APPEND a", "LOGOUT"} {
		if _, err := conn.Do(t.Context(), line); err == nil {
			t.Errorf("%q is sent", line)
		}
	}
	if sent := conn.Stats().Sent; sent != 0 {
		t.Errorf("%d octets are sent", sent)
	}
}

func TestDoUnreadableAnswer(t *testing.T) {
	for _, text := range []string{"* LSUB () \"/\" \"a\r\n", "* LSUB (a\r\n", "* LSUB )\r\n", "* 99999999999 LSUB\r\n"} {
		_, conn := dial(t, ok(text), Options{})
		if reply, err := conn.Do(t.Context(), `LSUB "" "*"`, "LSUB"); err == nil {
			t.Errorf("%q: read as %+v", text, reply)
		}
	}
	_, conn := dial(t, ok("* SEARCH x\r\n"), Options{})
	if reply, err := conn.Do(t.Context(), "SEARCH ALL"); err == nil {
		t.Errorf("a lost answer that was not wanted: %+v", reply)
	}
	_, conn = dial(t, ok("* LSUB "+strings.Repeat("(", 1000)+"\r\n"), Options{})
	if _, err := conn.Do(t.Context(), "LSUB", "LSUB"); err == nil || !errors.Is(conn.Err(), ErrProtocol) {
		t.Errorf("deep nesting: %v, %v", err, conn.Err())
	}
	_, conn = dial(t, func(string) string { return "+ more\r\n" }, Options{})
	if _, err := conn.Do(t.Context(), "NOOP"); !errors.Is(err, ErrProtocol) {
		t.Errorf("a continuation: %v", err)
	}
}

func TestDoContext(t *testing.T) {
	_, conn := dial(t, func(string) string { return "" }, Options{})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := conn.Do(ended, "NOOP"); !errors.Is(err, context.Canceled) || conn.Err() != nil {
		t.Errorf("before it is sent: %v, connection %v", err, conn.Err())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := conn.Do(ctx, "NOOP"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without an answer: %v", err)
	}
	if !errors.Is(conn.Err(), context.DeadlineExceeded) {
		t.Errorf("the connection: %v", conn.Err())
	}
}

// TestDoTakesTurns has the library and Do send at once: neither may see the
// other's answer.
func TestDoTakesTurns(t *testing.T) {
	client, conn := dial(t, func(command string) string {
		return fmt.Sprintf("* SEARCH %d\r\n%%T OK\r\n", len(command))
	}, Options{})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				if reply, err := conn.Do(t.Context(), "SEARCH ALL", "SEARCH"); err != nil || len(reply.Untagged) != 1 ||
					reply.Untagged[0].Values[0].Text != "10" {
					t.Errorf("Do: %+v, %v", reply, err)
				}
			}
		})
	}
	for range 20 {
		if got, err := search(client); err != nil || got != "[14]" {
			t.Errorf("the library: %v, %v", got, err)
		}
	}
	all.Wait()
}

func TestReplyIsBounded(t *testing.T) {
	line := "* 1 FETCH (UID 1 FLAGS (" + strings.Repeat("a ", 1000) + "))\r\n"
	_, conn := dial(t, ok(strings.Repeat(line, 50)), Options{MaxReply: 1 << 20})
	_, err := conn.Do(t.Context(), "UID FETCH 1 FLAGS", "FETCH")
	if !errors.Is(err, ErrProtocol) || !strings.Contains(err.Error(), "more than 1048576 octets") {
		t.Errorf("error %v", err)
	}
	_, conn = dial(t, ok(strings.Repeat(line, 10)), Options{MaxReply: 1 << 20})
	for range 3 { // each command has the limit to itself
		if r, err := conn.Do(t.Context(), "UID FETCH 1 FLAGS", "FETCH"); err != nil || len(r.Untagged) != 10 {
			t.Errorf("%d responses, %v", len(r.Untagged), err)
		}
	}
}

// FuzzDo gives a raw command any answer.
func FuzzDo(f *testing.F) {
	for _, test := range harm {
		f.Add([]byte(test.send))
	}
	f.Add([]byte("* LSUB () NIL {3}\r\na b\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, conn := dial(t, func(string) string { return string(data) + "\r\n%T OK done\r\n" },
			Options{Silence: 50 * time.Millisecond, MaxLine: 1 << 16, MaxLiteral: 1 << 16, MaxNumbers: 1 << 16})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		reply, err := conn.Do(ctx, "UID FETCH 1 X", "LSUB", "FETCH")
		if errors.Is(err, context.DeadlineExceeded) {
			t.Fatal("hangs")
		}
		if err == nil && reply.Status != "OK" {
			t.Errorf("no error for %+v", reply)
		}
	})
}

func TestDoEach(t *testing.T) {
	deep := strings.Repeat("(", 100_000) + `"a)" {2}` + "\r\n)) b" + strings.Repeat(")", 100_000)
	_, conn := dial(t, ok("* 1 FETCH (UID 5 BODYSTRUCTURE "+deep+" FLAGS (a))\r\n"+
		"* 4 EXISTS\r\n"+
		"* 2 FETCH (UID 6 BODYSTRUCTURE (\"text\" (\"name\" \"a\\\"\r\n"+
		"* 3 FETCH (UID 7 BODY[1] {4}\r\n(\"\r\n)\r\n"), Options{MaxReply: 1})
	var got []string
	reply, err := conn.DoEach(t.Context(), "UID FETCH 5:7 (BODYSTRUCTURE)", "fetch", func(r Response, err error) {
		fields := r.Values[0].List
		list := fmt.Sprint(fields)
		if r.Number == 1 {
			depth := 0
			for v := fields[3]; v.Kind == List; v = v.List[0] {
				depth++
			}
			list = fmt.Sprint(depth, fields[4:])
		}
		got = append(got, fmt.Sprint(r.Number, " ", list, " ", err))
	})
	if err != nil || reply.Status != "OK" || len(reply.Untagged) > 0 {
		t.Errorf("reply %+v, %v", reply, err)
	}
	want := []string{
		`1 100 [{0 FLAGS []} {2  [{0 a []}]}] <nil>`,
		`2 [{0 UID []} {0 6 []} {0 BODYSTRUCTURE []} {2  [{1 text []} {2  [{1 name []}]}]}] ` +
			"the response FETCH of the server cannot be read: it cannot be parsed at \"\\\"a\\\\\\\"\\r\\n\"",
		"3 [{0 UID []} {0 7 []} {0 BODY[1] []} {1 (\"\r\n []}] <nil>",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestDoEachRefused(t *testing.T) {
	_, conn := dial(t, func(string) string { return "* 1 FETCH (UID 5)\r\n%T NO not all\r\n" }, Options{})
	given := 0
	_, err := conn.DoEach(t.Context(), "UID FETCH 5 (UID)", "FETCH", func(Response, error) { given++ })
	if _, refused := errors.AsType[*Error](err); !refused || given != 1 {
		t.Errorf("given %d, %v", given, err)
	}
}

// When the waiting has been given up, nothing is given any more: whoever waited may
// use what was given meanwhile.
func TestDoEachGivenUp(t *testing.T) {
	for range 50 {
		_, conn := dial(t, ok(strings.Repeat("* 1 FETCH (UID 5)\r\n", 200)), Options{})
		ctx, cancel := context.WithCancel(t.Context())
		given := 0
		_, err := conn.DoEach(ctx, "UID FETCH 5 (UID)", "FETCH", func(Response, error) {
			if given++; given == 20 {
				cancel()
			}
		})
		given++ // the race detector tells if it is given at the same time
		if err == nil && given != 201 {
			t.Errorf("given %d without an error", given-1)
		}
		cancel()
	}
}
