package server

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/uidset"
	"github.com/imapform/imapform/plan"
)

// sinceMany is what is known of the folder Work when it had the UIDs up to n.
func sinceMany(n int, again imap.UIDSet) *plan.Since {
	return &plan.Since{
		State: plan.State{UIDValidity: 7, UIDNext: imap.UID(n + 1), Messages: uint32(n), HighestModSeq: 50},
		Known: imap.UIDSet{{Start: 1, Stop: imap.UID(n)}}, Again: again,
	}
}

// many is a server in whose folder Work n messages are, and any may have changed.
func many(n int) script {
	return modern().with(`STATUS "Work"`, statusOf(n, n+1, 60)).with("EXAMINE", examined(n, n+1, "HIGHESTMODSEQ 60")).
		with(searched, thereAre(fmt.Sprintf("1:%d", n)))
}

const subjectItems = "(UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])"

func withSubject() message.Parts {
	parts := message.Fields("subject")
	parts.Flags = true
	return parts
}

func subjectRows(from, to int) string {
	var b strings.Builder
	for uid := from; uid <= to; uid++ {
		fmt.Fprintf(&b, "* %d FETCH (UID %d FLAGS (f%d) BODY[HEADER.FIELDS (SUBJECT)] \"Subject: s%d\")\r\n", uid, uid, uid, uid)
	}
	return b.String()
}

// What is kept of messages until they are told is each one's own.
func TestNewsKept(t *testing.T) {
	const n = 3000
	f := newFake(t, greeting, many(n).with("UID FETCH", subjectRows(1, n)+"TAG OK\r\n"))
	told, answer, err := askWork(t, f, nil, plan.Question{Fetch: withSubject(), Since: sinceMany(n, nil)}, 0)
	if err != nil || !answer.Since || len(told) != n {
		t.Fatalf("told %d, %+v, %v", len(told), answer, err)
	}
	for i, line := range told {
		if want := fmt.Sprintf("%d f%d/s%d", i+1, i+1, i+1); line != want {
			t.Fatalf("told %q, want %q", line, want)
		}
	}
}

// Where more has changed than is kept all messages are told; a server that does not end is
// not listened to for ever.
func TestNewsTooMany(t *testing.T) {
	const n = maxNews + maxFresh + 2
	change := fmt.Sprintf("UID FETCH 1:%d %s (CHANGEDSINCE 50)", n, subjectItems)
	whole := fmt.Sprintf("UID FETCH 1:%d %s", n, subjectItems)
	all := many(n).with(whole, subjectRows(1, n)+"TAG OK\r\n")
	few, enough := subjectRows(1, n-2), subjectRows(1, n)
	for name, c := range map[string]struct {
		changed string
		since   bool
		says    string
	}{
		"as many as may be": {changed: few + "TAG OK\r\n", since: true},
		"too many":          {changed: enough + "TAG OK\r\n"},
		"without end":       {changed: enough + strings.Repeat("* 1 FETCH (UID 1 FLAGS ())\r\n", sparePerUID*n+spareRows) + "TAG OK\r\n", says: "the server answers with"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, greeting, all.with(change, c.changed))
			told, answer, err := askWork(t, f, nil, plan.Question{Fetch: withSubject(), Since: sinceMany(n, nil)}, 0)
			want := n
			if c.since {
				want = n - 2
			}
			switch {
			case c.says != "":
				wantError(t, err, c.says)
			case err != nil || answer.Since != c.since || len(told) != want:
				t.Errorf("told %d, %t, %v", len(told), answer.Since, err)
			}
		})
	}
}

// Messages that are far apart are asked for again by several commands, none of which is
// too long, and all at once.
func TestNewsAgain(t *testing.T) {
	const n = 10_000
	var again imap.UIDSet
	var rows strings.Builder
	for uid := 1; uid < n; uid += 3 {
		again.AddNum(imap.UID(uid))
		fmt.Fprintf(&rows, "* %d FETCH (UID %d FLAGS ())\r\n", uid, uid)
	}
	ask := func(again imap.UIDSet, s script) (*fake, int, plan.Answer) {
		f := newFake(t, greeting, s)
		told, answer, err := askWork(t, f, nil, plan.Question{Fetch: message.Parts{Flags: true}, Since: sinceMany(n, again)}, 0)
		if err != nil {
			t.Fatal(err)
		}
		return f, len(told), answer
	}
	// Each command is answered with all of the rows: it is not told which are whose.
	f, told, answer := ask(again, many(n).with("UID FETCH", rows.String()+"TAG OK\r\n"))
	sent := f.sent("UID FETCH")
	if want := int(uidset.Count(again)); told != want || !answer.Since || len(sent) < 3 || len(f.sent("EXAMINE")) != 1 {
		t.Errorf("%d of %d told, %t, by %d commands", told, want, answer.Since, len(sent))
	}
	for _, c := range sent {
		if len(c) > maxSet+100 {
			t.Errorf("a command has %d octets", len(c))
		}
	}
	whole := fmt.Sprintf("UID FETCH 1:%d (UID FLAGS)", n)
	f, _, answer = ask(imap.UIDSet{{Start: 1, Stop: maxNews + 1}}, many(n).with(whole, strings.ReplaceAll(subjectRows(1, n), ` BODY[HEADER.FIELDS (SUBJECT)]`, " X")+"TAG OK\r\n"))
	if sent := f.sent("UID FETCH"); answer.Since || !slices.Equal(sent, []string{whole}) {
		t.Errorf("so many are asked for again by %q", sent)
	}
}

// More than may be read is not told.
func TestNewsLimit(t *testing.T) {
	s := modern().with("UID FETCH 2:9 ", subjectRows(9, 9)+"TAG OK\r\n").with("UID FETCH 10:12 ", subjectRows(11, 12)+"TAG OK\r\n")
	octets := int64(len("Subject: s9" + "Subject: s11" + "Subject: s12"))
	for _, limit := range []int64{1, octets - 1, octets, octets + 1} {
		told, answer, err := askWork(t, newFake(t, greeting, s), nil, plan.Question{Fetch: withSubject(), Since: sinceWork()}, limit)
		if limit < octets {
			tooMuch, ok := errors.AsType[*FetchLimitError](err)
			if !ok || len(told) > 0 || tooMuch.Needed != octets {
				t.Errorf("of %d octets %q is told, %v", limit, told, err)
			}
		} else if err != nil || len(told) != 3 || !answer.Since {
			t.Errorf("of %d octets %q is told, %v", limit, told, err)
		}
	}
}

// Of a folder of which not all was heard nothing is told.
func TestNewsLost(t *testing.T) {
	full := newsy().with("UID FETCH 2 ", flagged("2 old"))
	for _, command := range append(slices.Clone(lookingWork), "UID FETCH 2 ") {
		for what, cut := range map[string]func(string) string{
			"before":  func(string) string { return "HANGUP" },
			"within":  func(answer string) string { return answer[:len(answer)/2] + "HANGUP" },
			"at last": func(answer string) string { return answer[:strings.Index(answer, "TAG OK")] + "HANGUP" },
		} {
			t.Run(what+" "+command, func(t *testing.T) {
				best := ""
				for beginning := range full {
					if strings.HasPrefix(command, beginning) && len(beginning) > len(best) {
						best = beginning
					}
				}
				f := newFake(t, greeting, full.with(best, cut(full[best][0])))
				told, _, err := askWork(t, f, nil, plan.Question{Fetch: message.Parts{Flags: true}, Since: sinceWork(2)}, 0)
				if _, lost := errors.AsType[*LostError](err); !lost || len(told) > 0 {
					t.Errorf("told %q, %v", told, err)
				}
			})
		}
	}
	late := newsy().with(freshWork, flagged("11")).with("UID FETCH 12 ", "* 1 FETCH (UID 1HANGUP")
	_, answer, err := askWork(t, newFake(t, greeting, late), nil, plan.Question{Fetch: message.Parts{Flags: true}, Since: sinceWork()}, 0)
	if _, lost := errors.AsType[*LostError](err); !lost || answer.Since {
		t.Errorf("%+v, %v", answer, err)
	}
}

// newsOf are folders F0, F1 and so on of two messages each, of which the second has
// changed, and a third is new.
func newsOf(n int) (script, []plan.Question) {
	s := modern()
	var list strings.Builder
	var qs []plan.Question
	for i := range n {
		fmt.Fprintf(&list, "* LIST () \"/\" F%d\r\n", i)
		state := fmt.Sprintf("UIDVALIDITY %d HIGHESTMODSEQ 60", 100+i)
		s = s.with(fmt.Sprintf("STATUS \"F%d\"", i), fmt.Sprintf("* STATUS F%d (MESSAGES 3 UIDNEXT 4 %s)\r\nTAG OK\r\n", i, state)).
			with(fmt.Sprintf("EXAMINE \"F%d\"", i), examinedAs(i, 3, 4))
		qs = append(qs, plan.Question{Folder: mailbox.Name(fmt.Sprintf("F%d", i)), Fetch: message.Parts{Flags: true}, Since: &plan.Since{
			State: plan.State{UIDValidity: uint32(100 + i), UIDNext: 3, Messages: 2, HighestModSeq: 50}, Known: imap.UIDSet{{Start: 1, Stop: 2}},
		}})
	}
	return s.with("LIST", "* LIST () \"/\" INBOX\r\n"+list.String()+"TAG OK\r\n").with(searched, thereAre("1:3")).
		with("UID FETCH 1:2 (UID FLAGS) (CHANGEDSINCE 50)", flagged("2 new")).with("UID FETCH 3 (UID FLAGS)", flagged("3")).
		with("UID FETCH 1:3 (UID FLAGS)", flagged("1", "2 new", "3")), qs
}

func examinedAs(folder, messages, next int) string {
	return strings.Replace(examined(messages, next, "HIGHESTMODSEQ 60"), "UIDVALIDITY 7", fmt.Sprintf("UIDVALIDITY %d", 100+folder), 1)
}

// Several folders take one exchange. One of which what is known is of no use is read whole,
// and changes nothing for the others.
func TestNewsTogether(t *testing.T) {
	usual, qs := newsOf(4)
	const news = "[2 new 3]:1:3 "
	for name, c := range map[string]struct {
		script script
		want   string
		says   string
		trips  int64
	}{
		"all":                  {script: usual, want: strings.Repeat(news, 4), trips: 1},
		"one is not as listed": {script: usual.with(`EXAMINE "F1"`, examinedAs(9, 3, 4)), want: news + "[1 2 new 3]: " + news + news, trips: 2},
		"the last is not":      {script: usual.with(`EXAMINE "F3"`, examinedAs(9, 3, 4)), want: news + news + news + "[1 2 new 3]: ", trips: 2},
		"none is": {
			script: usual.with(searched, thereAre("1:2")), want: strings.Repeat("[1 2 new 3]: ", 4), trips: 2,
		},
		"one has got mail": {
			script: usual.with(`EXAMINE "F1"`, examinedAs(1, 4, 5)).with("UID FETCH 4 ", flagged("4")).
				with(searched, thereAre("1:3")).then(searched, thereAre("1:4")).then(searched, thereAre("1:3")),
			want: news + "[2 new 3 4]:1:4 " + news + news, trips: 3,
		},
		"the last has got mail": {
			script: usual.with(`EXAMINE "F3"`, examinedAs(3, 4, 5)).with("UID FETCH 4 ", flagged("4")).with(searched, thereAre("1:4")),
			want:   news + news + news + "[2 new 3 4]:1:4 ", trips: 2,
		},
		"one that has got mail is another one then": {
			script: usual.with(`EXAMINE "F1"`, examinedAs(1, 4, 5)).then(`EXAMINE "F1"`, examinedAs(8, 4, 5)).with(searched, thereAre("1:4")),
			says:   `read folder "F1": its UIDs were given out anew`,
		},
		"of one the changes are refused": {
			script: usual.with("UID FETCH 1:2 (UID FLAGS) (CHANGEDSINCE 50)", flagged("2 new")).then("UID FETCH 1:2 (UID FLAGS) (CHANGEDSINCE 50)", "TAG NO oops\r\n").
				then("UID FETCH 1:2 (UID FLAGS) (CHANGEDSINCE 50)", flagged("2 new")),
			want: news + "[1 2 new 3]: " + news + news, trips: 2,
		},
		"one is opened before all was said of another": {
			script: usual.with(searched, "").then(searched, thereAre("1:3")).with(`EXAMINE "F1"`, examinedAs(1, 3, 4)+"FORMER OK done\r\n"),
			says:   `open folder "F1": the server opens it before it has answered what was asked before`,
		},
		"one is gone": {script: usual.with(`EXAMINE "F1"`, "TAG NO [NONEXISTENT] gone\r\n"), says: `open folder "F1": the server refuses: NO [NONEXISTENT] gone`},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := dialFake(t, c.script)
			if _, err := s.List(t.Context()); err != nil {
				t.Fatal(err)
			}
			trips := s.conn.Stats().RoundTrips
			told := make([][]string, len(qs))
			answers, err := s.AnswerAll(t.Context(), qs, func(i int, m *message.Message) { told[i] = append(told[i], describeNews(m)) })
			if c.says != "" {
				wantError(t, err, c.says)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for i := range qs {
				slices.Sort(told[i])
				got += fmt.Sprintf("%v:%v ", told[i], answers[i].There)
			}
			if trips = s.conn.Stats().RoundTrips - trips; got != c.want || trips != c.trips {
				t.Errorf("got  %s in %d round trips\nwant %s in %d", got, trips, c.want, c.trips)
			}
		})
	}
}

// What the server has open after an exchange is known, be a folder among them gone: the one
// that is read for more is opened, and not taken for the one that is open.
func TestNewsOpen(t *testing.T) {
	for refused, want := range map[int]mailbox.Name{0: "F2", 1: "F2", 2: ""} {
		s, qs := newsOf(3)
		_, session := dialFake(t, s.with(fmt.Sprintf("EXAMINE \"F%d\"", refused), "TAG NO [NONEXISTENT] gone\r\n"))
		if _, err := session.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := session.AnswerAll(t.Context(), qs, func(int, *message.Message) {})
		wantError(t, err, "NONEXISTENT")
		if session.open.name != want {
			t.Errorf("F%d is gone: %q is taken for open, want %q", refused, session.open.name, want)
		}
	}
}

// Many folders take few round trips, and no more commands go at once than are good, however
// much is asked for again.
func TestNewsGroups(t *testing.T) {
	const n = 40
	s, qs := newsOf(n)
	f, session := dialFake(t, s)
	if _, err := session.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	trips := session.conn.Stats().RoundTrips
	answers, err := session.AnswerAll(t.Context(), qs, func(int, *message.Message) {})
	if err != nil || slices.ContainsFunc(answers, func(a plan.Answer) bool { return !a.Since }) {
		t.Fatal(answers, err)
	}
	if trips = session.conn.Stats().RoundTrips - trips; trips != (n+maxKnown-1)/maxKnown {
		t.Errorf("%d round trips for %d folders", trips, n)
	}
	if opened := f.sent("EXAMINE"); len(opened) != n {
		t.Errorf("sent %q", opened)
	}
}

// Of folders of which much is asked for again fewer go at once.
func TestNewsGroupsAgain(t *testing.T) {
	const n, messages, first = maxKnown, 2500, 4_000_000_000
	s, qs := newsOf(n)
	var again imap.UIDSet
	var rows strings.Builder
	for i := range messages {
		again.AddNum(imap.UID(first + 2*i))
		fmt.Fprintf(&rows, "* %d FETCH (UID %d FLAGS ())\r\n", i+1, first+2*i)
	}
	for i := range qs {
		qs[i].Since.State.UIDNext, qs[i].Since.State.Messages = first+2*messages, messages
		qs[i].Since.Known, qs[i].Since.Again = again, again
		s = s.with(fmt.Sprintf("EXAMINE \"F%d\"", i), examinedAs(i, messages, first+2*messages)).
			with(fmt.Sprintf("STATUS \"F%d\"", i), fmt.Sprintf("* STATUS F%d (MESSAGES %d UIDNEXT %d UIDVALIDITY %d HIGHESTMODSEQ 60)\r\nTAG OK\r\n", i, messages, first+2*messages, 100+i))
	}
	f, session := dialFake(t, s.with("UID FETCH", rows.String()+"TAG OK\r\n").with(searched, thereAre(again.String())))
	if _, err := session.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	trips, told := session.conn.Stats().RoundTrips, 0
	answers, err := session.AnswerAll(t.Context(), qs, func(int, *message.Message) { told++ })
	if err != nil || told != n*messages || slices.ContainsFunc(answers, func(a plan.Answer) bool { return !a.Since }) {
		t.Fatalf("%d told, %v", told, err)
	}
	commands := len(readings(f))
	if trips = session.conn.Stats().RoundTrips - trips; commands <= maxAsked || trips != int64((commands+maxAsked-1)/maxAsked) {
		t.Errorf("%d commands take %d round trips", commands, trips)
	}
}
