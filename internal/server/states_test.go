package server

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/cache"
	"github.com/imapform/imapform/internal/mailbox"
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
