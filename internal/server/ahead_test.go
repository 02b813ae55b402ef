package server

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/plan"
)

// A folder that is listed is opened and read in one round trip, and told as the server
// shows it then.
func TestAhead(t *testing.T) {
	const rows = "* 1 FETCH (UID 2 FLAGS ())\r\n* 2 FETCH (UID 5 FLAGS ())\r\n* 3 FETCH (UID 9 FLAGS ())\r\n"
	listed := polite().with(`STATUS "Work"`, "* STATUS Work (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)\r\nTAG OK\r\n")
	var many imap.UIDSet // which twenty commands carry
	for uid := imap.UID(1_000_000); len(many) < 20_000; uid += 2 {
		many = append(many, imap.UIDRange{Start: uid, Stop: uid})
	}
	for name, c := range map[string]struct {
		script script
		uids   imap.UIDSet
		want   []imap.UID
		says   string
		state  plan.State
		trips  int64
		sent   []string // reading commands; nil: any
	}{
		"all": {
			script: listed.with(fetch19, rows+"TAG OK\r\n"), want: []imap.UID{2, 5, 9}, trips: 1,
			sent: []string{`EXAMINE "Work"`, fetch19},
		},
		"some": {
			script: listed.with("UID FETCH 2,9 ", rows+"TAG OK\r\n"), uids: imap.UIDSetNum(2, 9), want: []imap.UID{2, 9}, trips: 1,
			sent: []string{`EXAMINE "Work"`, "UID FETCH 2,9 (UID FLAGS)"},
		},
		"some have come since": {
			script: listed.with("EXAMINE", counted(5, 13)).with(fetch19, rows+"* 4 FETCH (UID 11 FLAGS ())\r\nTAG OK\r\n").
				with("UID FETCH 10:12", "* 4 FETCH (UID 11 FLAGS ())\r\n* 5 FETCH (UID 12 FLAGS ())\r\n* 6 FETCH (UID 13 FLAGS ())\r\nTAG OK\r\n"),
			want: []imap.UID{2, 5, 9, 11, 12}, state: plan.State{UIDValidity: 7, UIDNext: 13, Messages: 5}, trips: 2,
		},
		"some have come since, and are not told": {
			script: listed.with("EXAMINE", counted(5, 13)).with(fetch19, rows+"TAG OK\r\n").with("UID FETCH", "TAG OK\r\n").
				with("UID SEARCH UID 1:12", "* SEARCH 2 5 9 11 12\r\nTAG OK\r\n"),
			says: "lists 2 messages that it does not send in full",
		},
		"some have come after it was opened": {
			script: listed.with(fetch19, rows+"* 4 EXISTS\r\n* 4 FETCH (UID 10 FLAGS ())\r\nTAG OK\r\n"), want: []imap.UID{2, 5, 9}, trips: 1,
		},
		"some that came since are asked about": {
			script: listed.with("EXAMINE", counted(5, 13)).with("UID FETCH 9 ", "* 3 FETCH (UID 9 FLAGS ())\r\nTAG OK\r\n").
				with("UID FETCH 11 ", "* 4 FETCH (UID 11 FLAGS ())\r\nTAG OK\r\n"),
			uids: imap.UIDSetNum(9, 11, 20), want: []imap.UID{9, 11}, state: plan.State{UIDValidity: 7, UIDNext: 13, Messages: 5}, trips: 2,
		},
		"it was made anew": {
			script: listed.with("EXAMINE", "* 1 EXISTS\r\n* OK [UIDVALIDITY 8] x\r\n* OK [UIDNEXT 2] x\r\nTAG OK\r\n").
				with(fetch19, "* 1 FETCH (UID 1 FLAGS ())\r\n* 1 FETCH (UID 9 FLAGS ())\r\nTAG OK\r\n"),
			want: []imap.UID{1}, state: plan.State{UIDValidity: 8, UIDNext: 2, Messages: 1}, trips: 1,
		},
		"it is empty now": {
			script: listed.with("EXAMINE", counted(0, 10)).with(fetch19, "TAG NO nothing there\r\n"),
			state:  plan.State{UIDValidity: 7, UIDNext: 10}, trips: 1,
		},
		"it is gone, and the server reads what was open before": {
			script: listed.with("EXAMINE", "TAG NO [NONEXISTENT] gone\r\n").with(fetch19, rows+"TAG OK\r\n"),
			says:   `open folder "Work": the server refuses: NO [NONEXISTENT] gone`,
		},
		"it is gone, and so nothing can be read": {
			script: listed.with("EXAMINE", "TAG NO [NONEXISTENT] gone\r\n").with(fetch19, "TAG BAD no folder is open\r\n"),
			says:   `open folder "Work": the server refuses: NO [NONEXISTENT] gone`,
		},
		"rows of what was open before": {
			script: listed.with("EXAMINE", "* 1 FETCH (UID 2 FLAGS (before))\r\n* 2 FETCH (UID 7 FLAGS ())\r\n"+counted(3, 10)).
				with(fetch19, rows+"TAG OK\r\n"),
			want: []imap.UID{2, 5, 9}, trips: 1,
		},
		"not to be read": {
			script: listed.with(fetch19, "* 1 FETCH (UID 2 FLAGS ())\r\nTAG NO [SERVERBUG] oops\r\n"),
			says:   `read folder "Work": the server refuses: NO [SERVERBUG] oops`,
		},
		"no EXISTS": {
			script: listed.with("EXAMINE", "* OK [UIDNEXT 10] x\r\nTAG OK\r\n").with(fetch19, rows+"TAG OK\r\n"), says: "how many messages",
		},
		"no UIDNEXT": {
			script: listed.with("EXAMINE", "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nTAG OK\r\n").with(fetch19, rows+"TAG OK\r\n"),
			want:   []imap.UID{2, 5, 9},
		},
		"many": {
			script: listed.with(`STATUS "Work"`, "* STATUS Work (MESSAGES 20000 UIDNEXT 1040000 UIDVALIDITY 7)\r\nTAG OK\r\n").
				with("EXAMINE", counted(20_000, 1_040_000)).with("UID FETCH", "* 1 FETCH (UID 1039998 FLAGS ())\r\nTAG OK\r\n").
				with("UID SEARCH UID", "* SEARCH 1039998\r\nTAG OK\r\n"),
			uids: many, want: []imap.UID{1_039_998}, state: plan.State{UIDValidity: 7, UIDNext: 1_040_000, Messages: 20_000},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, s := dialFake(t, c.script)
			if _, err := s.List(t.Context()); err != nil {
				t.Fatal(err)
			}
			before, trips := len(f.sent("")), s.conn.Stats().RoundTrips
			uids, state, err := ask(t, s, plan.Question{UIDs: c.uids})
			if c.says != "" {
				wantError(t, err, c.says)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(uids, c.want) {
				t.Errorf("told of %v, want %v", uids, c.want)
			}
			if want := (plan.State{UIDValidity: 7, UIDNext: 10, Messages: 3}); c.state == (plan.State{}) && state != want || c.state != (plan.State{}) && state != c.state {
				t.Errorf("state %+v", state)
			}
			if trips = s.conn.Stats().RoundTrips - trips; c.trips > 0 && trips != c.trips {
				t.Errorf("%d round trips, want %d", trips, c.trips)
			}
			sent := f.sent("")[before:]
			if c.sent != nil && !slices.Equal(sent, c.sent) {
				t.Errorf("sent %q, want %q", sent, c.sent)
			}
			for _, command := range sent {
				if len(command) > maxSet+200 || strings.Contains(command, "*") {
					t.Errorf("sent %.100s… of %d octets", command, len(command))
				}
			}
		})
	}
}

// A folder whose messages are more than a command can read is not read in one.
func TestAheadWithinMessageLimit(t *testing.T) {
	f, s := dialFake(t, polite().with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE UNSELECT MESSAGELIMIT=2\r\nTAG OK\r\n").
		with(`STATUS "Work"`, "* STATUS Work (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)\r\nTAG OK\r\n").
		with("UID FETCH 2:5", "* 1 FETCH (UID 2 FLAGS ())\r\n* 2 FETCH (UID 5 FLAGS ())\r\nTAG OK\r\n").
		with("UID FETCH 9 ", "* 3 FETCH (UID 9 FLAGS ())\r\nTAG OK\r\n"))
	if _, err := s.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	trips := s.conn.Stats().RoundTrips
	uids, _, err := ask(t, s, plan.Question{})
	if err != nil || fmt.Sprint(uids) != "[2 5 9]" {
		t.Errorf("told of %v, %v; sent %q", uids, err, f.sent("UID"))
	}
	if trips = s.conn.Stats().RoundTrips - trips; trips != 3 {
		t.Errorf("%d round trips, want one to open, one to list and one to read", trips)
	}
}
