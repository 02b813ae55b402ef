package server

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/plan"
)

// outcomes are errors as lines: of a refusal its text.
func outcomes(errs []error) []string {
	all := make([]string, len(errs))
	for i, err := range errs {
		switch e := err.(type) {
		case nil:
			all[i] = "ok"
		case *ResponseError:
			all[i] = e.Text
		case *LostError:
			all[i] = "lost"
		default:
			all[i] = "unsent"
		}
	}
	return all
}

func TestStatuses(t *testing.T) {
	status := func(name string, messages int) string {
		return fmt.Sprintf("* STATUS %s (MESSAGES %d UIDNEXT 10 UIDVALIDITY 7)\r\n", name, messages)
	}
	names := []mailbox.Name{"Work", "Büro", "INBOX"}
	for name, c := range map[string]struct {
		first, second, third string
		want                 []string
		messages             []uint32
	}{
		"in order":            {status("Work", 1) + "TAG OK x\r\n", status("B&APw-ro", 2) + "TAG OK x\r\n", status("inbox", 3) + "TAG OK x\r\n", []string{"ok", "ok", "ok"}, []uint32{1, 2, 3}},
		"all with the first":  {status("Inbox", 3) + status("\"B&APw-ro\"", 2) + status("Work", 1) + "TAG OK x\r\n", "TAG OK x\r\n", "TAG OK x\r\n", []string{"ok", "ok", "ok"}, []uint32{1, 2, 3}},
		"all with the last":   {"TAG OK x\r\n", "TAG OK x\r\n", status("INBOX", 3) + status("Work", 1) + status("{5}\r\nBüro", 2) + "TAG OK x\r\n", []string{"ok", "ok", "ok"}, []uint32{1, 2, 3}},
		"one refused":         {status("Work", 1) + "TAG OK x\r\n", "TAG NO later\r\n", status("INBOX", 3) + "TAG OK x\r\n", []string{"ok", "later", "ok"}, []uint32{1, 0, 3}},
		"told, and refused":   {status("Work", 1) + "TAG NO later\r\n", "TAG NO later\r\n", status("INBOX", 3) + "TAG OK x\r\n", []string{"later", "later", "ok"}, []uint32{0, 0, 3}},
		"without what counts": {"* STATUS Work (UIDNEXT 4)\r\nTAG OK x\r\n", status("Buro", 2) + "TAG OK x\r\n", status("INBOX", 3) + "TAG OK x\r\n", []string{"unsent", "unsent", "ok"}, []uint32{0, 0, 3}},
		"lost after one":      {status("Work", 1) + "TAG OK x\r\n", "HANGUP", "", []string{"ok", "lost", "lost"}, []uint32{1, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := dialFake(t, polite().with(`STATUS "Work"`, c.first).with(`STATUS "B&APw-ro"`, c.second).with("STATUS INBOX", c.third))
			states, errs := s.Statuses(t.Context(), names)
			if got := outcomes(errs); !slices.Equal(got, c.want) {
				t.Errorf("errors %q, want %q: %v", got, c.want, errs)
			}
			for i, n := range c.messages {
				want := plan.State{}
				if c.want[i] == "ok" {
					want = plan.State{UIDValidity: 7, UIDNext: 10, Messages: n}
				}
				if states[i] != want {
					t.Errorf("%s: %+v, want %+v", names[i], states[i], want)
				}
			}
		})
	}
}

func TestStatusesOfOpenFolder(t *testing.T) {
	f, s := openFake(t, polite())
	before := len(f.sent(""))
	_, errs := s.Statuses(t.Context(), []mailbox.Name{"Work", "INBOX", "a//b"})
	if got := outcomes(errs); !slices.Equal(got, []string{"unsent", "ok", "unsent"}) {
		t.Errorf("errors %q: %v", got, errs)
	}
	if sent := f.sent("")[before:]; len(sent) != 1 {
		t.Errorf("sent %q", sent)
	}
	f, s = dialFake(t, polite())
	if _, err := s.examine(t.Context(), "Work"); err != nil {
		t.Fatal(err)
	}
	before = len(f.sent(""))
	_, errs = s.Statuses(t.Context(), []mailbox.Name{"Work", "INBOX"})
	if sent := f.sent("")[before:]; errs[0] != nil || errs[1] != nil || len(sent) != 3 || sent[0] != "UNSELECT" {
		t.Errorf("errors %v; sent %q", errs, sent)
	}
}

func TestFoldersAtOnce(t *testing.T) {
	create := func(name mailbox.Name, use mailbox.Use) apply.FolderChange {
		return apply.FolderChange{Kind: apply.ChangeCreate, Name: name, Use: use}
	}
	subscribe := func(name mailbox.Name) apply.FolderChange {
		return apply.FolderChange{Kind: apply.ChangeSubscribe, Name: name}
	}
	rename := func(from, to mailbox.Name) apply.FolderChange {
		return apply.FolderChange{Kind: apply.ChangeRename, Name: from, To: to}
	}
	withUse := polite().with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE CREATE-SPECIAL-USE\r\nTAG OK\r\n").
		with("LIST", "* LIST () \"/\" INBOX\r\n* LIST () \"/\" \"Bu&Awg-cher\"\r\nTAG OK\r\n").
		with(`STATUS "Bu&Awg-cher"`, "* STATUS \"Bu&Awg-cher\" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 8)\r\nTAG OK done\r\n")
	for name, c := range map[string]struct {
		script script
		all    []apply.FolderChange
		want   []string
		sent   []string
		wire   map[mailbox.Name]string // afterwards; "": none
	}{
		"a tree": {
			script: withUse,
			all:    []apply.FolderChange{create("a", ""), create("a/b", ""), subscribe("a/b"), {Kind: apply.ChangeUnsubscribe, Name: "c"}},
			want:   []string{"ok", "ok", "ok", "ok"},
			sent:   []string{`CREATE "a"`, `CREATE "a/b"`, `SUBSCRIBE "a/b"`, `UNSUBSCRIBE "c"`},
			wire:   map[mailbox.Name]string{"a": "a", "a/b": "a/b"},
		},
		"below a folder of another spelling, as it is called then": {
			script: withUse,
			all:    []apply.FolderChange{create("Bücher/x", ""), rename("Bücher", "B"), create("B/y", ""), create("Bücher/z", "")},
			want:   []string{"ok", "ok", "ok", "ok"},
			sent:   []string{`CREATE "Bu&Awg-cher/x"`, `RENAME "Bu&Awg-cher" "B"`, `CREATE "B/y"`, `CREATE "B&APw-cher/z"`},
			wire:   map[mailbox.Name]string{"B": "B", "B/x": "B/x", "B/y": "B/y", "Bücher": ""},
		},
		"one refused": {
			script: withUse.with(`CREATE "a/b"`, "TAG NO no\r\n").with("RENAME", "TAG NO never\r\n"),
			all:    []apply.FolderChange{create("a", ""), create("a/b", ""), rename("Bücher", "B"), subscribe("a")},
			want:   []string{"ok", "no", "never", "ok"},
			wire:   map[mailbox.Name]string{"a": "a", "a/b": "", "Bücher": "Bu\u0308cher", "B": ""},
		},
		"what cannot be sent": {
			script: withUse,
			all:    []apply.FolderChange{create("a//b", ""), rename("INBOX", "x"), {Name: "x"}, create("a", ""), rename("a", "INBOX")},
			want:   []string{"unsent", "unsent", "unsent", "ok", "unsent"},
			sent:   []string{`CREATE "a"`},
		},
		"the use refused, and what hangs on it": {
			script: withUse.with(`CREATE "a" (USE`, "TAG NO no use\r\n").with(`SUBSCRIBE "a"`, "TAG NO missing\r\n").then(`SUBSCRIBE "a"`, "TAG OK x\r\n").
				with(`CREATE "a/b"`, "TAG NO missing\r\n").then(`CREATE "a/b"`, "TAG OK x\r\n").
				with(`SUBSCRIBE "other"`, "TAG NO other\r\n"),
			all:  []apply.FolderChange{create("a", mailbox.UseTrash), create("a/b", ""), subscribe("a"), subscribe("other"), create("c", mailbox.UseSent)},
			want: []string{"ok", "ok", "ok", "other", "ok"},
			wire: map[mailbox.Name]string{"a": "a", "a/b": "a/b", "c": "c"},
		},
		"the use refused for now": {
			script: withUse.with(`CREATE "a" (USE`, "TAG NO [UNAVAILABLE] later\r\n"),
			all:    []apply.FolderChange{create("a", mailbox.UseTrash), create("c", mailbox.UseSent)},
			want:   []string{"later", "ok"},
			sent:   []string{`CREATE "a" (USE (\Trash))`, `CREATE "c" (USE (\Sent))`},
		},
		"lost": {
			script: withUse.with(`CREATE "b"`, "HANGUP"),
			all:    []apply.FolderChange{create("a", ""), create("b", ""), create("c", "")},
			want:   []string{"ok", "lost", "lost"},
			wire:   map[mailbox.Name]string{"a": "a", "b": "", "c": ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, s := dialFake(t, c.script)
			if _, err := s.List(t.Context()); err != nil {
				t.Fatal(err)
			}
			before := len(f.sent(""))
			errs := s.Folders(t.Context(), c.all)
			if got := outcomes(errs); !slices.Equal(got, c.want) {
				t.Errorf("errors %q, want %q: %v", got, c.want, errs)
			}
			if sent, want := f.sent("")[before:], slices.Concat(c.sent, listAll); c.sent != nil && !slices.Equal(sent, want) {
				t.Errorf("sent %q, want %q", sent, want)
			}
			for name, want := range c.wire {
				if got := s.folders.wire[name]; got != want {
					t.Errorf("%s is called %q, want %q", name, got, want)
				}
			}
		})
	}
}

// A folder that is open for writing is not renamed, nor one above it; the others are
// changed all the same.
func TestFoldersWhileOpen(t *testing.T) {
	f, s := openFake(t, polite())
	before := len(f.sent(""))
	errs := s.Folders(t.Context(), []apply.FolderChange{
		{Kind: apply.ChangeRename, Name: "Work", To: "x"}, {Kind: apply.ChangeCreate, Name: "y"},
	})
	if got := outcomes(errs); !slices.Equal(got, []string{"unsent", "ok"}) || len(f.sent("")) != before+1 {
		t.Errorf("errors %v; sent %q", errs, f.sent("")[before:])
	}
}

func TestMoves(t *testing.T) {
	all := []Moving{
		{UIDs: imap.UIDSetNum(2, 5), To: "a"},
		{UIDs: imap.UIDSet{{Start: 6, Stop: 8}}, To: "b"},
		{UIDs: imap.UIDSetNum(9), To: "a"},
	}
	const ok = "TAG OK x\r\n"
	for name, c := range map[string]struct {
		first, second, third string
		want                 []string // 0: nothing is told; ?: something of which nothing counts
		errs                 []string
	}{
		"each its own": {
			"* OK [COPYUID 1 2,5 1:2] x\r\nTAG OK x\r\n", "* OK [COPYUID 3 6:8 11:13] x\r\nTAG OK x\r\n", "TAG OK [COPYUID 1 9 3] x\r\n",
			[]string{"1 2>1 5>2", "3 6>11 7>12 8>13", "1 9>3"}, nil,
		},
		"interleaved": {
			"* OK [COPYUID 1 9 3] x\r\n* OK [COPYUID 3 6:7 11:12] x\r\n* OK [COPYUID 1 2,5 1:2] x\r\n* OK [COPYUID 3 8 13] x\r\nTAG OK x\r\n", ok, ok,
			[]string{"1 2>1 5>2", "3 6>11 7>12 8>13", "1 9>3"}, nil,
		},
		"all with the last": {
			ok, ok, "* OK [COPYUID 3 6:7 11:12] x\r\n* OK [COPYUID 1 2 1] x\r\nTAG OK [COPYUID 1 9 3] x\r\n",
			[]string{"1 2>1", "3 6>11 7>12", "1 9>3"}, nil,
		},
		"of messages of two":          {"* OK [COPYUID 1 5,6 1:2] x\r\nTAG OK x\r\n", ok, "TAG OK [COPYUID 1 9 3] x\r\n", []string{"0?", "0?", "1 9>3"}, nil},
		"of another's, tagged":        {"TAG OK [COPYUID 3 6:8 11:13] x\r\n", ok, "TAG OK [COPYUID 1 9 3] x\r\n", []string{"0?", "0?", "1 9>3"}, nil},
		"of a message nobody has":     {"TAG OK [COPYUID 1 2:3 1:2] x\r\n", ok, "TAG OK [COPYUID 1 9 3] x\r\n", []string{"0?", "0", "1 9>3"}, nil},
		"of nobody's messages":        {"* OK [COPYUID 1 3 1] x\r\nTAG OK [COPYUID 1 2 1] x\r\n", ok, "TAG OK [COPYUID 1 9 3] x\r\n", []string{"0?", "0?", "0?"}, nil},
		"two copies with one UID":     {"TAG OK [COPYUID 1 2 3] x\r\n", "TAG OK [COPYUID 1 6 3] x\r\n", "TAG OK [COPYUID 1 9 3] x\r\n", []string{"0?", "1 6>3", "0?"}, nil},
		"twice":                       {"* OK [COPYUID 1 2 3] x\r\nTAG OK [COPYUID 1 2 4] x\r\n", ok, "TAG OK [COPYUID 1 9 5] x\r\n", []string{"0?", "0", "1 9>5"}, nil},
		"unreadable":                  {"TAG OK [COPYUID 1 2:* 3] x\r\n", ok, "TAG OK [COPYUID 1 9 5] x\r\n", []string{"0?", "0", "1 9>5"}, nil},
		"unreadable, ahead":           {"* OK [COPYUID 1 2:* 3] x\r\nTAG OK x\r\n", ok, "TAG OK [COPYUID 1 9 5] x\r\n", []string{"0?", "0?", "1 9>5?"}, nil},
		"one refused in the middle":   {"TAG OK [COPYUID 1 2,5 1:2] x\r\n", "* OK [COPYUID 3 6 11] x\r\nTAG NO full\r\n", "TAG OK [COPYUID 1 9 3] x\r\n", []string{"1 2>1 5>2", "0", "1 9>3"}, []string{"ok", "full", "ok"}},
		"lost after the first":        {"TAG OK [COPYUID 1 2,5 1:2] x\r\n", "HANGUP", "", []string{"1 2>1 5>2", "0", "0"}, []string{"ok", "lost", "lost"}},
		"lost with a COPYUID ahead":   {"TAG OK [COPYUID 1 2,5 1:2] x\r\n", "* OK [COPYUID 3 6:8 11:13] x\r\nHANGUP", "", []string{"1 2>1 5>2", "0", "0"}, []string{"ok", "lost", "lost"}},
		"nothing moved, nothing told": {ok, ok, ok, []string{"0", "0", "0"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := openFake(t, polite().with("UID MOVE 2,5", c.first).with("UID MOVE 6:8", c.second).with("UID MOVE 9", c.third))
			moved, errs := s.Moves(t.Context(), all)
			if c.errs == nil {
				c.errs = []string{"ok", "ok", "ok"}
			}
			if got := outcomes(errs); !slices.Equal(got, c.errs) {
				t.Errorf("errors %q, want %q: %v", got, c.errs, errs)
			}
			for i, m := range moved {
				got := fmt.Sprint(m.UIDValidity)
				for _, p := range m.Pairs {
					got += fmt.Sprintf(" %d>%d", p.From, p.To)
				}
				if m.Unclear {
					got += "?"
				}
				if got != c.want[i] {
					t.Errorf("move %d: %q, want %q", i, got, c.want[i])
				}
			}
		})
	}
}

// What the server's answer could not be shared out among, or must not be changed, is not
// sent.
func TestMovesRefused(t *testing.T) {
	f, s := openFake(t, polite())
	before := len(f.sent(""))
	for name, all := range map[string][]Moving{
		"the same message":       {{UIDs: imap.UIDSetNum(2), To: "a"}, {UIDs: imap.UIDSetNum(9), To: "b"}, {UIDs: imap.UIDSetNum(2), To: "b"}},
		"the end of a range":     {{UIDs: imap.UIDSet{{Start: 2, Stop: 5}}, To: "a"}, {UIDs: imap.UIDSet{{Start: 5, Stop: 6}}, To: "a"}},
		"within a range":         {{UIDs: imap.UIDSet{{Start: 1, Stop: 9}}, To: "a"}, {UIDs: imap.UIDSetNum(5), To: "b"}},
		"behind a shorter range": {{UIDs: imap.UIDSet{{Start: 1, Stop: 9}, {Start: 2, Stop: 3}}, To: "a"}, {UIDs: imap.UIDSetNum(5), To: "b"}},
	} {
		_, errs := s.Moves(t.Context(), all)
		if len(errs) != len(all) || slices.Contains(outcomes(errs), "ok") || len(f.sent("")) != before {
			t.Errorf("%s: errors %v; sent %q", name, errs, f.sent("")[before:])
		}
	}
	moved, errs := s.Moves(t.Context(), []Moving{
		{UIDs: imap.UIDSetNum(10_000), To: "INBOX"}, {To: "INBOX"}, {UIDs: imap.UIDSetNum(5), To: "Work"}, {UIDs: imap.UIDSetNum(2), To: "INBOX"}, {UIDs: imap.UIDSetNum(6), To: "a//b"},
	})
	if got := outcomes(errs); !slices.Equal(got, []string{"unsent", "unsent", "unsent", "ok", "unsent"}) || len(moved[3].Pairs) != 1 {
		t.Errorf("errors %q: %v; %+v", got, errs, moved)
	}
	if sent := f.sent("")[before:]; len(sent) != 1 {
		t.Errorf("sent %q", sent)
	}
	f, s = openFake(t, polite().with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE\r\nTAG OK\r\n"))
	if _, errs := s.Moves(t.Context(), []Moving{{UIDs: imap.UIDSetNum(2), To: "INBOX"}}); errs[0] == nil || len(f.sent("UID MOVE")) > 0 {
		t.Errorf("without the capability: %v", errs)
	}
}

// Changes of all kinds go together; flags are those of the messages that they are told of,
// with whichever answer that comes.
func TestChanges(t *testing.T) {
	seen, deleted := mailbox.NewFlags(imap.FlagSeen), mailbox.NewFlags(imap.FlagDeleted)
	f, s := openFake(t, polite().
		with("UID MOVE 2", "TAG OK [COPYUID 1 2 1] x\r\n").
		with("UID STORE 5", "* 3 FETCH (UID 5 FLAGS (\\Seen))\r\n* 9 FETCH (UID 9 FLAGS (\\Deleted))\r\n* 4 FETCH (UID 7 FLAGS (\\Answered))\r\nTAG OK x\r\n").
		with("UID STORE 6", "TAG NO [LIMIT] no\r\n").
		with("UID STORE 7", "* 5 FETCH (FLAGS (\\Seen))\r\n* 4 FETCH (UID 7 FLAGS (\\Seen $a))\r\nTAG OK x\r\n").
		with("UID STORE 9", "TAG OK x\r\n").
		with("UID EXPUNGE 8", "* 7 EXPUNGE\r\nTAG OK x\r\n"))
	before := len(f.sent(""))
	said := s.Changes(t.Context(), []apply.Change{
		{Kind: apply.ChangeMove, UIDs: imap.UIDSetNum(2), To: "a"},
		{Kind: apply.ChangeAdd, UIDs: imap.UIDSetNum(5), Flags: seen},
		{Kind: apply.ChangeTake, UIDs: imap.UIDSetNum(6), Flags: seen},
		{Kind: apply.ChangeAdd, UIDs: imap.UIDSetNum(7), Flags: seen},
		{Kind: apply.ChangeAdd, UIDs: imap.UIDSetNum(9), Flags: deleted},
		{Kind: apply.ChangeExpunge, UIDs: imap.UIDSetNum(8)},
		{Kind: apply.ChangeAdd, UIDs: imap.UIDSetNum(7)},
		{UIDs: imap.UIDSetNum(5)},
	})
	var errs []error
	var told []string
	for _, c := range said {
		errs = append(errs, c.Err)
		told = append(told, fmt.Sprint(c.Transfer.Pairs, c.Flags))
	}
	if got, want := outcomes(errs), []string{"ok", "ok", "no", "ok", "ok", "ok", "unsent", "unsent"}; !slices.Equal(got, want) {
		t.Errorf("errors %q, want %q: %v", got, want, errs)
	}
	want := []string{"[{2 1}] map[]", "[] map[5:seen]", "[] map[]", "[] map[7:$a seen]", "[] map[9:deleted]", "[] map[]", "[] map[]", "[] map[]"}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	sent := []string{
		`UID MOVE 2 "a"`, `UID STORE 5 +FLAGS (\Seen)`, `UID STORE 6 -FLAGS (\Seen)`,
		`UID STORE 7 +FLAGS (\Seen)`, `UID STORE 9 +FLAGS (\Deleted)`, "UID EXPUNGE 8",
	}
	if got := f.sent("")[before:]; !slices.Equal(got, sent) {
		t.Errorf("sent %q, want %q", got, sent)
	}
}

// A message is not moved and removed by commands that go together.
func TestChangesThatOverlap(t *testing.T) {
	f, s := openFake(t, polite())
	before := len(f.sent(""))
	for _, c := range s.Changes(t.Context(), []apply.Change{
		{Kind: apply.ChangeMove, UIDs: imap.UIDSet{{Start: 2, Stop: 5}}, To: "a"}, {Kind: apply.ChangeExpunge, UIDs: imap.UIDSetNum(5)},
	}) {
		if !errors.Is(c.Err, errOverlap) || len(f.sent("")) > before {
			t.Errorf("%v; sent %q", c.Err, f.sent("")[before:])
		}
	}
}

// FuzzMoves has a server tell anything of three moves: nothing told may be false for the
// sets that were sent.
func FuzzMoves(f *testing.F) {
	f.Add("1 1,2 3:4", "1 5 6", "2 9 1")
	f.Add("1 1:9 1:9", "1 5 6", "")
	move := func(target string, uids ...imap.UIDRange) sentChange {
		return sentChange{Change: apply.Change{Kind: apply.ChangeMove, UIDs: uids}, target: target}
	}
	sent := []sentChange{
		move("a", imap.UIDRange{Start: 1, Stop: 2}), move("b", imap.UIDRange{Start: 4, Stop: 6}),
		move("a", imap.UIDRange{Start: 9, Stop: 9}, imap.UIDRange{Start: 20, Stop: 20}),
	}
	owners, apart := ownersOf(sent)
	if !apart {
		f.Fatal("the sets overlap")
	}
	f.Fuzz(func(t *testing.T, first, second, ahead string) {
		replies := make([]wire.Reply, 3)
		for i, text := range []string{first, second} {
			replies[i].Copied = copied(text)
		}
		if c := copied(ahead); c != nil {
			replies[1].Told = []wire.Notice{{Copied: c}}
		}
		type place struct {
			target string
			uid    imap.UID
		}
		taken := map[place]bool{}
		for i, told := range shareOut(sent, owners, replies) {
			for _, p := range told.Pairs {
				at := place{sent[i].target, p.To}
				if !sent[i].UIDs.Contains(p.From) || taken[at] {
					t.Errorf("%q, %q, %q: transfer %d has %v", first, second, ahead, i, p)
				}
				taken[at] = true
			}
		}
	})
}

// copied makes a COPYUID of "1 2,3 4,5"; nil: it cannot.
func copied(text string) *wire.Copied {
	words := strings.Fields(text)
	if len(words) != 3 {
		return nil
	}
	c := &wire.Copied{UIDValidity: number(words[0])}
	for _, n := range strings.Split(words[1], ",") {
		c.Source = append(c.Source, imap.UID(number(n)))
	}
	for _, n := range strings.Split(words[2], ",") {
		c.Dest = append(c.Dest, imap.UID(number(n)))
	}
	if len(c.Source) != len(c.Dest) {
		return nil
	}
	return c
}
