package server

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/cache"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// What a listing told of a folder is not kept once the session begins to change it.
func TestListedStates(t *testing.T) {
	all := polite().with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE LIST-EXTENDED LIST-STATUS CONDSTORE MOVE UIDPLUS UNSELECT\r\nTAG OK\r\n").
		with(`LIST "" "*" RETURN (SUBSCRIBED CHILDREN STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ))`,
			"* LIST () \"/\" inbox\r\n* STATUS Inbox (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7 HIGHESTMODSEQ 9223372036854775807)\r\n"+
				"* LIST () \"/\" Work\r\n* STATUS Work (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 8)\r\n"+
				"* LIST () \"/\" Work/a\r\n* STATUS Work/a (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 8)\r\n"+
				"* LIST (\\Noselect) \"/\" Other\r\nTAG OK\r\n")
	want := cache.State{UIDValidity: 7, UIDNext: 10, Messages: 3, HighestModSeq: 1<<63 - 1}
	for name, c := range map[string]struct {
		change func(*Session) error
		gone   []mailbox.Name
	}{
		"nothing":     {func(*Session) error { return nil }, nil},
		"reading":     {func(s *Session) error { _, err := s.examine(t.Context(), "INBOX"); return err }, nil},
		"a look":      {func(s *Session) error { _, err := s.Status(t.Context(), "INBOX"); return err }, nil},
		"writing":     {func(s *Session) error { _, err := s.Open(t.Context(), "INBOX"); return err }, []mailbox.Name{"INBOX"}},
		"rename":      {func(s *Session) error { return s.Rename(t.Context(), "Work", "x") }, []mailbox.Name{"Work", "Work/a"}},
		"rename onto": {func(s *Session) error { return s.Rename(t.Context(), "y", "Work/a") }, []mailbox.Name{"Work/a"}},
		"delete":      {func(s *Session) error { return s.Delete(t.Context(), "Work/a") }, []mailbox.Name{"Work/a"}},
		"create":      {func(s *Session) error { return s.Create(t.Context(), "Work", "") }, []mailbox.Name{"Work", "Work/a"}},
		"move": {func(s *Session) error {
			_, err := s.Open(t.Context(), "INBOX")
			_, errs := s.Moves(t.Context(), []Moving{{UIDs: imap.UIDSetNum(2), To: "Work/a"}})
			return errors.Join(err, errs[0])
		}, []mailbox.Name{"INBOX", "Work/a"}},
		"copy": {func(s *Session) error {
			_, err := s.Open(t.Context(), "Work/a")
			_, copyErr := s.Copy(t.Context(), imap.UIDSetNum(2), "INBOX")
			return errors.Join(err, copyErr)
		}, []mailbox.Name{"INBOX", "Work/a"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := dialFake(t, all)
			if _, found := s.listed("INBOX"); found {
				t.Error("something is known before a listing")
			}
			if _, err := s.List(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got, _ := s.listed("INBOX"); got != want {
				t.Errorf("listed %+v, want %+v", got, want)
			}
			if err := c.change(s); err != nil {
				t.Fatal(err)
			}
			for _, name := range []mailbox.Name{"INBOX", "Work", "Work/a", "Other"} {
				_, found := s.listed(name)
				if expected := name != "Other" && !slices.Contains(c.gone, name); found != expected {
					t.Errorf("%s is known: %v", name, found)
				}
			}
		})
	}
}

// What is sent to log in, and to list.
func TestLoginCommands(t *testing.T) {
	const offer = "IMAP4rev1 NAMESPACE AUTH=PLAIN SASL-IR"
	for name, c := range map[string]struct {
		greeting string
		script   script
		want     []string
	}{
		"told each time": {
			greeting: "* OK [CAPABILITY " + offer + "] hi\r\n",
			script:   polite().with("AUTHENTICATE", "TAG OK [CAPABILITY IMAP4rev1 NAMESPACE] in\r\n"),
			want:     []string{"AUTHENTICATE PLAIN AG1lAGh1bnRlcjI=", "NAMESPACE", "LIST", "LSUB", "STATUS", "STATUS"},
		},
		"told ahead of the answer": {
			greeting: "* OK [CAPABILITY " + offer + "] hi\r\n",
			script:   polite().with("AUTHENTICATE", "* CAPABILITY IMAP4rev1 NAMESPACE\r\nTAG OK in\r\n"),
			want:     []string{"AUTHENTICATE PLAIN AG1lAGh1bnRlcjI=", "NAMESPACE", "LIST", "LSUB", "STATUS", "STATUS"},
		},
		"told only in the greeting": {
			greeting: "* OK [CAPABILITY " + offer + "] hi\r\n",
			script:   polite().with("AUTHENTICATE", "TAG OK in\r\n"),
			want:     []string{"AUTHENTICATE PLAIN AG1lAGh1bnRlcjI=", "CAPABILITY", "NAMESPACE", "LIST", "LSUB", "STATUS", "STATUS"},
		},
		"told never": {
			greeting: greeting,
			script:   polite().with("CAPABILITY", "* CAPABILITY "+offer+"\r\nTAG OK\r\n").with("AUTHENTICATE", "TAG OK in\r\n"),
			want:     []string{"CAPABILITY", "AUTHENTICATE PLAIN AG1lAGh1bnRlcjI=", "CAPABILITY", "NAMESPACE", "LIST", "LSUB", "STATUS", "STATUS"},
		},
		"told in part": {
			greeting: "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n",
			script:   polite().with("CAPABILITY", "* CAPABILITY "+offer+"\r\nTAG OK\r\n").with("AUTHENTICATE", "TAG OK [CAPABILITY MOVE] in\r\n"),
			want:     []string{"CAPABILITY", "AUTHENTICATE PLAIN AG1lAGh1bnRlcjI=", "CAPABILITY", "NAMESPACE", "LIST", "LSUB", "STATUS", "STATUS"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, c.greeting, c.script)
			s, err := Dial(t.Context(), f.account, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.List(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := s.List(t.Context()); err != nil { // the namespaces are known
				t.Error(err)
			}
			if err := s.drop(); err != nil {
				t.Error(err)
			}
			want := append(c.want, "LIST", "LSUB", "STATUS", "STATUS")
			if sent := f.sent(""); !slices.EqualFunc(sent, want, strings.HasPrefix) {
				t.Errorf("sent %q, want %q", sent, want)
			}
		})
	}
}

// By which a change in a folder would show is told only of a folder that can be told
// from all others.
func TestListedModSeqs(t *testing.T) {
	const inbox, work = "* STATUS INBOX (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7 HIGHESTMODSEQ 50)\r\nTAG OK\r\n", "* STATUS Work (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 8 HIGHESTMODSEQ 60)\r\nTAG OK\r\n"
	modern := polite().with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE CONDSTORE\r\nTAG OK\r\n").with("STATUS INBOX", inbox).with(`STATUS "Work"`, work)
	for name, c := range map[string]struct {
		script      script
		inbox, work uint64
	}{
		"both":               {modern, 50, 60},
		"no CONDSTORE":       {modern.with("CAPABILITY", polite()["CAPABILITY"][0]), 0, 0},
		"none of one":        {modern.with(`STATUS "Work"`, "* STATUS Work (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 8)\r\nTAG OK\r\n"), 50, 0},
		"no UIDVALIDITY":     {modern.with(`STATUS "Work"`, "* STATUS Work (MESSAGES 1 UIDNEXT 2 HIGHESTMODSEQ 60)\r\nTAG OK\r\n"), 50, 0},
		"the same one":       {modern.with(`STATUS "Work"`, strings.Replace(work, "UIDVALIDITY 8", "UIDVALIDITY 7", 1)), 50, 0},
		"no look at it":      {modern.with(`STATUS "Work"`, "TAG NO never\r\n"), 50, 0},
		"one that has a lot": {modern.with(`STATUS "Work"`, strings.Replace(work, "60", "9223372036854775807", 1)), 50, 1<<63 - 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := dialFake(t, c.script)
			l, err := s.List(t.Context())
			if err != nil || len(l.Folders) != 2 {
				t.Fatalf("listed %+v, %v", l, err)
			}
			if got := [2]uint64{l.Folders[0].HighestModSeq, l.Folders[1].HighestModSeq}; got != [2]uint64{c.inbox, c.work} {
				t.Errorf("told %d, want %d and %d", got, c.inbox, c.work)
			}
		})
	}
}

// What a folder that is opened shows counts, whatever the listing told of it.
func TestShownModSeq(t *testing.T) {
	for code, want := range map[string]uint64{
		"HIGHESTMODSEQ 60": 60, "NOMODSEQ": 0, "UIDNEXT 10": 0, "HIGHESTMODSEQ 9223372036854775808": 0, "HIGHESTMODSEQ x": 0,
	} {
		_, s := dialFake(t, polite().with("EXAMINE", examined(3, 10, code)))
		state, err := s.Answer(t.Context(), plan.Question{Folder: "INBOX", Fetch: message.Parts{Flags: true}}, func(*message.Message) {})
		if err != nil || state != (plan.State{UIDValidity: 7, UIDNext: 10, Messages: 3, HighestModSeq: want}) {
			t.Errorf("%s: %+v, %v", code, state, err)
		}
	}
}
