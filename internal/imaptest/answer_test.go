package imaptest

import (
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// a1970 is a date that does not matter.
var a1970 = time.Unix(0, 0).UTC()

// The answer to a command that changes something is lost: the server has done it all the same, exactly once.
func TestProxyLosesAnswers(t *testing.T) {
	for _, name := range Names() {
		for point, wantCopied := range map[Point]int{BeforeCommand: 1, InCommand: 1, BeforeAnswer: 2, BeforeReply: 2, InReply: 2} {
			a := Start(t, name).Account(t)
			m := Text("a@example.org", "b@example.org", "x", a1970)
			Append(t, a, "INBOX", m)
			Append(t, a, "Other")
			folder := FolderName(t, a, "Other")

			r := Proxy(t, a.Dial, Script{Faults: []Fault{{At: point, Match: Named("UID COPY")}}})
			a.Dial = r.Dial
			c, err := login(a)
			if err != nil {
				t.Fatal(err)
			}
			defer c.conn.Close()
			if _, err := c.do("SELECT", "INBOX"); err != nil {
				t.Fatal(err)
			}
			if _, err := c.do("UID COPY", "1", quote(folder)); err == nil {
				t.Errorf("%s: the client was answered", name)
			}
			// The next connection is not disturbed.
			if got := Snapshot(t, a).Messages()[Hash(m.Body)]; got != wantCopied {
				t.Errorf("%s, fault at %d: the message is there %d times, want %d", name, point, got, wantCopied)
			}
		}
	}
}

// TLS goes through a proxy that allows it, and is counted.
func TestProxyPassesTLS(t *testing.T) {
	s := Start(t, Dovecot)
	r := Proxy(t, func() (net.Conn, error) { return net.Dial("tcp", s.addr(s.TLSPort)) }, Script{Opaque: true})
	conn, err := dialTLS(r.Addr(), s.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	c, err := greeted(conn, "someone", password)
	if err != nil {
		t.Fatal(err)
	}
	c.close()
	if cost := r.Cost(); cost.Sent == 0 || cost.Received == 0 || cost.Commands != 0 {
		t.Errorf("got %+v", cost)
	}
}

// Others may change the mailbox at a chosen moment.
func TestProxyCalls(t *testing.T) {
	a := Start(t, Dovecot).Account(t)
	direct := a
	Append(t, a, "INBOX", Text("a@example.org", "b@example.org", "x", a1970))
	r := Proxy(t, a.Dial, Script{Faults: []Fault{{
		At: BeforeCommand, Match: Named("UID FETCH"), Do: Nothing,
		Func: func() { Do(t, direct, "SELECT INBOX", `UID STORE 1 +FLAGS (\Flagged)`) },
	}}})
	a.Dial = r.Dial
	if diff := cmp.Diff([]string{`\Flagged`}, Snapshot(t, a).Folders["INBOX"].Messages[0].Flags); diff != "" {
		t.Error(diff)
	}
}
