package server_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/imaptest"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/plan"
)

// onServers runs a test on every server as it comes.
func onServers(t *testing.T, test func(*testing.T, imaptest.Account)) {
	for _, name := range imaptest.Names() {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			test(t, imaptest.Start(t, name).Account(t))
		})
	}
}

// letter is a message with a text of so many octets and a picture.
func letter(n, octets int) imaptest.Message {
	m := mail(n)
	header, _, _ := bytes.Cut(m.Body, []byte("\r\n\r\n"))
	m.Body = fmt.Appendf(nil, "%s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nword%d\r\n%s\r\n--b\r\n"+
		"Content-Type: image/png; name=\"a.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n",
		header, n, strings.Repeat("Hello, hello.\r\n", octets/15), strings.Repeat("iVBORw0KGgo=\r\n", 1000))
	return m
}

// What a reading of texts costs: two commands for all messages of one shape, and
// nothing of what is no text.
func TestTextCost(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, a imaptest.Account) {
		var all []imaptest.Message
		for i := range 30 {
			all = append(all, letter(i, 300), mail(100+i))
		}
		imaptest.Append(t, a, "INBOX", all...)
		r := imaptest.Proxy(t, a.Dial, imaptest.Script{ReadOnly: true})
		session := dial(t, through(t, a, r))
		before := r.Cost().Received
		word7 := &message.TextTest{Passes: func(text message.Text) bool { return slices.Contains(strings.Fields(text.Plain), "word7") }}
		var passed []imap.UID
		q := plan.Question{Folder: "INBOX", Fetch: message.Parts{Texts: []*message.TextTest{word7}}}
		if _, err := session.Answer(t.Context(), q, func(m *message.Message) {
			if m.Texts[word7] == message.Passes {
				passed = append(passed, m.UID)
			}
		}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(passed, []imap.UID{15}) {
			t.Errorf("the test passes on %v", passed)
		}
		var sent []string
		for _, c := range r.Commands() {
			if c.Name == "UID FETCH" {
				_, items, _ := strings.Cut(c.Line, "(")
				sent = append(sent, items)
			}
		}
		if want := []string{"UID BODYSTRUCTURE)", "UID BODY.PEEK[1])"}; !slices.Equal(sent, want) {
			t.Errorf("sent %q, want %q", sent, want)
		}
		if received := r.Cost().Received - before; received > 60*1000 {
			t.Errorf("%d octets are read", received)
		}
	})
}

// A connection that ends within a text is an error, and no verdict.
func TestTextCut(t *testing.T) {
	t.Parallel()
	a := imaptest.Start(t, imaptest.Dovecot).Account(t)
	imaptest.Append(t, a, "INBOX", letter(1, 200_000))
	r := imaptest.Proxy(t, a.Dial, imaptest.Script{ReadOnly: true, Faults: []imaptest.Fault{{At: imaptest.ServerOctets, Offset: 100_000, Do: imaptest.Cut}}})
	session, err := server.Dial(t.Context(), through(t, a, r), server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	test := &message.TextTest{Passes: func(message.Text) bool { return true }}
	_, err = session.Answer(t.Context(), plan.Question{Folder: "INBOX", Fetch: message.Parts{Texts: []*message.TextTest{test}}}, func(m *message.Message) {
		t.Errorf("verdict %d", m.Texts[test])
	})
	if _, lost := errors.AsType[*server.LostError](err); !lost || r.Sent("UID FETCH") != 2 {
		t.Errorf("error %v", err)
	}
	if err := session.Logout(t.Context()); err != nil {
		t.Errorf("log out: %v", err)
	}
}

// Messages of many shapes, judged by the session, are judged as their octets are.
func TestTextsOfMail(t *testing.T) {
	t.Parallel()
	onServers(t, func(t *testing.T, a imaptest.Account) {
		all := imaptest.Mail(7, 100, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		imaptest.Append(t, a, "INBOX", all...)
		tests := map[string]*message.TextTest{}
		fetch := message.Parts{}
		for _, word := range []string{"bientôt", "password", "Zürich", "go-nuts", "golang-nuts.lists"} {
			for _, header := range []bool{false, true} {
				test := &message.TextTest{Header: header, Passes: func(text message.Text) bool { return strings.Contains(text.Plain, word) }}
				tests[fmt.Sprint(word, " in headers: ", header)] = test
				fetch.Texts = append(fetch.Texts, test)
			}
		}
		session := dial(t, through(t, a, imaptest.Proxy(t, a.Dial, imaptest.Script{ReadOnly: true})))
		told, passed := 0, 0
		if _, err := session.Answer(t.Context(), plan.Question{Folder: "INBOX", Fetch: fetch}, func(m *message.Message) {
			for name, test := range tests {
				want := verdictByOctets(t, all[told].Body, test)
				if m.Texts[test] != want {
					t.Errorf("UID %d: %s: verdict %d, want %d", m.UID, name, m.Texts[test], want)
				}
				if want == message.Passes {
					passed++
				}
			}
			told++
		}); err != nil || told != len(all) {
			t.Errorf("told %d, %v", told, err)
		}
		if passed < 50 || passed > 900 {
			t.Errorf("of 1000 tests %d pass: they tell nothing", passed)
		}
	})
}

// verdictByOctets runs a test on a message, all of which can be read.
func verdictByOctets(t *testing.T, raw []byte, test *message.TextTest) message.Verdict {
	t.Helper()
	_, root, err := message.ParseMessage(raw)
	if err != nil {
		t.Fatal(err)
	}
	for p := range root.Leaves() {
		if !p.Readable() {
			continue
		}
		text, err := message.ReadText(p, bytes.NewReader(p.Body), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if test.Passes(message.TextOf(text)) {
			return message.Passes
		}
	}
	block, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	unfolded := strings.NewReplacer("\r\n ", " ", "\r\n\t", " ").Replace(block)
	for line := range strings.SplitSeq(unfolded, "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		header, err := message.ParseHeader([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := header.Text(name); ok && test.Header && test.Passes(message.TextOf(text)) {
			return message.Passes
		}
	}
	return message.Fails
}
