package wire

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
)

// gathering is a server that answers so many commands at once, when it has them all. In
// its answer %1 is the first tag, %2 the second, and so on.
func gathering(t testing.TB, n int, answer string, o Options) *Conn {
	t.Helper()
	near, far := net.Pipe()
	var done sync.WaitGroup
	done.Go(func() {
		defer far.Close()
		if _, err := io.WriteString(far, greeting); err != nil {
			return
		}
		lines := bufio.NewReader(far)
		for {
			text := answer
			for i := range n {
				line, err := lines.ReadString('\n')
				if err != nil {
					return
				}
				tag, _, _ := strings.Cut(line, " ")
				text = strings.ReplaceAll(text, fmt.Sprintf("%%%d", i+1), tag)
			}
			text, hangup := strings.CutSuffix(text, "close")
			if _, err := io.WriteString(far, text); err != nil || hangup {
				return
			}
		}
	})
	conn := New(near, o)
	client := imapclient.New(conn, nil)
	t.Cleanup(func() { client.Close(); far.Close(); done.Wait() })
	if err := client.WaitGreeting(); err != nil { // which is told to whoever asks first
		t.Fatal(err)
	}
	return conn
}

// shown is what became of a burst, a line for each command.
func shown(answers []Answer) string {
	var b strings.Builder
	for _, a := range answers {
		var told, untagged []string
		for _, n := range a.Reply.Told {
			told = append(told, strings.TrimSpace(n.Code+" "+n.Arguments))
		}
		for _, r := range a.Reply.Untagged {
			untagged = append(untagged, fmt.Sprint(r.Type, len(r.Values)))
		}
		fmt.Fprintf(&b, "%s%v%v", a.Reply.Status, told, untagged)
		if refused, ok := errors.AsType[*Error](a.Err); ok {
			fmt.Fprintf(&b, " %s: %s", refused.Command, refused.Text)
		} else if a.Err != nil {
			fmt.Fprint(&b, " lost")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestTogether(t *testing.T) {
	requests := []Request{
		{Line: "NAMESPACE", Wanted: []string{"namespace"}},
		{Line: `LIST "" "*"`, Wanted: []string{"LIST", "STATUS"}},
		{Line: "UID MOVE 1 a", Wanted: []string{"LIST"}},
	}
	for name, c := range map[string]struct{ answer, want string }{
		"in order": {
			"* NAMESPACE NIL NIL NIL\r\n%1 OK a\r\n* LIST () NIL a\r\n* STATUS a ()\r\n%2 OK b\r\n* OK [COPYUID 1 1 1] x\r\n%3 OK c\r\n",
			"OK[][NAMESPACE3]\nOK[][LIST3 STATUS2]\nOK[COPYUID 1 1 1][]\n",
		},
		"tags out of order": {
			"%3 OK c\r\n* NAMESPACE NIL NIL NIL\r\n%1 OK a\r\n* LIST () NIL a\r\n%2 OK b\r\n",
			"OK[][NAMESPACE3]\nOK[][LIST3]\nOK[][]\n",
		},
		"responses out of order": {
			"* LIST () NIL a\r\n* NAMESPACE NIL NIL NIL\r\n* OK [ALERT] x\r\n%2 OK b\r\n* LIST () NIL b\r\n%1 OK a\r\n* OK [UIDNEXT 5] x\r\n%3 OK c\r\n",
			"OK[ALERT][NAMESPACE3]\nOK[][LIST3]\nOK[UIDNEXT 5][LIST3]\n",
		},
		"one refused in the middle": {
			"* NAMESPACE NIL NIL NIL\r\n%1 OK a\r\n* OK without a code\r\n%2 NO not now\r\n%3 OK c\r\n",
			"OK[][NAMESPACE3]\nNO[][] LIST: not now\nOK[][]\n",
		},
		"unreadable":               {"* NAMESPACE ((\r\n%1 OK a\r\n%2 OK b\r\n%3 BAD c\r\n", "OK[][NAMESPACE1] lost\nOK[][]\nBAD[][] UID MOVE: c\n"},
		"lost after the first":     {"%2 OK b\r\nclose", "[][] lost\nOK[][]\n[][] lost\n"},
		"lost":                     {"close", "[][] lost\n[][] lost\n[][] lost\n"},
		"a tag nobody sent":        {"%1 OK a\r\nX99 OK b\r\n%2 OK b\r\n%3 OK c\r\n", "OK[][]\n[][] lost\n[][] lost\n"},
		"a tag twice":              {"%1 OK a\r\n%1 OK a\r\n%2 OK b\r\n%3 OK c\r\n", "OK[][]\n[][] lost\n[][] lost\n"},
		"more of what is complete": {"%1 OK a\r\n+ go on\r\n%2 OK b\r\n%3 OK c\r\n", "OK[][]\n[][] lost\n[][] lost\n"},
	} {
		t.Run(name, func(t *testing.T) {
			conn := gathering(t, 3, c.answer, Options{})
			if got := shown(conn.Together(t.Context(), requests)); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if trips := conn.Stats().RoundTrips; trips != 1 {
				t.Errorf("%d round trips", trips)
			}
		})
	}
}

// A burst of which one cannot be sent is not sent.
func TestTogetherRefusesToSend(t *testing.T) {
	_, conn := dial(t, ok(""), Options{})
	for _, bad := range []string{"", "IDLE", "NOOP\r\nX2 DELETE a", "LSUB \"\" {3}"} {
		for _, a := range conn.Together(t.Context(), []Request{{Line: "NOOP"}, {Line: bad}, {Line: "NOOP"}}) {
			if a.Err == nil {
				t.Errorf("with %q: %+v", bad, a)
			}
		}
	}
	if sent := conn.Stats().Sent; sent != 0 {
		t.Errorf("%d octets are sent", sent)
	}
	if got := conn.Together(t.Context(), nil); len(got) != 0 {
		t.Errorf("of nothing: %+v", got)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if a := conn.Together(ended, []Request{{Line: "NOOP"}, {Line: "CHECK"}}); !errors.Is(a[0].Err, context.Canceled) || !errors.Is(a[1].Err, context.Canceled) || conn.Err() != nil {
		t.Errorf("before it is sent: %v, connection %v", a, conn.Err())
	}
}

func TestTogetherGive(t *testing.T) {
	conn := gathering(t, 2, "* 1 FETCH (UID 1)\r\n* SEARCH 4\r\n%1 OK a\r\n* 2 FETCH (UID 2)\r\n%2 OK b\r\n", Options{})
	var first, second []uint32
	answers := conn.Together(t.Context(), []Request{
		{Line: "UID FETCH 1 (UID)", Wanted: []string{"FETCH"}, Give: func(r Response, _ error) { first = append(first, r.Number) }},
		{Line: "UID FETCH 2 (UID)", Wanted: []string{"FETCH", "SEARCH"}, Give: func(r Response, _ error) { second = append(second, r.Number) }},
	})
	if answers[0].Err != nil || answers[1].Err != nil || !slices.Equal(first, []uint32{1}) || !slices.Equal(second, []uint32{0, 2}) {
		t.Errorf("given %v, %v; %v", first, second, answers)
	}
}

func TestTogetherRepaired(t *testing.T) {
	var l log
	conn := gathering(t, 2, "* LIST (\\Seen  \\A ) \"/\" {4}\r\nR&-D\r\n"+
		"* LIST () \"/\" a b\r\n"+
		"* LIST () nil \"a\\\"b\"\r\n"+
		"* STATUS &- (MESSAGES 3)\r\n"+
		"%1 OK a\r\n* STATUS a (MESSAGES x)\r\n%2 OK b\r\n", l.options())
	answers := conn.Together(t.Context(), []Request{
		{Line: `LIST "" "*"`, Wanted: []string{"LIST", "STATUS"}, Repaired: true},
		{Line: "STATUS a (MESSAGES)", Wanted: []string{"STATUS"}, Repaired: true},
	})
	want := `[{0 LIST [{2  [{0 \Seen []} {0 \A []}]} {1 / []} {1 R&-D []}]} {0 LIST [{2  []} {0 NIL []} {1 a"b []}]} {0 STATUS [{1 &- []} {2  [{0 MESSAGES []} {0 3 []}]}]}]`
	if got := fmt.Sprint(answers[0].Reply.Untagged); got != want || answers[0].Err != nil {
		t.Errorf("got\n%s, want\n%s: %v", got, want, answers[0].Err)
	}
	if held := l.of(FolderUnreadable); len(held) != 1 {
		t.Errorf("held back %+v", held)
	}
	if answers[1].Err == nil || conn.Err() != nil {
		t.Errorf("an answer that cannot be read: %v; connection %v", answers[1].Err, conn.Err())
	}
}

// A server may answer commands in any order, with their responses anywhere before.
func TestTogetherShuffled(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		n := 1 + random.IntN(9)
		var requests []Request
		var answer strings.Builder
		for i := range n {
			requests = append(requests, Request{Line: "NOOP", Wanted: []string{fmt.Sprint("TYPE", i)}})
		}
		for _, i := range random.Perm(n) {
			for _, j := range random.Perm(n) {
				if j == i {
					fmt.Fprintf(&answer, "* TYPE%d %d\r\n", i, i)
				} else if random.IntN(3) == 0 {
					fmt.Fprintf(&answer, "* 1 EXISTS\r\n* OK [UNSEEN %d] x\r\n", j)
				}
			}
			fmt.Fprintf(&answer, "%%%d OK [X %d] done\r\n", i+1, i)
		}
		for i, a := range gathering(t, n, answer.String(), Options{}).Together(t.Context(), requests) {
			if a.Err != nil || a.Reply.Arguments != fmt.Sprint(i) || len(a.Reply.Untagged) != 1 || a.Reply.Untagged[0].Values[0].Text != fmt.Sprint(i) {
				t.Fatalf("seed %d: command %d got %+v", seed, i, a)
			}
		}
	}
}

// A long burst does not wait for itself: the server wants to be read before it takes
// more. And as long as it answers, it may be slow to take more.
func TestTogetherLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		commands := 0
		client, conn := dial(t, func(command string) string {
			commands++
			time.Sleep(10 * time.Second)
			return strings.Repeat("* OK [UNSEEN 1] "+strings.Repeat("x", 100)+"\r\n", 100) + "%T OK done\r\n"
		}, Options{Silence: 30 * time.Second})
		requests := make([]Request, 40)
		for i := range requests {
			requests[i].Line = "UID MOVE " + strings.Repeat("12,", 2700) + "12 a"
		}
		for i, a := range conn.Together(t.Context(), requests) {
			if a.Err != nil || len(a.Reply.Told) != 100 {
				t.Fatalf("command %d: %d told, %v", i, len(a.Reply.Told), a.Err)
			}
		}
		if commands != 40 {
			t.Errorf("%d commands", commands)
		}
		client.Close()
	})
}

// What nobody asked for is bounded.
func TestToldIsBounded(t *testing.T) {
	conn := gathering(t, 2, strings.Repeat("* OK [ALERT] "+strings.Repeat("x", 1000)+"\r\n", 1000)+"%1 OK a\r\n%2 OK b\r\n", Options{MaxReply: 1 << 16})
	for _, a := range conn.Together(t.Context(), []Request{{Line: "NOOP"}, {Line: "NOOP"}}) {
		if !errors.Is(a.Err, ErrProtocol) {
			t.Errorf("error %v", a.Err)
		}
	}
}

// FuzzTogether gives a burst any answer.
func FuzzTogether(f *testing.F) {
	for _, test := range harm {
		f.Add([]byte(test.send + "%1 OK a\r\n%2 NO b\r\n"))
	}
	f.Add([]byte("%2 OK b\r\n* LIST () NIL a\r\n* OK [COPYUID 1 1 1] x\r\n%1 OK a\r\n"))
	f.Add([]byte("* LIST (a\r\n* LIST () NIL {3}\r\nabc\r\n%1 OK a\r\n%1 OK a\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		conn := gathering(t, 2, string(data)+"close",
			Options{Silence: 50 * time.Millisecond, MaxLine: 1 << 16, MaxLiteral: 1 << 16, MaxNumbers: 1 << 16})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		for _, a := range conn.Together(ctx, []Request{
			{Line: `LIST "" "*"`, Wanted: []string{"LIST"}, Repaired: true},
			{Line: "UID FETCH 1 X", Wanted: []string{"LSUB", "FETCH", "LIST"}},
		}) {
			if errors.Is(a.Err, context.DeadlineExceeded) {
				t.Fatal("hangs")
			}
			if a.Err == nil && a.Reply.Status != "OK" {
				t.Errorf("no error for %+v", a.Reply)
			}
		}
	})
}
