package wire

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// FuzzRead feeds any answer to a command to the library through a Conn: nothing
// may panic, hang, or grow. The library's own complaints count as a failure
// only for responses which this package claims to make harmless in full.
func FuzzRead(f *testing.F) {
	for _, test := range harm {
		f.Add([]byte(strings.ReplaceAll(test.send, "%T", "T1")), byte(len(test.name)))
		f.Add([]byte(strings.ReplaceAll(test.send, "%T", "T1")), byte(128+1))
	}
	f.Add([]byte("* 1 FETCH (UID 7 BODY[1] {3}\r\nabc X {4}\r\nabcd FLAGS (a]b) BODY[] {3}\r\nabc)\r\n"), byte(128+1))
	f.Fuzz(func(t *testing.T, data []byte, which byte) {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			io.WriteString(far, greeting)
			far.Read(make([]byte, 4096))
			far.Write(data)
			io.WriteString(far, "\r\nT1 OK done\r\n")
		}()
		conn := New(near, Options{Silence: 2 * time.Second, MaxLine: 1 << 16, MaxLiteral: 1 << 20, MaxNumbers: 1 << 16})
		if which >= 128 {
			conn.in.large = 2 // nearly every literal passes by
		}
		client := imapclient.New(conn, nil)
		done := make(chan struct{})
		go func() {
			defer close(done)
			runs := []func(*imapclient.Client) (string, error){list, fetch, search, esearch, folderStatus, copied, selected, namespace, noop}
			_, err := runs[int(which)%len(runs)](client)
			client.Close()
			var refused *imap.Error
			if err != nil && !errors.As(err, &refused) && blames(err) && !lenient(data) {
				t.Errorf("the library died of what it was given: %v", err)
			}
		}()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Fatal("hangs")
		}
	})
}

// blames reports whether an error is the library's own opinion of a response.
func blames(err error) bool {
	return strings.Contains(err.Error(), "imapwire: expected") && !strings.Contains(err.Error(), "cannot read tag")
}

// lenient reports whether data hold a response of which only the shape is
// checked here, not each part.
func lenient(data []byte) bool {
	text := strings.ReplaceAll(strings.ToUpper(string(data)), "BODY[", "")
	for _, typ := range []string{"ENVELOPE", "BODY", "QUOTA", "METADATA", "SORT", "THREAD", "ACL", "RIGHTS"} {
		if strings.Contains(text, typ) {
			return true
		}
	}
	return false
}
