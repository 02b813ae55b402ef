package server

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/cache"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/state"
	"github.com/imapform/imapform/internal/uidset"
	"github.com/imapform/imapform/plan"
)

// rememberWork is a cache that remembers of the folder Work, as it was when its UIDs 2, 5
// and 9 were read, that they had the flag "old".
func rememberWork(t *testing.T, parts message.Parts) *cache.Account {
	t.Helper()
	c, err := cache.Open(t.TempDir(), state.Key{Host: "fake"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w := c.Begin("Work", parts)
	for _, uid := range []imap.UID{2, 5, 9} {
		if err := w.Add(&message.Message{UID: uid, Known: parts, Flags: mailbox.NewFlags("old")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(cache.State{UIDValidity: 7, UIDNext: 10, Messages: 3, HighestModSeq: 50}); err != nil {
		t.Fatal(err)
	}
	return c
}

// modern is a server with CONDSTORE and ESEARCH, in whose folder Work UID 5 is gone, UID 9
// has other flags, and UIDs 11 and 12 are new.
func modern() script {
	s := polite().
		with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE UNSELECT UIDPLUS MOVE CONDSTORE ESEARCH\r\nTAG OK done\r\n").
		with("STATUS INBOX", "* STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 6)\r\nTAG OK\r\n").
		with(`STATUS "Work"`, statusOf(4, 13, 60)).
		with("EXAMINE", examined(4, 13, "HIGHESTMODSEQ 60")).
		with("UID FETCH 2:9 (UID FLAGS) (CHANGEDSINCE 50)", "* 2 FETCH (UID 9 FLAGS (new) MODSEQ (55))\r\nTAG OK done\r\n").
		with("UID FETCH 10:12 (UID FLAGS)", rows(11, 12)).
		with("UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"TAG\") UID ALL 2,9,11:12\r\nTAG OK done\r\n").
		with("UID SEARCH ALL", "* SEARCH 2 9 11 12\r\nTAG OK done\r\n")
	return s
}

func statusOf(messages, next, modSeq int) string {
	return fmt.Sprintf("* STATUS Work (MESSAGES %d UIDNEXT %d UIDVALIDITY 7 HIGHESTMODSEQ %d)\r\nTAG OK\r\n", messages, next, modSeq)
}

func examined(messages, next int, code string) string {
	return fmt.Sprintf("* %d EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT %d] x\r\n* OK [%s] x\r\nTAG OK\r\n", messages, next, code)
}

// rows tells of UIDs that they have no flags.
func rows(uids ...int) string {
	var b strings.Builder
	for i, uid := range uids {
		fmt.Fprintf(&b, "* %d FETCH (UID %d FLAGS ())\r\n", i+1, uid)
	}
	return b.String() + "TAG OK done\r\n"
}

var catchingUp = []string{
	`EXAMINE "Work"`, "UID FETCH 2:9 (UID FLAGS) (CHANGEDSINCE 50)", "UID FETCH 10:12 (UID FLAGS)", "UID SEARCH RETURN (ALL) ALL",
}

// readings are the commands that read messages.
func readings(f *fake) []string {
	var all []string
	for _, beginning := range []string{"EXAMINE", "UID FETCH", "UID SEARCH"} {
		all = append(all, f.sent(beginning)...)
	}
	return all
}

func TestCatchUp(t *testing.T) {
	const everything = "UID FETCH 1:12 (UID FLAGS)"
	anew := func(s script) script { return s.with(everything, rows(2, 9, 11, 12)) }
	old := func(s script) script {
		return s.with("CAPABILITY", polite()["CAPABILITY"][0]).with("EXAMINE", examined(4, 13, "UIDNEXT 13")).
			with(`STATUS "Work"`, "* STATUS Work (MESSAGES 4 UIDNEXT 13 UIDVALIDITY 7)\r\nTAG OK\r\n").
			with("UID FETCH 2:9 (UID FLAGS)", "* 1 FETCH (UID 2 FLAGS (old))\r\n* 2 FETCH (UID 9 FLAGS (new))\r\nTAG OK done\r\n")
	}
	const caughtUp, readAnew = "2 old, 9 new, 11 , 12 ", "2 , 9 , 11 , 12 "
	for name, c := range map[string]struct {
		script script
		parts  message.Parts // remembered; none: flags
		want   string        // UIDs with their flags
		sent   []string      // nil: any
		says   string
		lost   bool
	}{
		"nothing has changed": {
			script: modern().with(`STATUS "Work"`, statusOf(3, 10, 50)), want: "2 old, 5 old, 9 old", sent: []string{},
		},
		"something has": {script: modern(), want: caughtUp, sent: catchingUp},
		"only flags have": {
			script: modern().with(`STATUS "Work"`, statusOf(3, 10, 60)).with("EXAMINE", examined(3, 10, "HIGHESTMODSEQ 60")).
				with("UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"TAG\") UID ALL 9,2,5\r\nTAG OK done\r\n"),
			want: "2 old, 5 old, 9 new", sent: []string{catchingUp[0], catchingUp[1], catchingUp[3]},
		},
		"all are gone": {
			script: modern().with(`STATUS "Work"`, statusOf(0, 10, 60)).with("EXAMINE", examined(0, 10, "HIGHESTMODSEQ 60")).
				with(catchingUp[1], "TAG OK\r\n").with("UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"TAG\") UID\r\nTAG OK done\r\n"),
			want: "", sent: []string{catchingUp[0], catchingUp[1], catchingUp[3]},
		},
		"another came after the listing": {
			script: modern().with("EXAMINE", examined(5, 14, "HIGHESTMODSEQ 61")).with("UID FETCH 11:13 (UID FLAGS)", rows(11, 12, 13)).
				with("UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"TAG\") UID ALL 2,9,11:13\r\nTAG OK done\r\n"),
			want: caughtUp + ", 13 ",
		},
		"another came after EXAMINE": {
			script: modern().with("UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"TAG\") UID ALL 2,9,11:13\r\nTAG OK done\r\n"),
			want:   caughtUp, sent: catchingUp,
		},
		"a new one is left out": {
			script: modern().with("UID FETCH 10:12 (UID FLAGS)", rows(11)).with("UID FETCH 11:12 (UID FLAGS)", rows(11, 12)),
			want:   caughtUp,
		},
		"a new one is left out, and again": {
			script: modern().with("UID FETCH 10:12 (UID FLAGS)", rows(11)).with("UID FETCH 11:12 (UID FLAGS)", rows(11)).
				with("UID FETCH 12 (UID FLAGS)", "TAG OK\r\n").with("UID SEARCH UID 11:12", "* SEARCH 11 12\r\nTAG OK\r\n"),
			says: "does not send in full",
		},
		"no modification sequences any more": {
			script: anew(modern().with("EXAMINE", examined(4, 13, "NOMODSEQ"))), want: readAnew,
		},
		"lower ones": {
			script: anew(modern().with("EXAMINE", examined(4, 13, "HIGHESTMODSEQ 49"))), want: readAnew,
		},
		"another number than those that are listed": {
			script: anew(modern().with("UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"TAG\") UID ALL 2,11:12\r\nTAG OK done\r\n")), want: readAnew,
		},
		"one is there that was not": {
			script: modern().with("UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"TAG\") UID ALL 2,3,11:12\r\nTAG OK done\r\n").
				with(everything, rows(2, 3, 11, 12)),
			want: "2 , 3 , 11 , 12 ",
		},
		"only a count of them": {
			script: modern().with("UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"TAG\") UID COUNT 4\r\nTAG OK done\r\n"),
			want:   caughtUp, sent: append(slices.Clone(catchingUp), "UID SEARCH ALL"),
		},
		"no ESEARCH": {
			script: modern().with("CAPABILITY", strings.Replace(modern()["CAPABILITY"][0], " ESEARCH", "", 1)),
			want:   caughtUp, sent: append(slices.Clone(catchingUp[:3]), "UID SEARCH ALL"),
		},
		"changes are refused": {
			script: anew(modern().with(catchingUp[1], "TAG BAD what?\r\n")), want: readAnew,
		},
		"the folder is refused": {
			script: modern().with("EXAMINE", "TAG NO [NONEXISTENT] gone\r\n").with("UID", "TAG BAD no folder\r\n"),
			says:   `open folder "Work": the server refuses: NO [NONEXISTENT] gone`,
		},
		"the connection is lost": {
			script: modern().with(catchingUp[1], "* 2 FETCH (UID 9 FLA HANGUP"),
			lost:   true,
		},
		"a row that cannot be read": {
			script: modern().with(catchingUp[1], "* 2 FETCH (UID 9 FLAGS\r\nTAG OK\r\n"),
			says:   `read folder "Work"`,
		},
		"its UIDs were given out anew": {
			script: anew(modern().with("EXAMINE", "* 4 EXISTS\r\n* OK [UIDVALIDITY 8] x\r\n* OK [UIDNEXT 13] x\r\n* OK [HIGHESTMODSEQ 60] x\r\nTAG OK\r\n")),
			want:   readAnew,
		},
		"they had been when it was listed": {
			script: anew(modern().with(`STATUS "Work"`, "* STATUS Work (MESSAGES 4 UIDNEXT 13 UIDVALIDITY 8 HIGHESTMODSEQ 60)\r\nTAG OK\r\n")),
			want:   readAnew, sent: []string{catchingUp[0], everything},
		},
		"UIDNEXT has fallen": {
			script: modern().with(`STATUS "Work"`, statusOf(2, 6, 60)).with("EXAMINE", examined(2, 6, "HIGHESTMODSEQ 60")).
				with("UID FETCH 1:5 (UID FLAGS)", rows(2, 5)),
			want: "2 , 5 ", sent: []string{catchingUp[0], "UID FETCH 1:5 (UID FLAGS)"},
		},
		"another folder has its UIDVALIDITY": {
			script: anew(modern().with("STATUS INBOX", "* STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7)\r\nTAG OK\r\n")),
			want:   readAnew, sent: []string{catchingUp[0], everything},
		},
		"not all is remembered": {
			script: anew(modern()), parts: message.Parts{Size: true}, want: readAnew, sent: []string{catchingUp[0], everything},
		},
		"without CONDSTORE": {
			script: old(modern()), want: caughtUp, sent: []string{catchingUp[0], "UID FETCH 2:9 (UID FLAGS)", "UID FETCH 10:12 (UID FLAGS)"},
		},
		"without CONDSTORE, one is not told": {
			script: anew(old(modern()).with("UID FETCH 2:9 (UID FLAGS)", rows(2))), want: readAnew,
		},
		"without CONDSTORE, one is told twice": {
			script: old(modern()).with("UID FETCH 2:9 (UID FLAGS)", "* 1 FETCH (UID 2 FLAGS (x))\r\n* 2 FETCH (UID 9 FLAGS (new))\r\n* 1 FETCH (UID 2 FLAGS (old))\r\nTAG OK\r\n"),
			want:   caughtUp,
		},
		"without CONDSTORE, though nothing has changed": {
			script: old(modern()).with(`STATUS "Work"`, "* STATUS Work (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)\r\nTAG OK\r\n").
				with("EXAMINE", examined(3, 10, "UIDNEXT 10")).with("UID FETCH 2:9 (UID FLAGS)", rows(2, 5, 9)),
			want: "2 , 5 , 9 ", sent: []string{catchingUp[0], "UID FETCH 2:9 (UID FLAGS)"},
		},
		"UIDNEXT from STATUS only": {
			script: old(modern()).with("EXAMINE", "* 4 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nTAG OK\r\n"),
			want:   caughtUp,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, greeting, c.script)
			if c.parts.Empty() {
				c.parts = message.Parts{Flags: true}
			}
			told, _, err := tellWork(t, f, rememberWork(t, c.parts))
			if c.says != "" {
				wantError(t, err, c.says)
				return
			}
			if _, lost := errors.AsType[*LostError](err); lost || c.lost {
				if !c.lost || !lost || told != "" {
					t.Errorf("told %q, %v", told, err)
				}
				return
			}
			if err != nil || told != c.want {
				t.Errorf("told %q, %v; want %q\nsent %q", told, err, c.want, readings(f))
			}
			if sent := readings(f); c.sent != nil && !slices.Equal(sorts(sent), sorts(c.sent)) {
				t.Errorf("sent %q, want %q", sent, c.sent)
			}
		})
	}
}

func sorts(s []string) []string { return slices.Sorted(slices.Values(s)) }

// listed is a session in which the folders have been listed.
func listed(t *testing.T, f *fake, o Options) *Session {
	t.Helper()
	s, err := Dial(t.Context(), f.account, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.List(t.Context()); err != nil {
		s.drop()
		t.Fatal(err)
	}
	return s
}

// tellWork asks about the flags in Work in a session of its own.
func tellWork(t *testing.T, f *fake, c *cache.Account) (string, plan.State, error) {
	t.Helper()
	s := listed(t, f, Options{Cache: c})
	defer s.drop()
	var told []string
	state, err := s.Answer(t.Context(), plan.Question{Folder: "Work", Fetch: message.Parts{Flags: true}}, func(m *message.Message) {
		told = append(told, fmt.Sprintf("%d %s", m.UID, m.Flags))
	})
	return strings.Join(told, ", "), state, err
}

// What was caught up with is what the next session is told, of which it opens nothing.
func TestCaughtUp(t *testing.T) {
	c := rememberWork(t, message.Parts{Flags: true})
	f := newFake(t, greeting, modern())
	first, before, err := tellWork(t, f, c)
	if err != nil {
		t.Fatal(err)
	}
	sent := len(readings(f))
	second, after, err := tellWork(t, f, c)
	if err != nil || first != second || before != after {
		t.Errorf("told %q, %+v, then %q, %+v, %v", first, before, second, after, err)
	}
	if more := readings(f)[sent:]; len(more) > 0 {
		t.Errorf("sent %q", more)
	}
}

// Nothing is remembered of a time when the folder was not yet read.
func TestNotRemembered(t *testing.T) {
	whole := modern().with("UID FETCH 1:12 (UID FLAGS)", rows(2, 9, 11, 12))
	for name, s := range map[string]script{
		"fewer than it counted": whole.with("UID FETCH 1:12 (UID FLAGS)", rows(2, 9, 11)).with("UID SEARCH UID", "* SEARCH 2 9 11\r\nTAG OK\r\n").
			then("EXAMINE", examined(3, 13, "HIGHESTMODSEQ 70")),
		"no UIDVALIDITY": whole.with("EXAMINE", "* 4 EXISTS\r\n* OK [UIDNEXT 13] x\r\n* OK [HIGHESTMODSEQ 60] x\r\nTAG OK\r\n"),
	} {
		c, err := cache.Open(t.TempDir(), state.Key{Host: "fake"}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := tellWork(t, newFake(t, greeting, s), c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if known, ok := c.Folder("Work"); ok {
			t.Errorf("%s: remembered is %+v", name, known.State())
			known.Close()
		}
	}
}

// More than may be read is not read, be the rest remembered or not.
func TestCatchUpLimit(t *testing.T) {
	parts := message.Fields("subject")
	c, err := cache.Open(t.TempDir(), state.Key{Host: "fake"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w := c.Begin("Work", parts)
	if err := w.Commit(cache.State{UIDValidity: 7, UIDNext: 12, HighestModSeq: 50}); err != nil {
		t.Fatal(err)
	}
	const row = "* 1 FETCH (UID 12 BODY[HEADER.FIELDS (SUBJECT)] \"Subject: x\")\r\nTAG OK\r\n"
	f := newFake(t, greeting, modern().with(`STATUS "Work"`, statusOf(1, 13, 60)).with("EXAMINE", examined(1, 13, "HIGHESTMODSEQ 60")).
		with("UID FETCH 12 ", row).with(catchingUp[3], "* ESEARCH (TAG \"TAG\") UID ALL 12\r\nTAG OK\r\n"))
	for _, limit := range []int64{9, 10} {
		s := listed(t, f, Options{Cache: c, MaxFetch: limit})
		defer s.drop()
		told := 0
		_, err := s.Answer(t.Context(), plan.Question{Folder: "Work", Fetch: parts}, func(*message.Message) { told++ })
		if limit == 9 {
			wantError(t, err, "max_fetch")
		} else if err != nil || told != 1 {
			t.Errorf("%d told, %v", told, err)
		}
	}
}

func TestReadFound(t *testing.T) {
	for text, want := range map[string]string{
		"1": "1", "5:3": "3:5", "9,1:3,4": "1:4,9", "1:5,2:3": "1:5", "4294967295": "4294967295",
		"": "", "0": "", "1:0": "", "*": "", "1:*": "", "1,": "", "a": "", "4294967296": "", "-1": "", "1:2:3": "",
	} {
		set, err := parseUIDs(text)
		if got := set.String(); got != want && !(want == "" && err != nil) || want == "" && err == nil {
			t.Errorf("%q is %s, %v; want %q", text, got, err, want)
		}
	}
}

func TestWithin(t *testing.T) {
	all := imap.UIDSet{{Start: 2, Stop: 4}, {Start: 7, Stop: 7}, {Start: 9, Stop: 4294967295}}
	for text, want := range map[string]bool{
		"2": true, "2:4": true, "3,7,9": true, "4294967295": true, "1": false, "5": false, "4:5": false, "2:7": false, "7:8": false, "6:7": false, "8:9": false,
	} {
		set, err := parseUIDs(text)
		if err != nil || uidset.Within(set, all) != want {
			t.Errorf("%s: %t, %v", text, !want, err)
		}
	}
	if !uidset.Within(nil, nil) || uidset.Within(all, nil) {
		t.Error("none")
	}
	if got := uidset.Above(all, 7).String(); got != "9:4294967295" {
		t.Errorf("above 7: %s", got)
	}
	if got := uidset.Above(all, 3).String(); got != "4,7,9:4294967295" {
		t.Errorf("above 3: %s", got)
	}
}
