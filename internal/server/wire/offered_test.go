package wire

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// The library never asks what the server offers: it is told what the server has said,
// or next to nothing.
func TestCapabilities(t *testing.T) {
	for name, c := range map[string]struct {
		greeting, login string
		ask             bool // before the login
		before, after   string
		library         imap.Cap // that the library must know of in the end
	}{
		"in greeting and answer": {
			greeting: "* OK [CAPABILITY IMAP4rev1 sasl-ir AUTH=PLAIN] hi\r\n", login: "%T OK [capability IMAP4rev1 move] done\r\n",
			before: "IMAP4REV1 SASL-IR AUTH=PLAIN", after: "IMAP4REV1 MOVE", library: "MOVE",
		},
		"ahead of the answer": {
			greeting: "* OK hi\r\n", login: "* CAPABILITY IMAP4rev1 MOVE\r\n%T OK done\r\n", after: "IMAP4REV1 MOVE", library: "MOVE",
		},
		"ahead of an answer with another code": {
			greeting: "* OK [ALERT] hi\r\n", login: "* CAPABILITY IMAP4rev1 MOVE\r\n%T OK [ALERT] done\r\n", after: "IMAP4REV1 MOVE", library: "MOVE",
		},
		"only before the login": {
			greeting: "* OK [CAPABILITY IMAP4rev1 SASL-IR] hi\r\n", login: "%T OK done\r\n", before: "IMAP4REV1 SASL-IR", library: "IMAP4rev1",
		},
		"when asked": {
			greeting: "* OK hi\r\n", ask: true, login: "%T OK done\r\n", before: "IMAP4REV1 SASL-IR", library: "IMAP4rev1",
		},
		"never": {greeting: "* OK hi\r\n", login: "%T OK done\r\n", library: "IMAP4rev1"},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var sent []string
			conn := pipe(t, c.greeting, func(command string) string {
				mu.Lock()
				defer mu.Unlock()
				sent = append(sent, command)
				switch {
				case command == "CAPABILITY":
					return "* CAPABILITY IMAP4rev1 SASL-IR\r\n%T OK done\r\n"
				case strings.HasPrefix(command, "AUTHENTICATE PLAIN AG"), strings.HasPrefix(command, "LOGIN"):
					return c.login
				}
				return "%T OK done\r\n"
			}, Options{})
			client := imapclient.New(conn, nil)
			defer client.Close()
			if err := client.WaitGreeting(); err != nil {
				t.Fatal(err)
			}
			if c.ask {
				if _, err := conn.Do(t.Context(), "CAPABILITY", "CAPABILITY"); err != nil {
					t.Fatal(err)
				}
			}
			if got := strings.Join(conn.Capabilities(), " "); got != c.before {
				t.Errorf("before the login %q, want %q", got, c.before)
			}
			var err error
			if strings.Contains(c.before, "SASL-IR") { // the library must know of it by now
				err = client.Authenticate(sasl.NewPlainClient("", "me", "x"))
			} else {
				err = client.Login("me", "x").Wait()
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := client.Noop().Wait(); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(conn.Capabilities(), " "); got != c.after {
				t.Errorf("after the login %q, want %q", got, c.after)
			}
			if caps := client.Caps(); !caps.Has(c.library) {
				t.Errorf("the library knows of %v", caps)
			}
			mu.Lock()
			defer mu.Unlock()
			if slices.Contains(sent, "CAPABILITY") != c.ask || len(sent) > 3 {
				t.Errorf("sent %q", sent)
			}
		})
	}
}
