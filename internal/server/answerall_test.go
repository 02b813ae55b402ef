package server

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// several is a server with folders of three messages each, A to E, of which the UIDs are
// 101 to 103, 201 to 203, and so on.
func several() script {
	s := polite()
	list := ""
	for i, name := range []string{"A", "B", "C", "D", "E"} {
		base := (i + 1) * 100
		list += fmt.Sprintf("* LIST () \"/\" %s\r\n", name)
		s = s.with(fmt.Sprintf("STATUS %q", name), fmt.Sprintf("* STATUS %s (MESSAGES 3 UIDNEXT %d UIDVALIDITY 7)\r\nTAG OK\r\n", name, base+4)).
			with(fmt.Sprintf("EXAMINE %q", name), counted(3, base+4)).
			with(fmt.Sprintf("UID FETCH 1:%d ", base+3), told3(base)+"TAG OK\r\n")
	}
	return s.with("LIST", "* LIST () \"/\" INBOX\r\n"+list+"TAG OK done\r\n")
}

func told3(base int) string {
	return fmt.Sprintf("* 1 FETCH (UID %d FLAGS ())\r\n* 2 FETCH (UID %d FLAGS ())\r\n* 3 FETCH (UID %d FLAGS ())\r\n", base+1, base+2, base+3)
}

func TestAnswerAll(t *testing.T) {
	usual := "A[101 102 103]3 B[201 202 203]3 C[301 302 303]3 D[401 402 403]3 E[501 502 503]3"
	for name, c := range map[string]struct {
		script script
		uids   map[mailbox.Name]imap.UIDSet
		rate   float64
		want   string
		says   string
		trips  int64 // 0: any
	}{
		"all at once":   {script: several(), want: usual, trips: 1},
		"one by one":    {script: several(), rate: 10_000, want: usual},
		"not listed":    {script: several().with(`STATUS "B"`, "* STATUS B (MESSAGES 3)\r\nTAG OK\r\n"), want: usual},
		"without order": {script: several().with(`STATUS "B"`, "* STATUS B (MESSAGES 3 UIDNEXT 204 UIDVALIDITY 0)\r\nTAG OK\r\n"), want: usual},
		"some UIDs": {
			script: several().with("UID FETCH 202 ", "* 2 FETCH (UID 202 FLAGS ())\r\nTAG OK\r\n"),
			uids:   map[mailbox.Name]imap.UIDSet{"B": imap.UIDSetNum(202)},
			want:   "A[101 102 103]3 B[202]3 C[301 302 303]3 D[401 402 403]3 E[501 502 503]3", trips: 1,
		},
		"one is empty now": {
			script: several().with(`EXAMINE "B"`, counted(0, 204)).with("UID FETCH 1:203", "TAG NO empty\r\n"),
			want:   "A[101 102 103]3 B[]0 C[301 302 303]3 D[401 402 403]3 E[501 502 503]3", trips: 1,
		},
		"one has got mail": {
			script: several().with(`EXAMINE "B"`, counted(4, 205)).with("UID FETCH 204 ", "* 4 FETCH (UID 204 FLAGS ())\r\nTAG OK\r\n"),
			want:   "A[101 102 103]3 B[201 202 203 204]4 C[301 302 303]3 D[401 402 403]3 E[501 502 503]3", trips: 3,
		},
		"of one too little is told": {
			script: several().with("UID FETCH 1:203 ", "* 2 FETCH (UID 202 FLAGS ())\r\nTAG OK\r\n").
				with("UID SEARCH UID 1:203", "* SEARCH 201 202 203\r\nTAG OK\r\n").with("UID FETCH 201,203 ", told3(200)+"TAG OK\r\n"),
			want: "A[101 102 103]3 B[202 201 203]3 C[301 302 303]3 D[401 402 403]3 E[501 502 503]3", trips: 4,
		},
		"of one too little is told, and no more": {
			script: several().with("UID FETCH 1:203 ", "* 2 FETCH (UID 202 FLAGS ())\r\nTAG OK\r\n").
				with("UID SEARCH UID 1:203", "* SEARCH 201 202 203\r\nTAG OK\r\n").with("UID FETCH 201,203 ", "TAG OK\r\n"),
			says: `read folder "B": the server lists 2 messages`,
		},
		"of one too little is told, and then it is another": {
			script: several().with("UID FETCH 1:203 ", "* 2 FETCH (UID 202 FLAGS ())\r\nTAG OK\r\n").
				then(`EXAMINE "B"`, "* 3 EXISTS\r\n* OK [UIDVALIDITY 8] x\r\n* OK [UIDNEXT 204] x\r\nTAG OK\r\n"),
			says: "UIDs were given out anew",
		},
		"of one too little is told, and its UIDs do not last": {
			script: several().with("UID FETCH 1:203 ", "* 2 FETCH (UID 202 FLAGS ())\r\nTAG OK\r\n").
				with(`EXAMINE "B"`, "* 3 EXISTS\r\n* OK [UIDNEXT 204] x\r\nTAG OK\r\n"),
			says: "UIDs were given out anew",
		},
		"one is gone, and the server reads what was open before": {
			script: several().with(`EXAMINE "B"`, "TAG NO [NONEXISTENT] gone\r\n").with("UID FETCH 1:203 ", told3(100)+"TAG OK\r\n"),
			says:   `open folder "B": the server refuses: NO [NONEXISTENT] gone`,
		},
		"the last is gone": {
			script: several().with(`EXAMINE "E"`, "TAG NO [NONEXISTENT] gone\r\n").with("UID FETCH 1:503 ", "TAG BAD nothing is open\r\n"),
			says:   `open folder "E": the server refuses: NO [NONEXISTENT] gone`,
		},
		"one cannot be read": {
			script: several().with("UID FETCH 1:203 ", "TAG NO [SERVERBUG] oops\r\n"),
			says:   `read folder "B": the server refuses: NO [SERVERBUG] oops`,
		},
		"one makes no sense": {
			script: several().with("UID FETCH 1:203 ", "* 1 FETCH (UID x)\r\nTAG OK\r\n"), says: `read folder "B"`,
		},
		"none tells UIDNEXT": {
			script: several().with("EXAMINE", "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nTAG OK\r\n").
				with(`EXAMINE "A"`, "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nTAG OK\r\n").
				with(`EXAMINE "B"`, "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nTAG OK\r\n"),
			want: usual,
		},
		"one tells no UIDNEXT, and the last is gone": {
			script: several().with(`EXAMINE "A"`, "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nTAG OK\r\n").with(`EXAMINE "E"`, "TAG NO gone\r\n"),
			says:   `open folder "E": the server refuses: NO`,
		},
		"rows of the folder before": {
			script: several().with(`EXAMINE "B"`, told3(100)+told3(200)+counted(3, 204)), want: usual, trips: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, greeting, c.script)
			f.account.MaxRate = c.rate
			s, err := Dial(t.Context(), f.account, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.drop()
			if _, err := s.List(t.Context()); err != nil {
				t.Fatal(err)
			}
			var qs []plan.Question
			for _, name := range []mailbox.Name{"A", "B", "C", "D", "E"} {
				qs = append(qs, plan.Question{Folder: name, UIDs: c.uids[name], Fetch: message.Parts{Flags: true}})
			}
			trips := s.conn.Stats().RoundTrips
			told := make([][]imap.UID, len(qs))
			answers, err := s.AnswerAll(t.Context(), qs, func(i int, m *message.Message) { told[i] = append(told[i], m.UID) })
			if c.says != "" {
				wantError(t, err, c.says)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, q := range qs {
				got = append(got, fmt.Sprintf("%s%v%d", q.Folder, told[i], answers[i].State.Messages))
			}
			if got := strings.Join(got, " "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if trips = s.conn.Stats().RoundTrips - trips; c.trips > 0 && trips != c.trips {
				t.Errorf("%d round trips, want %d; sent %q", trips, c.trips, f.sent(""))
			}
		})
	}
}

// Many folders take few round trips, and bursts that are not too long.
func TestAnswerAllGroups(t *testing.T) {
	const n = 100
	s := polite()
	var list strings.Builder
	var qs []plan.Question
	var opened []string
	for i := range n {
		opened = append(opened, fmt.Sprintf("EXAMINE \"F%d\"", i))
		fmt.Fprintf(&list, "* LIST () \"/\" F%d\r\n", i)
		s = s.with(fmt.Sprintf("STATUS \"F%d\"", i), fmt.Sprintf("* STATUS F%d (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)\r\nTAG OK\r\n", i))
		qs = append(qs, plan.Question{Folder: mailbox.Name(fmt.Sprintf("F%d", i)), Fetch: message.Parts{Flags: true}})
	}
	f, session := dialFake(t, s.with("LIST", "* LIST () \"/\" INBOX\r\n"+list.String()+"TAG OK done\r\n"))
	if _, err := session.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	trips := session.conn.Stats().RoundTrips
	told := 0
	if _, err := session.AnswerAll(t.Context(), qs, func(int, *message.Message) { told++ }); err != nil || told != 3*n {
		t.Fatalf("told %d messages, %v", told, err)
	}
	if trips = session.conn.Stats().RoundTrips - trips; trips > 2*n/maxGroup+1 {
		t.Errorf("%d round trips", trips)
	}
	if sent := f.sent("EXAMINE"); !slices.Equal(sent, opened) {
		t.Errorf("sent %q", sent)
	}
}
