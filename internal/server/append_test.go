package server

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/server/wire"
)

var appended = time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 2*3600))

// message is one to append.
func newAppend(text string, flags ...imap.Flag) apply.Append {
	return apply.Append{Flags: mailbox.NewFlags(flags...), Received: appended, Size: int64(len(text)), Message: strings.NewReader(text)}
}

func TestAppend(t *testing.T) {
	long := strings.Repeat("long..", 1000)
	for name, c := range map[string]struct {
		capabilities string
		message      apply.Append
		sends        []string
		answer       string
		validity     uint32
		uid          imap.UID
	}{
		"awaited": {
			message: newAppend("A: b", `\Seen`, "$Work"),
			sends:   []string{`APPEND "Work" ($Work \Seen) " 2-Jan-2026 03:04:05 +0200" {4}`, "+ A: b"},
			answer:  "+ go on\r\nTHEN TAG OK [APPENDUID 8 11] done\r\n", validity: 8, uid: 11,
		},
		"without flags, date and UIDPLUS": {
			message: apply.Append{Size: 2, Message: strings.NewReader("ab and more")},
			sends:   []string{`APPEND "Work" {2}`, "+ ab"},
			answer:  "+ \r\nTHEN TAG OK done\r\n",
		},
		"an APPENDUID that is none": {
			message: apply.Append{Size: 2, Message: strings.NewReader("ab")},
			sends:   []string{`APPEND "Work" {2}`, "+ ab"},
			answer:  "+ \r\nTHEN TAG OK [APPENDUID 8 x] done\r\n",
		},
		"an APPENDUID with a zero": {
			message: apply.Append{Size: 2, Message: strings.NewReader("ab")},
			sends:   []string{`APPEND "Work" {2}`, "+ ab"},
			answer:  "+ \r\nTHEN TAG OK [APPENDUID 0 3] done\r\n",
		},
		"at once": {
			capabilities: " LITERAL-",
			message:      newAppend("A: b"),
			sends:        []string{`APPEND "Work" " 2-Jan-2026 03:04:05 +0200" {4+}`, "+ A: b"},
			answer:       "THEN TAG OK [APPENDUID 8 11] done\r\n", validity: 8, uid: 11,
		},
		"a long one awaited all the same": {
			capabilities: " LITERAL+",
			message:      newAppend(long),
			sends:        []string{`APPEND "Work" " 2-Jan-2026 03:04:05 +0200" {6000}`, "+ " + long},
			answer:       "+ \r\nTHEN TAG OK done\r\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := polite().with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE UNSELECT UIDPLUS"+c.capabilities+"\r\nTAG OK done\r\n").with("APPEND", c.answer)
			f, session := dialFake(t, s)
			validity, uid, err := session.Append(t.Context(), "Work", c.message)
			if err != nil || validity != c.validity || uid != c.uid {
				t.Fatalf("%d, %d, %v", validity, uid, err)
			}
			sent := append(f.sent("APPEND"), f.sent("+ ")...)
			if !slices.Equal(sent, c.sends) {
				t.Errorf("sent %q, want %q", sent, c.sends)
			}
		})
	}
}

// A refusal before the message was asked for leaves the session as it was.
func TestAppendRefused(t *testing.T) {
	for name, answer := range map[string]string{
		"before the message": "TAG NO [OVERQUOTA] full\r\n",
		"after the message":  "+ \r\nTHEN TAG NO [OVERQUOTA] full\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, s := dialFake(t, polite().with("APPEND", answer))
			_, _, err := s.Append(t.Context(), "Work", newAppend("A: b"))
			var refused *ResponseError
			if !errors.As(err, &refused) || refused.Code != "OVERQUOTA" || apply.Lost(err) {
				t.Fatalf("error %v", err)
			}
			for range 2 {
				if state, err := s.Status(t.Context(), "INBOX"); err != nil || state.Messages != 3 {
					t.Errorf("then %+v, %v", state, err)
				}
			}
		})
	}
}

// What cannot be sent is not begun.
func TestAppendChecks(t *testing.T) {
	f, s := dialFake(t, polite())
	for name, m := range map[string]apply.Append{
		"no octet":             {Message: strings.NewReader("")},
		"no message":           {Size: 1},
		"a year without end":   {Size: 1, Message: strings.NewReader("a"), Received: time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC)},
		"a flag that is none":  {Size: 1, Message: strings.NewReader("a"), Flags: mailbox.Flags{"two words"}},
		"a flag with an end":   {Size: 1, Message: strings.NewReader("a"), Flags: mailbox.Flags{"x)\r\nX1 DELETE INBOX"}},
		"a flag of the server": {Size: 1, Message: strings.NewReader("a"), Flags: mailbox.Flags{`\Recent`}},
	} {
		if _, _, err := s.Append(t.Context(), "Work", m); err == nil || apply.Lost(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if sent := f.sent("APPEND"); len(sent) > 0 {
		t.Errorf("sent %q", sent)
	}
}

// A message that ends too early, or cannot be read, never becomes one on the server: the
// connection ends within it.
func TestAppendBreaks(t *testing.T) {
	broken := errors.New("the disk is gone")
	for name, m := range map[string]apply.Append{
		"ends early": {Size: 10, Message: strings.NewReader("12345678")},
		"fails":      {Size: 10, Message: io.MultiReader(strings.NewReader("12345678"), iotest.ErrReader(broken))},
		"at nothing": {Size: 10, Message: strings.NewReader("")},
	} {
		t.Run(name, func(t *testing.T) {
			f, s := dialFake(t, polite().with("APPEND", "+ \r\nTHEN TAG OK done\r\n"))
			_, _, err := s.Append(t.Context(), "Work", m)
			if !apply.Lost(err) || name == "fails" && !errors.Is(err, broken) {
				t.Errorf("error %v", err)
			}
			if got := f.sent("+ "); len(got) > 0 {
				t.Errorf("a whole line came: %q", got)
			}
		})
	}
}

// A server that says nothing, hangs up, or asks twice.
func TestAppendLost(t *testing.T) {
	for name, answer := range map[string]string{
		"hangs up at once":    "HANGUP",
		"hangs up in between": "+ \r\nTHEN HANGUP",
		"asks twice":          "+ \r\n+ \r\nTHEN TAG OK done\r\n",
		"BYE":                 "* BYE going down\r\nHANGUP",
	} {
		t.Run(name, func(t *testing.T) {
			_, s := dialFake(t, polite().with("APPEND", answer))
			if _, _, err := s.Append(t.Context(), "Work", newAppend("A: b")); !apply.Lost(err) {
				t.Errorf("error %v", err)
			}
		})
	}
	t.Run("says nothing", func(t *testing.T) {
		_, s := dialFake(t, polite().with("APPEND", ""))
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, _, err := s.Append(ctx, "Work", newAppend("A: b")); !apply.Lost(err) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("the account's timeout", func(t *testing.T) {
		f := newFake(t, greeting, polite().with("APPEND", ""))
		f.account.Timeout = 100 * time.Millisecond
		s, err := Dial(t.Context(), f.account, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.drop()
		if _, _, err := s.Append(t.Context(), "Work", newAppend("A: b")); !errors.Is(err, wire.ErrSilent) {
			t.Errorf("error %v", err)
		}
	})
}

// The trace shows that a message was sent or came, and nothing of it.
func TestWholeTraced(t *testing.T) {
	f := newFake(t, greeting, reader("* 1 FETCH (UID 2 RFC822.SIZE 9 BODY[]<0> {9}\r\nSECRET: a)\r\n").with("APPEND", "+ \r\nTHEN TAG OK done\r\n"))
	var lines []string
	s, err := Dial(t.Context(), f.account, Options{Trace: func(sent bool, line string) { lines = append(lines, line) }})
	if err != nil {
		t.Fatal(err)
	}
	open(t, s)
	if err := s.Read(t.Context(), 2, io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Append(t.Context(), "Work", newAppend("SECRET: b")); err != nil {
		t.Fatal(err)
	}
	if err := s.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	trace := strings.Join(lines, "\n")
	if strings.Contains(trace, "SECRET") || !strings.Contains(trace, "BODY.PEEK[]") || !strings.Contains(trace, "{9} (9 octets)") {
		t.Errorf("traced:\n%s", trace)
	}
}
