package server

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
)

// listAll is what is sent to list folders.
var listAll = []string{`LIST "" "*"`, `LSUB "" "*"`}

// folderNames lists the folders.
func folderNames(t *testing.T, s *Session) (names, subscribed []string) {
	t.Helper()
	l, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range l.Folders {
		if f.Exists {
			names = append(names, string(f.Name))
		}
		if f.Subscribed {
			subscribed = append(subscribed, string(f.Name))
		}
	}
	return names, subscribed
}

// The folders are listed together with what changes them, and that listing is the next
// one, unless it is of no use, or anything else was sent since.
func TestRelist(t *testing.T) {
	const (
		rows = "* LIST () \"/\" INBOX\r\n* LIST () \"/\" new\r\n* STATUS INBOX (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)\r\n* STATUS new (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 8)\r\nTAG OK\r\n"
		lsub = "* LSUB () \"/\" new\r\nTAG OK\r\n"
	)
	plain := polite().with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE UNSELECT LIST-EXTENDED LIST-STATUS\r\nTAG OK\r\n").with("LIST", rows).with("LSUB", lsub)
	create := func(s *Session, t *testing.T) error { return s.Create(t.Context(), "new", "") }
	changes := func(kinds ...apply.FolderChangeKind) func(*Session, *testing.T) error {
		return func(s *Session, t *testing.T) error {
			var all []apply.FolderChange
			for _, kind := range kinds {
				all = append(all, apply.FolderChange{Kind: kind, Name: "new", To: "newer"})
			}
			return s.Folders(t.Context(), all)[0]
		}
	}
	for name, c := range map[string]struct {
		script script
		first  func(*Session, *testing.T) error // nil: nothing
		change func(*Session, *testing.T) error
		then   func(*Session, *testing.T) error // nil: nothing
		behind bool                             // the listing was sent behind the change
		kept   bool                             // and nothing more for List
	}{
		"behind a create": {script: plain, change: create, behind: true, kept: true},
		"behind a rename": {script: plain, change: changes(apply.ChangeRename), behind: true, kept: true},
		"behind a delete": {script: plain, change: func(s *Session, t *testing.T) error { return s.Delete(t.Context(), "old") }, behind: true, kept: true},
		"behind a create and a subscription": {
			script: plain, change: changes(apply.ChangeCreate, apply.ChangeSubscribe), behind: true, kept: true,
		},
		"not behind one subscription": {script: plain, change: changes(apply.ChangeSubscribe)},
		"not behind the end of one":   {script: plain, change: changes(apply.ChangeUnsubscribe)},
		"not behind what is not sent": {script: plain, change: func(s *Session, t *testing.T) error {
			if err := s.Create(t.Context(), "a//b", ""); err == nil {
				t.Error("it was made")
			}
			return nil
		}},
		"the change is refused": {
			script: plain.with("CREATE", "TAG NO [UNAVAILABLE] later\r\n"), behind: true,
			change: func(s *Session, t *testing.T) error {
				if err := s.Create(t.Context(), "new", ""); err == nil {
					t.Error("it was made")
				}
				return nil
			},
		},
		"LIST is refused":    {script: plain.with("LIST", "TAG NO no\r\n").then("LIST", rows), change: create, behind: true},
		"LSUB is refused":    {script: plain.with("LSUB", "TAG NO no\r\n").then("LSUB", lsub), change: create, behind: true},
		"LIST tells nothing": {script: plain.with("LIST", "TAG OK\r\n").then("LIST", rows), change: create, behind: true},
		"listed before the change": {
			script: plain.with("CREATE", "").with("LIST", "* LIST () \"/\" INBOX\r\n* STATUS INBOX (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)\r\nTAG OK\r\nFORMER OK\r\n").then("LIST", rows), change: create, behind: true,
		},
		"the change tells of a folder that is not": {
			script: plain.with("CREATE", "* LIST () \"/\" odd\r\nTAG OK\r\n"), change: create, behind: true, kept: true,
		},
		"a look in between":    {script: plain, change: create, then: func(s *Session, t *testing.T) error { _, err := s.Status(t.Context(), "INBOX"); return err }, behind: true},
		"a visit in between":   {script: plain, change: create, then: visitAndLeave, behind: true},
		"a try-out in between": {script: plain, change: create, then: tryOut, behind: true},
		"another change in between": {
			script: plain, change: create, then: changes(apply.ChangeUnsubscribe), behind: true,
		},
		"a listing in between, which takes it": {
			script: plain, change: create, behind: true,
			then: func(s *Session, t *testing.T) error { _, err := s.List(t.Context()); return err },
		},
		"a folder is open for writing": {
			script: plain, first: openInbox, change: create,
			then: func(s *Session, t *testing.T) error { return s.Close(t.Context()) },
		},
		"a folder is open for reading": {
			script: plain, change: create,
			first: func(s *Session, t *testing.T) error { _, err := s.examine(t.Context(), "INBOX"); return err },
		},
		"a folder was open for reading, and is left for a rename": {
			script: plain, change: changes(apply.ChangeRename), behind: true, kept: true,
			first: func(s *Session, t *testing.T) error { _, err := s.examine(t.Context(), "INBOX"); return err },
		},
		"a use is refused": {
			script: plain.with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE UNSELECT LIST-EXTENDED LIST-STATUS CREATE-SPECIAL-USE\r\nTAG OK\r\n").
				with(`CREATE "new" (USE`, "TAG NO no use\r\n"),
			change: func(s *Session, t *testing.T) error { return s.Create(t.Context(), "new", mailbox.UseTrash) }, behind: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, s := dialFake(t, c.script)
			if err := s.locate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if c.first != nil {
				if err := c.first(s, t); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.change(s, t); err != nil {
				t.Fatal(err)
			}
			if got := len(f.sent("LSUB")) > 0; got != c.behind {
				t.Errorf("sent %q", f.sent(""))
			}
			if c.then != nil {
				if err := c.then(s, t); err != nil {
					t.Fatal(err)
				}
			}
			before := len(f.sent(""))
			names, subscribed := folderNames(t, s)
			if !slices.Equal(names, []string{"INBOX", "new"}) || !slices.Equal(subscribed, []string{"new"}) {
				t.Errorf("listed %q, subscribed %q", names, subscribed)
			}
			if sent := f.sent("")[before:]; c.kept != (len(sent) == 0) {
				t.Errorf("sent %q", sent)
			}
			// It serves once: the next listing is of then.
			before = len(f.sent("LIST"))
			if folderNames(t, s); len(f.sent("LIST")) != before+1 {
				t.Error("an old listing is told once more")
			}
		})
	}
}

func visitAndLeave(s *Session, t *testing.T) error {
	if err := openInbox(s, t); err != nil {
		return err
	}
	return s.Close(t.Context())
}

func openInbox(s *Session, t *testing.T) error {
	_, err := s.Open(t.Context(), "INBOX")
	return err
}

func tryOut(s *Session, t *testing.T) error {
	_, left := s.TryOut(t.Context(), []mailbox.Name{"INBOX"})
	return left
}

// A listing behind changes holds nothing back of what was done, and what it tells of
// folders is what is known of them then.
func TestRelistLost(t *testing.T) {
	f, s := dialFake(t, polite().with("LSUB", "HANGUP"))
	errs := s.Folders(t.Context(), []apply.FolderChange{{Kind: apply.ChangeCreate, Name: "a"}, {Kind: apply.ChangeCreate, Name: "b"}})
	if got := outcomes(errs); !slices.Equal(got, []string{"ok", "ok"}) {
		t.Errorf("errors %v", errs)
	}
	if _, err := s.List(t.Context()); !apply.Lost(err) {
		t.Errorf("listed: %v; sent %q", err, f.sent(""))
	}
}

// A folder with a name that cannot be told is warned of, wherever the listing came from;
// where STATUS is not part of it, it is asked for as ever.
func TestRelistIsAWholeListing(t *testing.T) {
	f, s := dialFake(t, polite().with("LIST", "* LIST () \"/\" INBOX\r\n* LIST () \"/\" Work\r\n* LIST () \"/\" \"a\\b\r\nTAG OK\r\n"))
	if err := s.Create(t.Context(), "Work", ""); err != nil {
		t.Fatal(err)
	}
	before := len(f.sent(""))
	l, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Warnings) != 1 || !strings.Contains(l.Warnings[0], "cannot be told") || len(l.Folders) != 2 {
		t.Errorf("listed %+v, warnings %q", l.Folders, l.Warnings)
	}
	if sent := f.sent("")[before:]; len(sent) != 2 || !strings.HasPrefix(sent[0], "STATUS") {
		t.Errorf("sent %q", sent)
	}
	if state, known := s.listed("INBOX"); !known || state.UIDNext != imap.UID(10) {
		t.Errorf("of INBOX %+v is known", state)
	}
}

// Where commands have to be waited for one by one, none is sent that nobody may ask for.
func TestNoRelistUnderRate(t *testing.T) {
	f := newFake(t, greeting, polite())
	f.account.MaxRate = 1000
	s, err := Dial(t.Context(), f.account, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.drop()
	if err := errors.Join(s.Create(t.Context(), "a", ""), s.Delete(t.Context(), "a")); err != nil {
		t.Error(err)
	}
	if sent := slices.Concat(f.sent("LIST"), f.sent("LSUB")); len(sent) > 0 {
		t.Errorf("sent %q", sent)
	}
}
