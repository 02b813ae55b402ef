package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// By body_search = "server" the same passes of ordinary mail as without, and less of
// it is read.
func TestNarrowOnServers(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, a imaptest.Account) {
		all := imaptest.Mail(7, 100, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		for i := range 20 {
			all = append(all, letter(i, 3000))
		}
		imaptest.Append(t, a, "INBOX", all...)
		judge := func(server bool) (passed string, octets int64) {
			var tests []*message.TextTest
			for _, word := range []string{"password", "word7", "Hello", "golang", "nowhere"} {
				for _, header := range []bool{false, true} {
					tests = append(tests, &message.TextTest{Header: header, Word: word, Passes: func(text message.Text) bool {
						return strings.Contains(text.Fold, strings.ToUpper(word))
					}})
				}
			}
			r := imaptest.Proxy(t, a.Dial, imaptest.Script{ReadOnly: true})
			account := through(t, a, r)
			account.BodySearch = server
			session := dial(t, account)
			found := make([][]imap.UID, len(tests))
			for i, test := range tests { // one by one, as rules that find nothing ask
				q := plan.Question{Folder: "INBOX", Fetch: message.Parts{Texts: []*message.TextTest{test}}}
				if _, err := session.Answer(t.Context(), q, func(m *message.Message) {
					if m.Texts[test] == message.Passes {
						found[i] = append(found[i], m.UID)
					}
				}); err != nil {
					t.Fatal(err)
				}
			}
			slices.SortFunc(found, slices.Compare)
			return fmt.Sprint(found), int64(r.Cost().Received)
		}
		local, much := judge(false)
		server, little := judge(true)
		if local != server {
			t.Errorf("found by the server: %s\nfound here: %s", server, local)
		}
		if little*3 > much*2 {
			t.Errorf("%d octets instead of %d", little, much)
		}
		t.Logf("%d octets instead of %d", little, much)
	})
}
