package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// opened is what a session takes for the open folder, as a text.
func opened(s *Session) string {
	switch {
	case s.open.name == "":
		return "nothing"
	case s.open.writing:
		return string(s.open.name) + " for writing"
	}
	return string(s.open.name) + " for reading"
}

// A folder is opened and its messages are told in one round trip, as by Open and Fetch.
func TestVisit(t *testing.T) {
	const (
		rows    = "* 1 FETCH (UID 2 FLAGS ())\r\n* 2 FETCH (UID 5 FLAGS ())\r\nTAG OK\r\n"
		command = "UID FETCH 2,5 (UID FLAGS)"
		noNext  = "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nTAG OK [READ-WRITE] x\r\n"
	)
	well := polite()["SELECT"][0]
	read := polite().with(command, rows)
	var many imap.UIDSet // which twenty commands carry
	for uid := imap.UID(1_000_000); len(many) < 20_000; uid += 2 {
		many = append(many, imap.UIDRange{Start: uid, Stop: uid})
	}
	for name, c := range map[string]struct {
		script script
		uids   imap.UIDSet // nil: 2 and 5
		want   []imap.UID
		says   string // the error
		seen   string // the error of what is seen
		open   string // afterwards; "": Work for writing
		state  plan.State
		trips  int64
		sent   []string
	}{
		"at once": {script: read, want: []imap.UID{2, 5}, trips: 1, sent: []string{`SELECT "Work"`, command}},
		"in another order, and twice": {
			script: read, uids: imap.UIDSetNum(5, 2, 5), want: []imap.UID{2, 5}, trips: 1, sent: []string{`SELECT "Work"`, command},
		},
		"it was made anew": {
			script: read.with(`SELECT "Work"`, strings.Replace(well, "UIDVALIDITY 7", "UIDVALIDITY 8", 1)),
			want:   []imap.UID{2, 5}, state: plan.State{UIDValidity: 8, UIDNext: 10, Messages: 3},
		},
		"rows of what was open before": {
			script: read.with(`SELECT "Work"`, "* 1 FETCH (UID 2 FLAGS (before))\r\n* 2 FETCH (UID 5 FLAGS (before))\r\n"+well), want: []imap.UID{2, 5}, trips: 1,
		},
		"rows of what was open before are not of what is gone": {
			script: read.with(`SELECT "Work"`, "* 1 FETCH (UID 2 FLAGS (before))\r\n"+well).with(command, "* 2 FETCH (UID 5 FLAGS ())\r\nTAG OK\r\n").
				with("UID SEARCH UID 2,5", "* SEARCH 5\r\nTAG OK\r\n"),
			want: []imap.UID{5},
		},
		"read before it is open": {
			script: read.with(`SELECT "Work"`, "").with(command, "* 1 FETCH (UID 2 FLAGS (before))\r\n* 2 FETCH (UID 5 FLAGS (before))\r\nTAG OK\r\n"+strings.ReplaceAll(well, "TAG", "FORMER")).
				then(command, rows).with("UID SEARCH UID 2,5", "* SEARCH 2 5\r\nTAG OK\r\n"),
			want: []imap.UID{2, 5},
		},
		"refused, and the server reads what was open before": {
			script: read.with(`SELECT "Work"`, "TAG NO [NONEXISTENT] gone\r\n"), says: "NO [NONEXISTENT] gone", open: "nothing",
		},
		"refused, and so nothing can be read": {
			script: read.with(`SELECT "Work"`, "TAG NO [NONEXISTENT] gone\r\n").with(command, "TAG BAD nothing is open\r\n"), says: "NO [NONEXISTENT] gone", open: "nothing",
		},
		"told, and refused": {
			script: read.with(`SELECT "Work"`, strings.Replace(well, "TAG OK [READ-WRITE]", "TAG NO", 1)), says: "server refuses: NO", open: "nothing",
		},
		"read-only": {
			script: read.with(`SELECT "Work"`, strings.Replace(well, "READ-WRITE", "READ-ONLY", 1)), says: "the folder is read-only", open: "Work for reading", trips: 1,
		},
		"no flag that lasts": {
			script: read.with(`SELECT "Work"`, "* 3 EXISTS\r\n* OK [UIDNEXT 10] x\r\n* OK [PERMANENTFLAGS ()] x\r\nTAG OK\r\n"),
			says:   "the folder is read-only", open: "Work for reading",
		},
		"no EXISTS": {
			script: read.with(`SELECT "Work"`, "* OK [UIDNEXT 10] x\r\nTAG OK\r\n"), says: "how many messages", open: "Work for reading",
		},
		"no UIDNEXT": {
			script: read.with(`SELECT "Work"`, noNext).with(`STATUS "Work"`, "* STATUS Work (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)\r\nTAG OK\r\n"),
			want:   []imap.UID{2, 5},
			sent:   []string{`SELECT "Work"`, command, "UNSELECT", `STATUS "Work" (MESSAGES UIDNEXT UIDVALIDITY)`, `SELECT "Work"`, command},
		},
		"no UIDNEXT, and no STATUS": {
			script: read.with(`SELECT "Work"`, noNext).with(`STATUS "Work"`, "TAG NO no\r\n"), says: "NO no", open: "nothing",
		},
		"reading is refused": {script: read.with(command, "* 1 FETCH (UID 2 FLAGS ())\r\nTAG NO [SERVERBUG] oops\r\n"), want: []imap.UID{2}, seen: "NO [SERVERBUG] oops"},
		"never given out": {
			script: read.with("UID FETCH 2,20", "* 1 FETCH (UID 2 FLAGS ())\r\n* 3 FETCH (UID 9 FLAGS ())\r\nTAG OK\r\n"), uids: imap.UIDSetNum(2, 20),
			want: []imap.UID{2}, seen: "UID 20 has not been given out", trips: 1,
		},
		"gone": {
			script: read.with(command, "* 2 FETCH (UID 5 FLAGS ())\r\nTAG OK\r\n").with("UID SEARCH UID 2,5", "* SEARCH 5\r\nTAG OK\r\n"),
			want:   []imap.UID{5}, trips: 2,
		},
		"left out": {
			script: read.with(command, "* 2 FETCH (UID 5 FLAGS ())\r\nTAG OK\r\n").with("UID SEARCH UID 2,5", "* SEARCH 2 5\r\nTAG OK\r\n").
				with("UID FETCH 2 ", "* 1 FETCH (UID 2 FLAGS ())\r\nTAG OK\r\n"),
			want: []imap.UID{5, 2}, trips: 3,
		},
		"left out for good": {
			script: read.with(command, "* 2 FETCH (UID 5 FLAGS ())\r\nTAG OK\r\n").with("UID SEARCH UID 2,5", "* SEARCH 2 5\r\nTAG OK\r\n").
				with("UID FETCH 2 ", "TAG OK\r\n"),
			want: []imap.UID{5}, seen: "does not send in full",
		},
		"not to be read": {script: read.with(command, "* 1 FETCH (UID 2 FLAGS () X)\r\nTAG OK\r\n"), seen: "pairs"},
		"empty": {
			script: read.with(`SELECT "Work"`, strings.Replace(well, "3 EXISTS", "0 EXISTS", 1)).with(command, "TAG OK\r\n").with("UID SEARCH UID 2,5", "* SEARCH\r\nTAG OK\r\n"),
			state:  plan.State{UIDValidity: 7, UIDNext: 10},
		},
		"without UNSELECT, UIDPLUS and MOVE": {
			script: read.with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE\r\nTAG OK\r\n"), want: []imap.UID{2, 5}, trips: 1,
		},
		"few by one command": {
			script: polite().with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE MESSAGELIMIT=1\r\nTAG OK\r\n").
				with("UID FETCH 2 ", "* 1 FETCH (UID 2 FLAGS ())\r\nTAG OK\r\n").with("UID FETCH 5 ", "* 2 FETCH (UID 5 FLAGS ())\r\nTAG OK\r\n"),
			want: []imap.UID{2, 5}, trips: 1, sent: []string{`SELECT "Work"`, "UID FETCH 2 (UID FLAGS)", "UID FETCH 5 (UID FLAGS)"},
		},
		"many": {
			script: polite().with(`SELECT "Work"`, strings.Replace(well, "UIDNEXT 10", "UIDNEXT 1040000", 1)).
				with("UID FETCH", "* 1 FETCH (UID 1039998 FLAGS ())\r\nTAG OK\r\n").with("UID SEARCH UID", "* SEARCH 1039998\r\nTAG OK\r\n"),
			uids: many, want: []imap.UID{1_039_998}, state: plan.State{UIDValidity: 7, UIDNext: 1_040_000, Messages: 3},
		},
		"no UID":        {script: read, uids: imap.UIDSet{}, seen: "no UID is given", sent: []string{`SELECT "Work"`}},
		"all there are": {script: read, uids: imap.UIDSet{{Start: 1, Stop: 0}}, seen: "must not hold", sent: []string{`SELECT "Work"`}},
		"lost as it opens": {
			script: read.with(`SELECT "Work"`, "* 3 EXISTS\r\n* 1 FETCH (UID 2 FLAGS ())\r\nHANGUP"), says: "ended the connection", open: "nothing",
		},
		"lost as it is read": {script: read.with(command, "* 1 FETCH (UID 2 FLAGS ())\r\nHANGUP"), want: []imap.UID{2}, seen: "ended the connection"},
	} {
		t.Run(name, func(t *testing.T) {
			f, s := dialFake(t, c.script)
			if _, err := s.Open(t.Context(), "INBOX"); err != nil {
				t.Fatal(err)
			}
			before, trips := len(f.sent("")), s.conn.Stats().RoundTrips
			if c.uids == nil {
				c.uids = imap.UIDSetNum(2, 5)
			}
			var told []imap.UID
			o, seen, err := s.Visit(t.Context(), "Work", c.uids, message.Parts{Flags: true}, func(m *message.Message) {
				if len(m.Flags) > 0 {
					t.Errorf("UID %d of another folder is told", m.UID)
				}
				told = append(told, m.UID)
			})
			sent := f.sent("")[before:]
			if !slices.Equal(told, c.want) {
				t.Errorf("told of %v, want %v", told, c.want)
			}
			if got := opened(s); got != cmp.Or(c.open, "Work for writing") {
				t.Errorf("open is %s", got)
			}
			if trips = s.conn.Stats().RoundTrips - trips; c.trips > 0 && trips != c.trips {
				t.Errorf("%d round trips, want %d; sent %.300q", trips, c.trips, sent)
			}
			if c.sent != nil && !slices.Equal(sent, c.sent) {
				t.Errorf("sent %q, want %q", sent, c.sent)
			}
			for i, command := range sent {
				if len(command) > maxSet+200 || strings.Contains(command, "*") || len(c.uids) == len(many) && i < 1+maxBurst && i > 0 && !strings.HasPrefix(command, "UID FETCH") {
					t.Errorf("sent %.100s… of %d octets", command, len(command))
				}
			}
			if c.says != "" {
				wantError(t, err, c.says)
				if o.State != (plan.State{}) || seen != nil || errors.Is(err, ErrReadOnly) != strings.Contains(c.says, "read-only") ||
					apply.Lost(err) != (c.says == "ended the connection") {
					t.Errorf("opened %+v, seen %v, error %v", o, seen, err)
				}
				if err := stored(s, t.Context(), imap.UIDSetNum(2), true, mailbox.NewFlags(imap.FlagSeen)); err == nil {
					t.Error("a folder that is not open is changed")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := cmp.Or(c.state, plan.State{UIDValidity: 7, UIDNext: 10, Messages: 3}); o.State != want || s.open.highest != want.UIDNext-1 {
				t.Errorf("opened %+v, want %+v; the highest UID is %d", o.State, want, s.open.highest)
			}
			switch {
			case c.seen != "":
				wantError(t, seen, c.seen)
				if apply.Lost(seen) != (c.seen == "ended the connection") {
					t.Errorf("lost: %v", seen)
				}
			case seen != nil:
				t.Error(seen)
			}
		})
	}
}

// A server that once told no UIDNEXT is asked for it first from then on.
func TestVisitWithoutUIDNext(t *testing.T) {
	f, s := dialFake(t, polite().with("SELECT", "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nTAG OK\r\n").
		with(`STATUS "Work"`, "* STATUS Work (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)\r\nTAG OK\r\n").
		with("UID FETCH 2 ", "* 1 FETCH (UID 2 FLAGS ())\r\nTAG OK\r\n"))
	if err := s.locate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{6, 4} {
		before := len(f.sent(""))
		told := 0
		if _, seen, err := s.Visit(t.Context(), "Work", imap.UIDSetNum(2), message.Parts{Flags: true}, func(*message.Message) { told++ }); seen != nil || err != nil || told != 1 {
			t.Errorf("told of %d messages, %v, %v", told, seen, err)
		}
		if sent := f.sent("")[before:]; len(sent) != want {
			t.Errorf("visit %d sent %q", i+1, sent)
		}
	}
}

// What the listing told of a folder that is opened for writing is not believed any more.
func TestVisitAndTryOutForgetTheListing(t *testing.T) {
	_, s := dialFake(t, polite().with("UID FETCH 2 ", "* 1 FETCH (UID 2 FLAGS ())\r\nTAG OK\r\n"))
	if _, err := s.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Visit(t.Context(), "Work", imap.UIDSetNum(2), message.Parts{Flags: true}, func(*message.Message) {}); err != nil {
		t.Fatal(err)
	}
	if _, known := s.listed("Work"); known {
		t.Error("what was listed of a folder is believed although it was visited")
	}
	if _, left := s.TryOut(t.Context(), []mailbox.Name{"INBOX"}); left != nil {
		t.Fatal(left)
	}
	if _, known := s.listed("INBOX"); known {
		t.Error("what was listed of a folder is believed although it was tried")
	}
}

// When time is up while a folder is read it is open, and reading was cut off, or it is not.
func TestVisitCutOff(t *testing.T) {
	for range 20 {
		_, s := dialFake(t, polite().with("UID FETCH", ""))
		if err := s.locate(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		o, seen, err := s.Visit(ctx, "Work", imap.UIDSetNum(2), message.Parts{Flags: true}, func(*message.Message) { t.Error("a message is told") })
		cancel()
		isOpen := err == nil && apply.Lost(seen) && o.UIDNext == 10 && opened(s) == "Work for writing"
		isNot := apply.Lost(err) && seen == nil && o.UIDNext == 0 && opened(s) == "nothing"
		if !isOpen && !isNot {
			t.Fatalf("opened %+v, seen %v, error %v; open is %s", o, seen, err, opened(s))
		}
	}
}

// Where commands are few in a second they go one by one, and come to the same.
func TestVisitAndTryOutUnderRate(t *testing.T) {
	f := newFake(t, greeting, polite().with(`SELECT "b"`, "TAG NO no\r\n").with("UID FETCH 2 ", "* 1 FETCH (UID 2 FLAGS ())\r\nTAG OK\r\n"))
	f.account.MaxRate = 1000
	s, err := Dial(t.Context(), f.account, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.drop()
	told := 0
	if _, seen, err := s.Visit(t.Context(), "Work", imap.UIDSetNum(2), message.Parts{Flags: true}, func(*message.Message) { told++ }); seen != nil || err != nil || told != 1 {
		t.Errorf("told of %d messages, %v, %v", told, seen, err)
	}
	errs, left := s.TryOut(t.Context(), []mailbox.Name{"Work", "b"})
	if got := outcomes(errs); !slices.Equal(got, []string{"ok", "no"}) || left != nil || opened(s) != "nothing" {
		t.Errorf("%q, %v; open is %s", got, left, opened(s))
	}
}

// Nothing is sent, and nothing open, where nothing may be sent any more.
func TestVisitAndTryOutCancelled(t *testing.T) {
	f, s := openFake(t, polite())
	before := len(f.sent(""))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, seen, err := s.Visit(ctx, "INBOX", imap.UIDSetNum(2), message.Parts{Flags: true}, func(*message.Message) { t.Error("a message is told") })
	if !apply.Lost(err) || !errors.Is(err, context.Canceled) || seen != nil {
		t.Errorf("%v, %v", seen, err)
	}
	errs, left := s.TryOut(ctx, []mailbox.Name{"INBOX", "Work"})
	if !apply.Lost(errs[0]) || !apply.Lost(errs[1]) || !apply.Lost(left) {
		t.Errorf("%v, %v", errs, left)
	}
	if sent := f.sent("")[before:]; len(sent) > 0 || opened(s) != "nothing" {
		t.Errorf("sent %q; open is %s", sent, opened(s))
	}
	// A name that no folder can have is refused before anything is sent.
	if _, _, err := s.Visit(t.Context(), "a//b", imap.UIDSetNum(2), message.Parts{Flags: true}, nil); err == nil || len(f.sent("")) > before {
		t.Errorf("%v; sent %q", err, f.sent("")[before:])
	}
}

// Folders are opened for writing and left, at once: what fails, and what is open then, is
// as if it were one by one.
func TestTryOut(t *testing.T) {
	const (
		refused  = "TAG NO [NOPERM] no\r\n"
		readOnly = "* 3 EXISTS\r\nTAG OK [READ-ONLY] x\r\n"
		vague    = "TAG OK x\r\n"
	)
	without := polite().with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE\r\nTAG OK\r\n")
	three := []mailbox.Name{"a", "b", "c"}
	for name, c := range map[string]struct {
		script script
		names  []mailbox.Name
		want   []string
		left   string
		open   string // afterwards; "": nothing
		sent   []string
	}{
		"all well":               {script: polite(), want: []string{"ok", "ok", "ok"}, sent: []string{`SELECT "a"`, `SELECT "b"`, `SELECT "c"`, "UNSELECT"}},
		"one in the middle":      {script: polite().with(`SELECT "b"`, refused), want: []string{"ok", "no", "ok"}},
		"the last, and it is so": {script: polite().with(`SELECT "c"`, refused).with("UNSELECT", "TAG BAD nothing is open\r\n"), want: []string{"ok", "ok", "no"}},
		"all": {
			script: polite().with("SELECT", refused).with("UNSELECT", "TAG BAD nothing is open\r\n"), want: []string{"no", "no", "no"},
		},
		"read-only first": {script: polite().with(`SELECT "a"`, readOnly), want: []string{"read-only", "ok", "ok"}},
		"read-only last":  {script: polite().with(`SELECT "c"`, readOnly), want: []string{"ok", "ok", "read-only"}},
		"no EXISTS":       {script: polite().with(`SELECT "b"`, vague).with(`SELECT "c"`, vague), want: []string{"ok", "unsent", "unsent"}},
		"not left":        {script: polite().with("UNSELECT", refused), want: []string{"ok", "ok", "ok"}, left: "no", open: "c for reading"},
		"read-only, not left": {
			script: polite().with(`SELECT "c"`, readOnly).with("UNSELECT", refused), want: []string{"ok", "ok", "read-only"}, left: "no", open: "c for reading",
		},
		"no EXISTS, not left": {
			script: polite().with(`SELECT "c"`, vague).with("UNSELECT", refused), want: []string{"ok", "ok", "unsent"}, left: "no", open: "c for reading",
		},
		"without UNSELECT":           {script: without, want: []string{"ok", "ok", "ok"}, sent: []string{`SELECT "a"`, `SELECT "b"`, `SELECT "c"`, `EXAMINE "INBOX"`}},
		"without UNSELECT, refused":  {script: without.with("EXAMINE", refused), want: []string{"ok", "ok", "ok"}, left: "no"},
		"without UNSELECT, the last": {script: without.with(`SELECT "c"`, refused), want: []string{"ok", "ok", "no"}},
		"lost in the middle":         {script: polite().with(`SELECT "b"`, "* 3 EXISTS\r\nHANGUP"), want: []string{"ok", "lost", "lost"}, left: "lost"},
		"lost as it is left":         {script: polite().with("UNSELECT", "HANGUP"), want: []string{"ok", "ok", "ok"}, left: "lost", open: "any"},
		"what cannot be sent": {
			script: polite(), names: []mailbox.Name{"a//b", "a", "b//c"}, want: []string{"unsent", "ok", "unsent"}, sent: []string{`SELECT "a"`, "UNSELECT"},
		},
		"what cannot be sent behind what is not left": {
			script: polite().with("UNSELECT", refused), names: []mailbox.Name{"b", "a", "b//c"}, want: []string{"ok", "ok", "unsent"}, left: "no", open: "a for reading",
		},
		"nothing that can be sent": {script: polite(), names: []mailbox.Name{"a//b"}, want: []string{"unsent"}, sent: []string{}, open: "INBOX for writing"},
		"nothing":                  {script: polite(), names: []mailbox.Name{}, want: []string{}, sent: []string{}, open: "INBOX for writing"},
	} {
		t.Run(name, func(t *testing.T) {
			f, s := dialFake(t, c.script.with(`SELECT "INBOX"`, polite()["SELECT"][0]))
			if _, err := s.Open(t.Context(), "INBOX"); err != nil {
				t.Fatal(err)
			}
			before, trips := len(f.sent("")), s.conn.Stats().RoundTrips
			if c.names == nil {
				c.names = three
			}
			errs, left := s.TryOut(t.Context(), c.names)
			got := outcomes(errs)
			for i, err := range errs {
				if errors.Is(err, ErrReadOnly) {
					got[i] = "read-only"
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("errors %q, want %q: %v", got, c.want, errs)
			}
			if got := outcomes([]error{left})[0]; got != cmp.Or(c.left, "ok") {
				t.Errorf("left: %q, want %q: %v", got, cmp.Or(c.left, "ok"), left)
			}
			if got := opened(s); c.open != "any" && got != cmp.Or(c.open, "nothing") {
				t.Errorf("open is %s, want %s", got, cmp.Or(c.open, "nothing"))
			}
			if c.open != "INBOX for writing" {
				if trips = s.conn.Stats().RoundTrips - trips; trips != 1 {
					t.Errorf("%d round trips", trips)
				}
				if err := stored(s, t.Context(), imap.UIDSetNum(2), true, mailbox.NewFlags(imap.FlagSeen)); err == nil || len(f.sent("UID")) > 0 {
					t.Errorf("a folder that was tried is changed: %v", err)
				}
			}
			if sent := f.sent("")[before:]; c.sent != nil && !slices.Equal(sent, c.sent) {
				t.Errorf("sent %q, want %q", sent, c.sent)
			}
		})
	}
}

// A folder that could not be left is left before anything else is done.
func TestTryOutLeavesLater(t *testing.T) {
	f, s := dialFake(t, polite().with("UNSELECT", "TAG NO [UNAVAILABLE] later\r\n").then("UNSELECT", "TAG OK\r\n"))
	if _, left := s.TryOut(t.Context(), []mailbox.Name{"Work"}); left == nil {
		t.Error("it was left")
	}
	if errs := s.Folders(t.Context(), []apply.FolderChange{{Kind: apply.ChangeRename, Name: "Work", To: "x"}}); errs[0] != nil {
		t.Error(errs[0])
	}
	if sent := fmt.Sprint(f.sent("UNSELECT"), f.sent("RENAME")); sent != `[UNSELECT UNSELECT] [RENAME "Work" "x"]` {
		t.Errorf("sent %s", sent)
	}
}

// Fetch reads any number of messages, in as many commands as it takes.
func TestFetchOfManyUIDs(t *testing.T) {
	var many imap.UIDSet
	var want []imap.UID
	for uid := imap.UID(1_000_000); len(many) < 20_000; uid += 2 {
		many, want = append(many, imap.UIDRange{Start: uid, Stop: uid}), append(want, uid)
	}
	answers := polite().with("SELECT", strings.Replace(polite()["SELECT"][0], "UIDNEXT 10]", "UIDNEXT 1040000]", 1))
	for set := range windows(many, maxWindow) {
		var rows strings.Builder
		for _, r := range set {
			fmt.Fprintf(&rows, "* 1 FETCH (UID %d FLAGS ())\r\n", r.Start)
		}
		answers = answers.with(fmt.Sprintf("UID FETCH %d,", set[0].Start), rows.String()+"TAG OK\r\n")
	}
	f, s := openFake(t, answers)
	slices.Reverse(many)
	var told []imap.UID
	trips := s.conn.Stats().RoundTrips
	if err := s.Fetch(t.Context(), many, message.Parts{Flags: true}, func(m *message.Message) { told = append(told, m.UID) }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(told)
	if !slices.Equal(told, want) {
		t.Errorf("told of %d messages", len(told))
	}
	if trips = s.conn.Stats().RoundTrips - trips; trips != 2 {
		t.Errorf("%d round trips for %d commands", trips, len(f.sent("UID FETCH")))
	}
	for _, command := range f.sent("UID FETCH") {
		if len(command) > maxSet+200 {
			t.Errorf("a command of %d octets", len(command))
		}
	}
}
