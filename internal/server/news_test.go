package server

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/cache"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

const (
	changedWork = "UID FETCH 2:9 (UID FLAGS) (CHANGEDSINCE 50)"
	freshWork   = "UID FETCH 10:12 (UID FLAGS)"
	searched    = "UID SEARCH RETURN (ALL) ALL"
	wholeWork   = "UID FETCH 1:12 (UID FLAGS)"
)

// sinceWork is what is known of the folder Work when its UIDs were 2, 5 and 9.
func sinceWork(again ...imap.UID) *plan.Since {
	return &plan.Since{
		State: plan.State{UIDValidity: 7, UIDNext: 10, Messages: 3, HighestModSeq: 50},
		Known: imap.UIDSetNum(2, 5, 9), Again: imap.UIDSetNum(again...),
	}
}

// newsy is the server modern, which also tells of all messages at once.
func newsy() script { return modern().with(wholeWork, flagged("2 old", "9 new", "11", "12")) }

// flagged tells of UIDs and their flags.
func flagged(all ...string) string { return flaggedRows(all...) + "TAG OK done\r\n" }

func flaggedRows(all ...string) string {
	var b strings.Builder
	for i, one := range all {
		uid, flags, _ := strings.Cut(one, " ")
		fmt.Fprintf(&b, "* %d FETCH (UID %s FLAGS (%s))\r\n", i+1, uid, flags)
	}
	return b.String()
}

// thereAre answers the search for all messages.
func thereAre(uids string) string {
	return "* ESEARCH (TAG \"TAG\") UID ALL " + uids + "\r\nTAG OK done\r\n"
}

// lookingWork is what is sent to such a server where nothing is amiss.
var lookingWork = []string{`EXAMINE "Work"`, changedWork, freshWork, searched}

// askWork asks one question about Work, in a session of its own.
func askWork(t *testing.T, f *fake, c *cache.Account, q plan.Question, limit int64) (told []string, _ plan.Answer, err error) {
	t.Helper()
	s := listed(t, f, Options{Cache: c, MaxFetch: limit})
	defer s.drop()
	q.Folder = "Work"
	answers, err := s.AnswerAll(t.Context(), []plan.Question{q}, func(_ int, m *message.Message) { told = append(told, describeNews(m)) })
	if err != nil {
		return told, plan.Answer{}, err
	}
	return told, answers[0], nil
}

func describeNews(m *message.Message) string {
	line := fmt.Sprintf("%d %s", m.UID, m.Flags)
	if subject, ok := m.Header.Raw("subject"); ok {
		line += "/" + subject
	}
	return strings.TrimSpace(line)
}

// What is told where a part of the messages suffices.
func TestNews(t *testing.T) {
	subjects := message.Fields("subject")
	subjects.Flags = true
	const items = "(UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])"
	const changedSubjects, freshSubjects = "UID FETCH 2:9 " + items + " (CHANGEDSINCE 50)", "UID FETCH 10:12 " + items
	row := func(uid int, flags string) string {
		return fmt.Sprintf("* 1 FETCH (UID %d FLAGS (%s) BODY[HEADER.FIELDS (SUBJECT)] \"Subject: s%d\")\r\n", uid, flags, uid)
	}
	headed := modern().with(changedSubjects, row(9, "new")+"TAG OK\r\n").with(freshSubjects, row(11, "")+row(12, "")+"TAG OK\r\n").
		with("UID SEARCH UID", "* SEARCH 9\r\nTAG OK\r\n")
	unchanged := modern().with(`STATUS "Work"`, statusOf(3, 10, 50)).with("EXAMINE", examined(3, 10, "HIGHESTMODSEQ 50")).with(searched, thereAre("2,5,9"))
	for name, c := range map[string]struct {
		script script
		fetch  message.Parts // none: flags
		again  []imap.UID
		want   string // UIDs with their flags and subjects
		there  string
		sent   []string // nil: any
		says   string
	}{
		"flags, new ones, and one is gone": {script: newsy(), want: "9 new, 11, 12", there: "2,9,11:12", sent: lookingWork},
		"and one again": {
			script: newsy().with("UID FETCH 2 ", flagged("2 old")), again: []imap.UID{2}, want: "2 old, 9 new, 11, 12", there: "2,9,11:12",
			sent: append([]string{"UID FETCH 2 (UID FLAGS)"}, lookingWork...),
		},
		"the one that is gone again": {
			script: newsy().with("UID FETCH 5 ", "TAG OK\r\n"), again: []imap.UID{5}, want: "9 new, 11, 12", there: "2,9,11:12",
			sent: append([]string{"UID FETCH 5 (UID FLAGS)"}, lookingWork...),
		},
		"the one that has changed again": {
			script: newsy().with("UID FETCH 9 ", flagged("9 new")), again: []imap.UID{9}, want: "9 new, 11, 12", there: "2,9,11:12",
		},
		"nothing but one again": {
			script: unchanged.with("UID FETCH 5 ", flagged("5 old")), again: []imap.UID{5}, want: "5 old", there: "2,5,9",
			sent: []string{`EXAMINE "Work"`, "UID FETCH 5 (UID FLAGS)", searched},
		},
		"nothing": {script: unchanged, there: "2,5,9", sent: []string{`EXAMINE "Work"`, searched}},
		"flags do not matter": {
			script: headed.with("UID FETCH 10:12 (UID BODY", row(11, "")+row(12, "")+"TAG OK\r\n"), fetch: message.Fields("subject"),
			want: "11 /s11, 12 /s12", there: "2,9,11:12",
			sent: []string{`EXAMINE "Work"`, "UID FETCH 10:12 (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])", searched},
		},
		"all that were known are gone": {
			script: newsy().with(`STATUS "Work"`, statusOf(2, 13, 60)).with("EXAMINE", examined(2, 13, "HIGHESTMODSEQ 60")).
				with(changedWork, "TAG OK\r\n").with(searched, thereAre("11:12")),
			want: "11, 12", there: "11:12",
		},
		"all are gone since the listing": {
			script: newsy().with("EXAMINE", examined(0, 13, "HIGHESTMODSEQ 61")).with("UID FETCH", "TAG NO it is empty\r\n").
				with(changedWork, "TAG OK\r\n").with(freshWork, "TAG OK\r\n").with(searched, "* ESEARCH (TAG \"TAG\") UID\r\nTAG OK\r\n"),
			want: "", there: "",
		},
		"of a new one a row is missing": {
			script: newsy().with(freshWork, flagged("11")).with("UID FETCH 12 ", flagged("12 late")), want: "9 new, 11, 12 late", there: "2,9,11:12",
			sent: append([]string{"UID FETCH 12 (UID FLAGS)"}, lookingWork...),
		},
		"and it is gone by then": {
			script: newsy().with(freshWork, flagged("11")).with("UID FETCH 12 ", "TAG OK\r\n").with("UID SEARCH UID", "* SEARCH\r\nTAG OK\r\n"),
			want:   "9 new, 11", there: "2,9,11",
		},
		"and it is never told": {
			script: newsy().with(freshWork, flagged("11")).with("UID FETCH 12 ", "TAG OK\r\n").with("UID SEARCH UID", "* SEARCH 12\r\nTAG OK\r\n"),
			says:   `read folder "Work": the server lists 1 messages that it does not send in full, the first of them with UID 12`,
		},
		"one again is not told": {
			script: newsy().with("UID FETCH 2 ", "TAG OK\r\n").then("UID FETCH 2 ", flagged("2 old")), again: []imap.UID{2},
			want: "9 new, 11, 12, 2 old", there: "2,9,11:12",
		},
		"one again is gone by then": {
			script: newsy().with("UID FETCH 2 ", "TAG OK\r\n").with("UID SEARCH UID", "* SEARCH\r\nTAG OK\r\n"), again: []imap.UID{2},
			want: "9 new, 11, 12", there: "9,11:12",
		},
		"another came between the listing and EXAMINE": {
			script: newsy().with("EXAMINE", examined(5, 14, "HIGHESTMODSEQ 61")).with(searched, thereAre("2,9,11:13")).with("UID FETCH 13 ", flagged("13 late")),
			want:   "9 new, 11, 12, 13 late", there: "2,9,11:13", sent: append([]string{"UID FETCH 13 (UID FLAGS)"}, lookingWork...),
		},
		"another came after EXAMINE": {
			script: newsy().with(searched, thereAre("2,9,11:13")), want: "9 new, 11, 12", there: "2,9,11:12", sent: lookingWork,
		},
		"UIDNEXT from STATUS only": {
			script: newsy().with("EXAMINE", "* 4 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [HIGHESTMODSEQ 60] x\r\nTAG OK\r\n"),
			want:   "9 new, 11, 12", there: "2,9,11:12", sent: lookingWork,
		},
		"one is told twice": {
			script: newsy().with(changedWork, flagged("9 new", "9 newer")), want: "9 new, 11, 12", there: "2,9,11:12", sent: lookingWork,
		},
		"more is told than was asked": {
			script: newsy().with(changedWork, flagged("2 old", "9 new")), want: "2 old, 9 new, 11, 12", there: "2,9,11:12", sent: lookingWork,
		},
		"one is told that is gone": {
			script: newsy().with(changedWork, flagged("5 old", "9 new")), want: "9 new, 11, 12", there: "2,9,11:12", sent: lookingWork,
		},
		"one is told that there never was": {
			script: newsy().with(changedWork, flagged("3 x", "9 new", "77 y")), want: "9 new, 11, 12", there: "2,9,11:12", sent: lookingWork,
		},
		"rows without UIDs": {
			script: newsy().with(changedWork, "* 1 FETCH (FLAGS (x))\r\n"+flagged("9 new")), want: "9 new, 11, 12", there: "2,9,11:12", sent: lookingWork,
		},
		"rows of the folder that was open before": {
			script: newsy().with("EXAMINE", flaggedRows("2 other", "11 other")+examined(4, 13, "HIGHESTMODSEQ 60")),
			want:   "9 new, 11, 12", there: "2,9,11:12", sent: lookingWork,
		},
		"the flags of others come unasked": {
			script: newsy().with(searched, flaggedRows("2 late")+thereAre("2,9,11:12")), want: "9 new, 11, 12", there: "2,9,11:12", sent: lookingWork,
		},
		"headers": {
			script: headed, fetch: subjects, want: "9 new/s9, 11 /s11, 12 /s12", there: "2,9,11:12",
			sent: []string{`EXAMINE "Work"`, changedSubjects, freshSubjects, searched},
		},
		"only the flags of one that has changed": {
			script: headed.with(changedSubjects, flagged("9 new")).with("UID FETCH 9 ", row(9, "new")+"TAG OK\r\n"), fetch: subjects,
			want: "11 /s11, 12 /s12, 9 new/s9", there: "2,9,11:12", sent: []string{`EXAMINE "Work"`, changedSubjects, freshSubjects, searched, "UID FETCH 9 " + items},
		},
		"in two rows": {
			script: headed.with(changedSubjects, flaggedRows("9 new")+"* 2 FETCH (UID 9 BODY[HEADER.FIELDS (SUBJECT)] \"Subject: s9\")\r\nTAG OK\r\n"),
			fetch:  subjects, want: "9 new/s9, 11 /s11, 12 /s12", there: "2,9,11:12",
			sent: []string{`EXAMINE "Work"`, changedSubjects, freshSubjects, searched},
		},
		"flags come unasked of one that was known": {
			script: headed.with(freshSubjects, flaggedRows("2 late")+row(11, "")+row(12, "")+"TAG OK\r\n").with("UID FETCH 2 ", row(2, "later")+"TAG OK\r\n"),
			fetch:  subjects, want: "9 new/s9, 11 /s11, 12 /s12, 2 later/s2", there: "2,9,11:12",
		},
		"of one that is gone": {
			script: headed.with(freshSubjects, flaggedRows("5 late")+row(11, "")+row(12, "")+"TAG OK\r\n"),
			fetch:  subjects, want: "9 new/s9, 11 /s11, 12 /s12", there: "2,9,11:12",
			sent: []string{`EXAMINE "Work"`, changedSubjects, freshSubjects, searched},
		},
		"of one that is new": {
			script: headed.with(changedSubjects, flaggedRows("12 early")+row(9, "new")+"TAG OK\r\n"),
			fetch:  subjects, want: "9 new/s9, 11 /s11, 12 /s12", there: "2,9,11:12",
			sent: []string{`EXAMINE "Work"`, changedSubjects, freshSubjects, searched},
		},
		"of one that is not known": {
			script: headed.with(changedSubjects, flaggedRows("3 x", "77 x")+row(9, "new")+"TAG OK\r\n"),
			fetch:  subjects, want: "9 new/s9, 11 /s11, 12 /s12", there: "2,9,11:12",
			sent: []string{`EXAMINE "Work"`, changedSubjects, freshSubjects, searched},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, greeting, c.script)
			if c.fetch.Empty() {
				c.fetch = message.Parts{Flags: true}
			}
			told, answer, err := askWork(t, f, nil, plan.Question{Fetch: c.fetch, Since: sinceWork(c.again...)}, 0)
			if c.says != "" {
				wantError(t, err, c.says)
				return
			}
			if got := strings.Join(told, ", "); err != nil || got != c.want || !answer.Since || answer.There.String() != c.there {
				t.Errorf("told %q of %+v, %v; want %q of %s\nsent %q", got, answer, err, c.want, c.there, readings(f))
			}
			if sent := readings(f); c.sent != nil && !slices.Equal(sorts(sent), sorts(c.sent)) {
				t.Errorf("sent %q, want %q", sent, c.sent)
			}
		})
	}
}

// What does not fit what is known has all messages be told, of what is remembered or, where
// that is nothing or does not fit either, by the server.
func TestNewsFallBack(t *testing.T) {
	const whole = "2 old, 9 new, 11, 12"
	bare := func(without string) script {
		return newsy().with("CAPABILITY", strings.Replace(newsy()["CAPABILITY"][0], " "+without, "", 1))
	}
	for name, c := range map[string]struct {
		script script
		since  *plan.Since // nil: sinceWork
		want   string      // empty: whole
		asked  bool        // it shows only in what the server answers

		alone bool // what is remembered would answer it
	}{
		"UIDVALIDITY":                  {script: newsy().with("EXAMINE", strings.Replace(examined(4, 13, "HIGHESTMODSEQ 60"), "UIDVALIDITY 7", "UIDVALIDITY 8", 1)), asked: true},
		"no UIDVALIDITY":               {script: newsy().with("EXAMINE", "* 4 EXISTS\r\n* OK [UIDNEXT 13] x\r\n* OK [HIGHESTMODSEQ 60] x\r\nTAG OK\r\n"), asked: true},
		"UIDs that do not last":        {script: newsy().with("EXAMINE", strings.Replace(examined(4, 13, "HIGHESTMODSEQ 60"), "TAG", "* NO [UIDNOTSTICKY] x\r\nTAG", 1)), asked: true},
		"UIDVALIDITY in the listing":   {script: newsy().with(`STATUS "Work"`, strings.Replace(statusOf(4, 13, 60), "UIDVALIDITY 7", "UIDVALIDITY 8", 1))},
		"UIDNEXT":                      {script: newsy().with("EXAMINE", examined(2, 9, "HIGHESTMODSEQ 60")).with(wholeWork, flagged("2 old", "5 old")).with("UID FETCH 1:8 ", flagged("2 old", "5 old")).with(searched, thereAre("2,5")), want: "2 old, 5 old", asked: true},
		"UIDNEXT in the listing":       {script: newsy().with(`STATUS "Work"`, statusOf(4, 9, 60)).with("UID FETCH 1:8 ", flagged("2 old")).with("UID FETCH 9:12 ", flagged("9 new", "11", "12"))},
		"HIGHESTMODSEQ":                {script: newsy().with("EXAMINE", examined(4, 13, "HIGHESTMODSEQ 49")), asked: true},
		"HIGHESTMODSEQ in the listing": {script: newsy().with(`STATUS "Work"`, statusOf(4, 13, 49))},
		"NOMODSEQ":                     {script: newsy().with("EXAMINE", examined(4, 13, "NOMODSEQ")), asked: true},
		"no HIGHESTMODSEQ is listed":   {script: newsy().with(`STATUS "Work"`, "* STATUS Work (MESSAGES 4 UIDNEXT 13 UIDVALIDITY 7)\r\nTAG OK\r\n")},
		"nothing had changed when it was listed": {
			script: newsy().with(`STATUS "Work"`, statusOf(3, 10, 50)).with("EXAMINE", examined(3, 10, "HIGHESTMODSEQ 51")).
				with(searched, thereAre("2,5,9")).with("UID FETCH 1:9 (UID FLAGS)", flagged("2 old", "5 old", "9 new")),
			want: "2 old, 5 old, 9 new", alone: true, asked: true,
		},
		"fewer than it counts":                 {script: newsy().with(searched, thereAre("2,11:12")), asked: true},
		"more than it counts":                  {script: newsy().with(searched, thereAre("2,5,9,11:12")), asked: true},
		"one that was not known":               {script: newsy().with(searched, thereAre("2,3,11:12")), asked: true},
		"changes are not understood":           {script: newsy().with(changedWork, "TAG BAD what?\r\n"), asked: true},
		"changes are refused":                  {script: newsy().with(changedWork, flaggedRows("9 new")+"TAG NO [SERVERBUG] not now\r\n"), asked: true},
		"new ones are refused":                 {script: newsy().with(freshWork, "TAG NO not now\r\n"), asked: true},
		"the search is refused":                {script: newsy().with(searched, "TAG NO not now\r\n"), asked: true},
		"the search is not understood":         {script: newsy().with(searched, "TAG BAD what?\r\n"), asked: true},
		"the search is not answered":           {script: newsy().with(searched, "TAG OK done\r\n"), asked: true},
		"by an old server":                     {script: newsy().with(searched, "* SEARCH 2 9 11 12\r\nTAG OK done\r\n"), asked: true},
		"by sequence numbers":                  {script: newsy().with(searched, "* ESEARCH (TAG \"TAG\") ALL 1:4\r\nTAG OK done\r\n"), asked: true},
		"by a count":                           {script: newsy().with(searched, "* ESEARCH (TAG \"TAG\") UID COUNT 4\r\nTAG OK done\r\n"), asked: true},
		"with a star":                          {script: newsy().with(searched, thereAre("2,9,11:*")), asked: true},
		"twice":                                {script: newsy().with(searched, "* ESEARCH (TAG \"TAG\") UID ALL 2,9\r\n"+thereAre("11:12")), asked: true},
		"no UIDNEXT, and mail has come":        {script: newsy().with("EXAMINE", "* 5 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [HIGHESTMODSEQ 60] x\r\nTAG OK\r\n").with(searched, thereAre("2,9,11:13")).then(`STATUS "Work"`, statusOf(5, 14, 61)).with("UID FETCH 1:13 ", flagged("2 old", "9 new", "11", "12", "13")), want: whole + ", 13", asked: true},
		"without CONDSTORE":                    {script: bare("CONDSTORE")},
		"without ESEARCH":                      {script: bare("ESEARCH")},
		"another folder has its UIDVALIDITY":   {script: newsy().with("STATUS INBOX", "* STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7)\r\nTAG OK\r\n")},
		"nothing is known":                     {script: newsy(), since: &plan.Since{State: sinceWork().State}},
		"known is what can not have been":      {script: newsy(), since: &plan.Since{State: sinceWork().State, Known: imap.UIDSetNum(2, 10)}},
		"known is all there can be":            {script: newsy(), since: &plan.Since{State: sinceWork().State, Known: imap.UIDSet{{Start: 1}}}},
		"known is not sorted":                  {script: newsy(), since: &plan.Since{State: sinceWork().State, Known: imap.UIDSet{{Start: 2, Stop: 2}, {Start: 9, Stop: 9}, {Start: 5, Stop: 5}}}},
		"one again that is not known":          {script: newsy(), since: sinceWork(3)},
		"all there can be again":               {script: newsy(), since: &plan.Since{State: sinceWork().State, Known: imap.UIDSetNum(2, 5, 9), Again: imap.UIDSet{{Start: 2}}}},
		"nothing is known of when":             {script: newsy(), since: &plan.Since{State: plan.State{UIDValidity: 7, UIDNext: 10, Messages: 3}, Known: imap.UIDSetNum(2, 5, 9)}},
		"nothing is known of up to which":      {script: newsy(), since: &plan.Since{State: plan.State{UIDValidity: 7, Messages: 3, HighestModSeq: 50}, Known: imap.UIDSetNum(2, 5, 9)}},
		"the server answers about few at once": {script: newsy().with("CAPABILITY", strings.Replace(newsy()["CAPABILITY"][0], " ESEARCH", " ESEARCH MESSAGELIMIT=2", 1)).with("UID FETCH", flagged("2 old", "9 new", "11", "12"))},
	} {
		for _, remembered := range []bool{false, true} {
			if remembered && c.alone {
				continue
			}
			t.Run(fmt.Sprintf("%s, remembered %t", name, remembered), func(t *testing.T) {
				var memory *cache.Account
				if remembered {
					memory = rememberWork(t, message.Parts{Flags: true})
				}
				if c.since == nil {
					c.since = sinceWork()
				}
				if c.want == "" {
					c.want = whole
				}
				f := newFake(t, greeting, c.script)
				told, answer, err := askWork(t, f, memory, plan.Question{Fetch: message.Parts{Flags: true}, Since: c.since}, 0)
				if got := strings.Join(told, ", "); err != nil || got != c.want || answer.Since || answer.There != nil {
					t.Errorf("told %q of %+v, %v; want %q\nsent %q", got, answer, err, c.want, readings(f))
				}
				if answer.State.Messages != uint32(len(told)) {
					t.Errorf("%d of %d are told", len(told), answer.State.Messages)
				}
				if looked := len(f.sent(searched)); c.asked && looked == 0 || !c.asked && !remembered && looked > 0 {
					t.Errorf("it is looked at %d times: %q", looked, readings(f))
				}
			})
		}
	}
}

// In a folder in which nothing has changed since, what is asked for again is told from what
// is remembered, if that is of the same state and the same messages.
func TestNewsRemembered(t *testing.T) {
	still := newsy().with(`STATUS "Work"`, statusOf(3, 10, 50)).with("EXAMINE", examined(3, 10, "HIGHESTMODSEQ 50")).
		with("UID FETCH 5 ", flagged("5 read")).with(searched, thereAre("2,5,9")).with("UID FETCH", flagged("2 read", "5 read", "9 read"))
	other := sinceWork(5)
	other.Known = imap.UIDSetNum(2, 4, 5)
	for name, c := range map[string]struct {
		script script
		since  *plan.Since
		fetch  message.Parts
		want   string
		some   bool // not all are told
		reads  bool
	}{
		"nothing has changed":      {script: still, since: sinceWork(5), want: "5 old", some: true},
		"two of them":              {script: still, since: sinceWork(2, 9), want: "2 old, 9 old", some: true},
		"more is asked for":        {script: still, since: sinceWork(5), fetch: message.Parts{Size: true}, reads: true},
		"it has changed":           {script: newsy(), since: sinceWork(), want: "9 new, 11, 12", some: true, reads: true},
		"other messages are known": {script: still, since: other, want: "2 old, 5 old, 9 old", reads: true},
	} {
		t.Run(name, func(t *testing.T) {
			fetch := message.Parts{Flags: true}.Union(c.fetch)
			f := newFake(t, greeting, c.script)
			told, answer, err := askWork(t, f, rememberWork(t, message.Parts{Flags: true}), plan.Question{Fetch: fetch, Since: c.since}, 0)
			if reads := len(readings(f)) > 0; reads != c.reads {
				t.Errorf("it reads: %q", readings(f))
			}
			if c.want == "" {
				return // the server need not be able to
			}
			if got := strings.Join(told, ", "); err != nil || got != c.want || answer.Since != c.some {
				t.Errorf("told %q of %+v, %v; want %q", got, answer, err, c.want)
			}
		})
	}
}

// Who asks about one folder alone is told of all its messages: that they were some could not
// be said.
func TestNewsAlone(t *testing.T) {
	for _, remembered := range []bool{false, true} {
		var memory *cache.Account
		if remembered {
			memory = rememberWork(t, message.Parts{Flags: true})
		}
		s := listed(t, newFake(t, greeting, newsy()), Options{Cache: memory})
		defer s.drop()
		var told []string
		state, err := s.Answer(t.Context(), plan.Question{Folder: "Work", Fetch: message.Parts{Flags: true}, Since: sinceWork()}, func(m *message.Message) {
			told = append(told, describeNews(m))
		})
		if got := strings.Join(told, ", "); err != nil || got != "2 old, 9 new, 11, 12" || state.Messages != 4 {
			t.Errorf("remembered %t: told %q of %+v, %v", remembered, got, state, err)
		}
	}
}
