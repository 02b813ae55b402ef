package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/internal/uidset"
	"github.com/imapform/imapform/plan"
)

// ask asks about a folder's flags and returns the UIDs that were told.
func ask(t *testing.T, s *Session, q plan.Question) ([]imap.UID, plan.State, error) {
	t.Helper()
	var uids []imap.UID
	if q.Folder == "" {
		q.Folder = "Work"
	}
	if q.Fetch.Empty() {
		q.Fetch = message.Parts{Flags: true}
	}
	state, err := s.Answer(t.Context(), q, func(m *message.Message) {
		if !m.Known.Covers(q.Fetch) {
			t.Errorf("UID %d is told without %+v", m.UID, q.Fetch.Minus(m.Known))
		}
		uids = append(uids, m.UID)
	})
	return uids, state, err
}

const fetch19 = "UID FETCH 1:9 (UID FLAGS)"

// counted is the answer to EXAMINE of a folder with so many messages.
func counted(messages, next int) string {
	return fmt.Sprintf("* %d EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT %d] x\r\nTAG OK\r\n", messages, next)
}

func TestAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		script script
		window int64
		uids   imap.UIDSet
		want   []imap.UID
		says   string
		state  *plan.State
		sent   []string // the reading commands; nil: any
	}{
		"all, in one round trip": {
			script: polite(), want: []imap.UID{2, 5, 9},
			sent: []string{`EXAMINE "Work"`, fetch19},
		},
		"an empty folder": {
			script: polite().with("EXAMINE", "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 10] x\r\nTAG OK\r\n"),
			state:  &plan.State{UIDValidity: 7, UIDNext: 10},
			sent:   []string{`EXAMINE "Work"`},
		},
		"no UIDVALIDITY": {
			script: polite().with("EXAMINE", "* 3 EXISTS\r\n* OK [UIDNEXT 10] x\r\nTAG OK\r\n"),
			state:  &plan.State{UIDNext: 10, Messages: 3}, want: []imap.UID{2, 5, 9},
		},
		"UIDs that do not last": {
			script: polite().with("EXAMINE", "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* NO [UIDNOTSTICKY] x\r\n* OK [UIDNEXT 10] x\r\nTAG OK\r\n"),
			state:  &plan.State{UIDNext: 10, Messages: 3}, want: []imap.UID{2, 5, 9},
		},
		"UIDNEXT from STATUS only": {
			script: polite().with("EXAMINE", "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nTAG OK\r\n").
				with(`STATUS "Work"`, "* STATUS Work (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)\r\nTAG OK\r\n"),
			want: []imap.UID{2, 5, 9},
			sent: []string{`EXAMINE "Work"`, "UNSELECT", `STATUS "Work"`, `EXAMINE "Work"`, fetch19},
		},
		"no UIDNEXT at all": {
			script: polite().with("EXAMINE", "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nTAG OK\r\n").
				with(`STATUS "Work"`, "* STATUS Work (MESSAGES 3)\r\nTAG OK\r\n").
				with("UID FETCH 2:9", polite()[fetch19][0]),
			state: &plan.State{UIDValidity: 7, Messages: 3}, want: []imap.UID{2, 5, 9},
		},
		"no EXISTS": {
			script: polite().with("EXAMINE", "* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 10] x\r\nTAG OK\r\n"),
			says:   "how many messages",
		},
		"no folder": {
			script: polite().with("EXAMINE", "TAG NO [NONEXISTENT] Mailbox \x1b[1mdoes not exist\r\n"),
			says:   `open folder "Work": the server refuses: NO [NONEXISTENT] Mailbox`,
		},
		"windows of a known number of messages": {
			script: polite().with("UID FETCH 2:5", "* 1 FETCH (UID 2 FLAGS ())\r\n* 2 FETCH (UID 5 FLAGS ())\r\nTAG OK\r\n").
				with("UID FETCH 9 ", "* 3 FETCH (UID 9 FLAGS ())\r\nTAG OK\r\n"),
			window: 2, want: []imap.UID{2, 5, 9},
			sent: []string{`EXAMINE "Work"`, "UID SEARCH ALL", "UID FETCH 2:5 (UID FLAGS)", "UID FETCH 9 (UID FLAGS)"},
		},
		"messages that came after EXAMINE": {
			script: polite().with("UID SEARCH ALL", "* SEARCH 2 5 9 10 11\r\nTAG OK\r\n").
				with("UID FETCH 2:5", "* 1 FETCH (UID 2 FLAGS ())\r\n* 2 FETCH (UID 5 FLAGS ())\r\nTAG OK\r\n").
				with("UID FETCH 9 ", "* 3 FETCH (UID 9 FLAGS ())\r\n* 4 FETCH (UID 10 FLAGS ())\r\nTAG OK\r\n"),
			window: 2, want: []imap.UID{2, 5, 9},
		},
		"fewer listed than counted": {
			script: polite().with("UID SEARCH ALL", "* SEARCH 2 5\r\nTAG OK\r\n"), window: 2,
			says: "counts 3 messages in it but lists 2",
		},
		"a search without an answer": {
			script: polite().with("UID SEARCH ALL", "TAG OK\r\n"), window: 2, says: "does not say which there are",
		},
		"fewer rows than counted, the rest on asking again": {
			script: polite().with(fetch19, "* 1 FETCH (UID 2 FLAGS ())\r\nTAG OK\r\n").
				with("UID SEARCH UID 1:9", "* SEARCH 2 5 9\r\nTAG OK\r\n").
				with("UID FETCH 5,9", "* 2 FETCH (UID 5 FLAGS ())\r\n* 3 FETCH (UID 9 FLAGS ())\r\nTAG OK\r\n"),
			want: []imap.UID{2, 5, 9},
		},
		"a server that sends one message at a time": {
			script: polite().with(fetch19, "* 1 FETCH (UID 2 FLAGS ())\r\nTAG OK\r\n").
				with("UID SEARCH UID 1:9", "* SEARCH 9 5 2\r\nTAG OK\r\n").
				with("UID FETCH 5,9", "* 2 FETCH (UID 5 FLAGS ())\r\nTAG OK\r\n").
				with("UID FETCH 9 ", "* 3 FETCH (UID 9 FLAGS ())\r\nTAG OK\r\n"),
			want: []imap.UID{2, 5, 9},
		},
		"fewer rows than counted, twice": {
			script: polite().with(fetch19, "* 1 FETCH (UID 2 FLAGS ())\r\nTAG OK\r\n").
				with("UID SEARCH UID 1:9", "* SEARCH 2 5 9\r\nTAG OK\r\n").with("UID FETCH 5,9", "TAG OK\r\n"),
			says: "lists 2 messages that it does not send in full, the first of them with UID 5",
		},
		"fewer rows than counted, as some are gone": {
			script: polite().with(fetch19, "* 1 FETCH (UID 2 FLAGS ())\r\n* 2 FETCH (UID 9 FLAGS ())\r\nTAG OK\r\n").
				with("UID SEARCH UID 1:9", "* SEARCH 2 9\r\nTAG OK\r\n").then("EXAMINE", counted(2, 10)),
			want: []imap.UID{2, 9},
		},
		"fewer rows than counted, as some are gone and others have come": {
			script: polite().with(fetch19, "* 1 FETCH (UID 2 FLAGS ())\r\n* 2 FETCH (UID 9 FLAGS ())\r\nTAG OK\r\n").
				with("UID SEARCH UID 1:9", "* SEARCH 2 9\r\nTAG OK\r\n").then("EXAMINE", counted(4, 13)).
				with("UID SEARCH UID 10:12", "* SEARCH 10 12\r\nTAG OK\r\n"),
			want: []imap.UID{2, 9},
		},
		"fewer rows than counted, and others have come": {
			script: polite().with(fetch19, "* 1 FETCH (UID 2 FLAGS ())\r\n* 2 FETCH (UID 9 FLAGS ())\r\nTAG OK\r\n").
				with("UID SEARCH UID 1:9", "* SEARCH 2 9\r\nTAG OK\r\n").then("EXAMINE", counted(5, 13)).
				with("UID SEARCH UID 10:12", "* SEARCH 10 12\r\nTAG OK\r\n"),
			says: "counts 3 messages in it but tells of 2",
		},
		"fewer rows than counted, as all UIDs are new": {
			script: polite().with(fetch19, "* 1 FETCH (UID 2 FLAGS ())\r\n* 2 FETCH (UID 9 FLAGS ())\r\nTAG OK\r\n").
				with("UID SEARCH UID 1:9", "* SEARCH 2 9\r\nTAG OK\r\n").
				then("EXAMINE", "* 2 EXISTS\r\n* OK [UIDVALIDITY 8] x\r\n* OK [UIDNEXT 10] x\r\nTAG OK\r\n"),
			says: "UIDs were given out anew",
		},
		"fewer rows than counted, and neither listed nor gone": {
			script: polite().with(fetch19, "* 1 FETCH (UID 2 FLAGS ())\r\nTAG OK\r\n").with("UID SEARCH UID 1:9", "* SEARCH 2\r\nTAG OK\r\n"),
			says:   "counts 3 messages in it but tells of 1",
		},
		"a window whose messages are neither listed nor gone": {
			script: polite().with("UID FETCH 2:5", "* 1 FETCH (UID 2 FLAGS ())\r\nTAG OK\r\n").with("UID SEARCH UID 2:5", "* SEARCH 2\r\nTAG OK\r\n").
				with("UID FETCH 9 ", "* 3 FETCH (UID 9 FLAGS ())\r\nTAG OK\r\n"),
			window: 2, says: "counts 3 messages in it but tells of 2",
		},
		"fewer rows than counted, and a search without an answer": {
			script: polite().with(fetch19, "* 1 FETCH (UID 2 FLAGS ())\r\nTAG OK\r\n").with("UID SEARCH UID 1:9", "TAG OK\r\n"),
			says:   "does not say which there are",
		},
		"some UIDs, and a search without an answer": {
			script: polite().with("UID FETCH 2:3 ", "TAG OK\r\n").with("UID SEARCH UID 2:3", "TAG OK\r\n"),
			uids:   imap.UIDSetNum(2, 3), says: "does not say which there are",
		},
		"some UIDs, all gone": {
			script: polite().with("UID FETCH 2:3 ", "TAG OK\r\n").with("UID SEARCH UID 2:3", "* SEARCH\r\nTAG OK\r\n"),
			uids:   imap.UIDSetNum(2, 3),
		},
		"a keyword with a bracket": {
			script: polite().with(fetch19, "* 1 FETCH (UID 2 FLAGS (a[ \\Seen))\r\n* 2 FETCH (FLAGS (BODY[) UID 5)\r\n* 3 FETCH (UID 9 FLAGS (b]))\r\nTAG OK\r\n"),
			want:   []imap.UID{2, 5, 9},
		},
		"a row of which a part is missing": {
			script: polite().with(fetch19, "* 1 FETCH (UID 2 FLAGS ())\r\n* 2 FETCH (UID 5)\r\n* 3 FETCH (UID 9 FLAGS ())\r\nTAG OK\r\n").
				with("UID SEARCH UID 1:9", "* SEARCH 2 5 9\r\nTAG OK\r\n").with("UID FETCH 5 ", "TAG OK\r\n"),
			says: "UID 5",
		},
		"rows without UID, of others, and in parts": {
			script: polite().with(fetch19, "* 1 FETCH (FLAGS (x))\r\n* 1 FETCH (UID 2)\r\n* 1 FETCH (UID 2 FLAGS ())\r\n* 7 FETCH (UID 77 FLAGS ())\r\n"+
				"* 3 FETCH (UID 9 FLAGS ())\r\n* 2 FETCH (UID 5 FLAGS ())\r\n* 2 FETCH (UID 5 FLAGS (\\Seen))\r\nTAG OK\r\n"),
			want: []imap.UID{2, 9, 5},
		},
		"a refused FETCH":   {script: polite().with(fetch19, "TAG NO [SERVERBUG] oops\r\n"), says: `read folder "Work": the server refuses: NO [SERVERBUG] oops`},
		"a broken FETCH":    {script: polite().with(fetch19, "* 1 FETCH (UID 2 FLAGS\r\nTAG OK\r\n"), says: "FETCH"},
		"an odd FETCH":      {script: polite().with(fetch19, "* 1 FETCH (UID 0 FLAGS ())\r\nTAG OK\r\n"), says: "no UID"},
		"an odd number":     {script: polite().with(fetch19, "* 1 FETCH (UID 2 FLAGS () X)\r\nTAG OK\r\n"), says: "pairs"},
		"a bad size":        {script: polite().with(fetch19, "* 1 FETCH (UID 2 RFC822.SIZE -1)\r\nTAG OK\r\n"), says: "no size"},
		"a bad date":        {script: polite().with(fetch19, "* 1 FETCH (UID 2 INTERNALDATE \"yesterday\")\r\nTAG OK\r\n"), says: "no date"},
		"flags of no form":  {script: polite().with(fetch19, "* 1 FETCH (UID 2 FLAGS NIL)\r\nTAG OK\r\n").with("UID SEARCH UID", "* SEARCH 2\r\nTAG OK\r\n").with("UID FETCH 2 ", "TAG OK\r\n"), says: "UID 2"},
		"a search of words": {script: polite().with("UID SEARCH ALL", "* SEARCH two\r\nTAG OK\r\n"), window: 2, says: `"two" for a UID`},
		"cut in the middle": {script: polite().with(fetch19, "* 1 FETCH (UID 2 FLAGS ())\r\n* 2 FETCH (UIDHANGUP"), says: `read folder "Work"`},
		"some UIDs": {
			script: polite().with("UID FETCH 2,5 ", "* 1 FETCH (UID 2 FLAGS ())\r\n* 2 FETCH (UID 5 FLAGS ())\r\nTAG OK\r\n"),
			uids:   imap.UIDSetNum(2, 5), want: []imap.UID{2, 5},
			sent: []string{`EXAMINE "Work"`, "UID FETCH 2,5 (UID FLAGS)"},
		},
		"some UIDs, one past the end": {
			script: polite().with("UID FETCH 2 ", "* 1 FETCH (UID 2 FLAGS ())\r\nTAG OK\r\n"),
			uids:   imap.UIDSetNum(2, 50), want: []imap.UID{2},
		},
		"some UIDs that are gone": {
			script: polite().with("UID FETCH 2:3 ", "* 1 FETCH (UID 2 FLAGS ())\r\nTAG OK\r\n").
				with("UID SEARCH UID 2:3", "* SEARCH 2 9\r\nTAG OK\r\n"),
			uids: imap.UIDSetNum(2, 3), want: []imap.UID{2},
		},
		"UIDs without end": {script: polite(), uids: imap.UIDSet{{Start: 5}}, says: `"*"`},
	} {
		for _, ahead := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, ahead %t", name, ahead), func(t *testing.T) {
				script := c.script
				if ahead && slices.Equal(script[`STATUS "Work"`], polite()[`STATUS "Work"`]) {
					script = script.with(`STATUS "Work"`, "* STATUS Work (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)\r\nTAG OK\r\n")
				}
				f, s := dialFake(t, script)
				if c.window > 0 {
					s.window = c.window
				}
				if ahead {
					if _, err := s.List(t.Context()); err != nil {
						t.Fatal(err)
					}
				} else if err := s.locate(t.Context()); err != nil {
					t.Fatal(err)
				}
				before := len(f.sent(""))
				uids, state, err := ask(t, s, plan.Question{UIDs: c.uids})
				if c.says != "" {
					wantError(t, err, c.says)
					if strings.Contains(err.Error(), "\x1b") {
						t.Errorf("error %q", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(uids, c.want) {
					t.Errorf("told of %v, want %v", uids, c.want)
				}
				want := plan.State{UIDValidity: 7, UIDNext: 10, Messages: 3}
				if c.state != nil {
					want = *c.state
				}
				if state != want {
					t.Errorf("state %+v, want %+v", state, want)
				}
				sent := f.sent("")[before:]
				for i, command := range sent {
					if strings.HasPrefix(command, "STATUS") {
						sent[i] = `STATUS "Work"` // the library sends its items in any order
					}
				}
				if c.sent != nil && !ahead && !slices.Equal(sent, c.sent) {
					t.Errorf("sent %q, want %q", sent, c.sent)
				}
			})
		}
	}
}

func TestAnswerParts(t *testing.T) {
	s := polite().with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE SAVEDATE\r\nTAG OK\r\n").
		with("EXAMINE", "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 3] x\r\nTAG OK\r\n").
		with("UID FETCH", "* 1 FETCH (BODY[HEADER.FIELDS (FROM X-A)] {9}\r\nFrom: b\r\n FLAGS (\\seen $A \\\\Flagged) INTERNALDATE \" 1-Feb-2026 10:00:00 +0100\" RFC822.SIZE 5000000000 SAVEDATE NIL UID 1)\r\n"+
			"* 2 FETCH (UID 2 FLAGS () INTERNALDATE \"01-Feb-2026 10:00:00 +0100\" RFC822.SIZE 1 SAVEDATE \"02-Feb-2026 10:00:00 +0000\" BODY[HEADER.FIELDS (\"FROM\" \"X-A\")] \"\")\r\nTAG OK\r\n")
	f, session := dialFake(t, s)
	parts := message.Fields("X-A", "From")
	parts.Flags, parts.Received, parts.Size, parts.Saved = true, true, true, true
	var got []*message.Message
	_, err := session.Answer(t.Context(), plan.Question{Folder: "Work", Fetch: parts}, func(m *message.Message) { got = append(got, m.Clone()) })
	if err != nil || len(got) != 2 {
		t.Fatalf("%d messages, %v", len(got), err)
	}
	if sent := f.sent("UID FETCH"); !slices.Equal(sent, []string{"UID FETCH 1:2 (UID FLAGS INTERNALDATE RFC822.SIZE SAVEDATE BODY.PEEK[HEADER.FIELDS (FROM X-A)])"}) {
		t.Errorf("sent %q", sent)
	}
	a, b := got[0], got[1]
	if from, ok := a.Header.Raw("from"); !ok || from != "b" {
		t.Errorf("From is %q", from)
	}
	if _, ok := b.Header.Raw("from"); ok || !b.Known.Covers(parts) {
		t.Error("a message without fields is not told as one")
	}
	date := time.Date(2026, 2, 1, 9, 0, 0, 0, time.UTC)
	if !a.Received.Equal(date) || !b.Received.Equal(date) || a.Size != 5000000000 {
		t.Errorf("received %v and %v, size %d", a.Received, b.Received, a.Size)
	}
	if !a.Saved.IsZero() || !b.Saved.Equal(time.Date(2026, 2, 2, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("saved %v and %v", a.Saved, b.Saved)
	}
	if !a.Flags.Has(imap.FlagSeen) || !a.Flags.Has("$a") || !a.Flags.Has(imap.FlagFlagged) || len(a.Flags) != 3 {
		t.Errorf("flags %q", a.Flags)
	}

	t.Run("a header that is NIL is not an empty one", func(t *testing.T) {
		_, session := dialFake(t, polite().
			with("UID FETCH", "* 1 FETCH (UID 2 BODY[HEADER.FIELDS (FROM)] NIL)\r\nTAG OK\r\n").
			with("UID SEARCH UID", "* SEARCH 2\r\nTAG OK\r\n"))
		_, _, err := ask(t, session, plan.Question{Fetch: message.Fields("from")})
		wantError(t, err, "UID 2")
	})
	t.Run("without SAVEDATE it stays unknown", func(t *testing.T) {
		f, session := dialFake(t, polite())
		n := 0
		_, err := session.Answer(t.Context(), plan.Question{Folder: "Work", Fetch: message.Parts{Flags: true, Saved: true}}, func(m *message.Message) {
			if n++; m.Known.Saved {
				t.Error("SAVEDATE is told as known")
			}
		})
		if err != nil || n != 3 {
			t.Errorf("%d messages, %v; sent %q", n, err, f.sent("UID FETCH"))
		}
	})
}

func TestAnswerLost(t *testing.T) {
	t.Run("silence", func(t *testing.T) {
		f := newFake(t, greeting, polite().with(fetch19, "* 1 FETCH (UID 2 FLAGS ())\r\n"))
		f.account.Timeout = 100 * time.Millisecond
		s, err := Dial(t.Context(), f.account, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.drop()
		_, _, err = ask(t, s, plan.Question{})
		if !errors.Is(err, wire.ErrSilent) {
			t.Errorf("error %v", err)
		}
		var lost *LostError
		if !errors.As(err, &lost) || !lost.Lost() {
			t.Errorf("error %v is not that of a lost connection", err)
		}
	})
	t.Run("the server hangs up", func(t *testing.T) {
		_, s := dialFake(t, polite().with(fetch19, "* BYE updating\r\nHANGUP"))
		_, _, err := ask(t, s, plan.Question{})
		wantError(t, err, "updating", `read folder "Work"`)
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("error %v", err)
		}
		_, _, err = ask(t, s, plan.Question{})
		wantError(t, err, "Work")
		if err := s.Create(t.Context(), "x", ""); err == nil {
			t.Error("a folder is created on a connection that is lost")
		}
		if err := s.Logout(t.Context()); err != nil {
			t.Errorf("log out: %v", err)
		}
	})
	t.Run("somebody interrupts", func(t *testing.T) {
		because := errors.New("interrupted")
		_, s := dialFake(t, polite().with(fetch19, ""))
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(50*time.Millisecond, func() { cancel(because) })
		_, err := s.Answer(ctx, plan.Question{Folder: "Work", Fetch: message.Parts{Flags: true}}, func(*message.Message) {})
		if !errors.Is(err, because) {
			t.Errorf("error %v", err)
		}
	})
}

func TestProgress(t *testing.T) {
	s := dialStage(t, 2500, func(uid int) string { return fmt.Sprintf("* %d FETCH (UID %[1]d FLAGS ())\r\n", uid) })
	var got []string
	s.options.Progress = func(p Progress) { got = append(got, fmt.Sprint(p)) }
	if _, _, err := ask(t, s, plan.Question{}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"{Work 1000 2500}", "{Work 2000 2500}", "{Work 2500 2500}"}; !slices.Equal(got, want) {
		t.Errorf("progress %q, want %q", got, want)
	}
}

func TestWindows(t *testing.T) {
	const size = 20_000
	var sparse imap.UIDSet
	for uid := imap.UID(1_000_000); uid < 1_020_000; uid += 2 {
		sparse = append(sparse, imap.UIDRange{Start: uid, Stop: uid})
	}
	for name, set := range map[string]imap.UIDSet{
		"sparse": sparse,
		"dense":  {{Start: 1, Stop: 50_001}},
		"mixed":  {{Start: 1, Stop: 19_999}, {Start: 30_000, Stop: 30_000}, {Start: 40_000, Stop: 90_000}},
		"end":    {{Start: 4294967290, Stop: 4294967295}},
	} {
		var all imap.UIDSet
		var count int64
		for w := range windows(set, size) {
			if n := len(w.String()); n > maxSet || n == 0 {
				t.Errorf("%s: a window of %d octets", name, n)
			}
			if n := uidset.Count(w); n > size || n == 0 {
				t.Errorf("%s: a window of %d messages", name, n)
			}
			count += uidset.Count(w)
			all.AddSet(w)
		}
		if all.String() != set.String() || count != uidset.Count(set) {
			t.Errorf("%s: the windows hold %d messages, want %d", name, count, uidset.Count(set))
		}
	}
}
