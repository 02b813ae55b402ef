package wire

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// canned is a connection on which the server has already said everything.
type canned struct {
	net.Conn
	said *bytes.Reader
}

func (c *canned) Read(p []byte) (int, error) {
	return c.said.Read(p)
}
func (c *canned) Write(p []byte) (int, error)      { return len(p), nil }
func (c *canned) Close() error                     { return nil }
func (c *canned) SetReadDeadline(time.Time) error  { return nil }
func (c *canned) SetWriteDeadline(time.Time) error { return nil }
func (c *canned) SetDeadline(time.Time) error      { return nil }

func fetchAnswer(n int, format string) []byte {
	var b bytes.Buffer
	b.WriteString(greeting)
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, format, i)
	}
	b.WriteString("T1 OK done\r\n")
	return b.Bytes()
}

// BenchmarkFetch compares the library alone with the library on a Conn.
func BenchmarkFetch(b *testing.B) {
	header := bytes.Repeat([]byte("Subject: a header of usual length\r\n"), 40)
	for _, kind := range []struct{ name, format string }{
		{"flags", "* %d FETCH (UID %[1]d FLAGS (\\Seen $Label1))\r\n"},
		{"sizes", "* %d FETCH (UID %[1]d FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 44827)\r\n"},
		{"headers", fmt.Sprintf("* %%d FETCH (UID %%[1]d FLAGS (\\Seen) BODY[HEADER] {%d}\r\n%s)\r\n", len(header), header)},
	} {
		answer := fetchAnswer(20_000, kind.format)
		for _, way := range []string{"bare", "conn"} {
			b.Run(kind.name+"/"+way, func(b *testing.B) {
				b.SetBytes(int64(len(answer)))
				b.ReportAllocs()
				for b.Loop() {
					c := &canned{said: bytes.NewReader(answer)}
					var conn net.Conn = c
					if way == "conn" {
						conn = New(c, Options{Notify: func(Notice) {}})
					}
					drain(b, conn)
				}
			})
		}
	}
}

func drain(b *testing.B, conn net.Conn) {
	gate := &gated{Conn: conn, open: make(chan struct{})}
	client := imapclient.New(gate, nil)
	all := imap.UIDSet{imap.UIDRange{Start: 1, Stop: 1 << 30}}
	cmd := client.Fetch(all, &imap.FetchOptions{UID: true})
	close(gate.open)
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		for item := msg.Next(); item != nil; item = msg.Next() {
			if body, ok := item.(imapclient.FetchItemDataBodySection); ok {
				io.Copy(io.Discard, body.Literal)
			}
		}
	}
	if err := cmd.Close(); err != nil {
		b.Fatal(err)
	}
	client.Close()
}

// gated lets nothing be read before the command has been sent.
type gated struct {
	net.Conn
	open chan struct{}
}

func (g *gated) Read(p []byte) (int, error) {
	<-g.open
	return g.Conn.Read(p)
}

// BenchmarkConn is the Conn alone, for profiles.
func BenchmarkConn(b *testing.B) {
	answer := fetchAnswer(20_000, "* %d FETCH (UID %[1]d FLAGS (\\Seen $Label1))\r\n")
	b.SetBytes(int64(len(answer)))
	b.ReportAllocs()
	for b.Loop() {
		conn := New(&canned{said: bytes.NewReader(answer)}, Options{Notify: func(Notice) {}})
		if _, err := conn.Write([]byte("T1 UID FETCH 1:* FLAGS\r\n")); err != nil {
			b.Fatal(err)
		}
		if _, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{conn}, make([]byte, 4096)); err != nil {
			b.Fatal(err)
		}
	}
}
