package server

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

const extended = "* CAPABILITY IMAP4rev1 NAMESPACE LIST-EXTENDED LIST-STATUS SPECIAL-USE SAVEDATE\r\nTAG OK\r\n"

// line writes a folder as one line, for comparing.
func line(f plan.Folder) string {
	s := fmt.Sprintf("%s %d/%d/%d", f.Name, f.UIDValidity, f.UIDNext, f.Messages)
	for _, word := range []struct {
		set  bool
		name string
	}{{!f.Selectable, "noselect"}, {!f.Exists, "nonexistent"}, {f.Subscribed, "subscribed"}, {f.NoInferiors, "noinferiors"}, {f.HasChildren, "haschildren"}} {
		if word.set {
			s += " " + word.name
		}
	}
	for _, use := range f.Uses {
		s += " " + string(use)
	}
	return s
}

func TestList(t *testing.T) {
	subscriptions := polite().with("CAPABILITY", extended).
		with(`LIST "" "*" RETURN`, "* LIST () \"/\" INBOX\r\n* STATUS INBOX (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)\r\nTAG OK\r\n").
		with("LIST (SUBSCRIBED)", "* LIST (\\Subscribed \\NonExistent) \"/\" gone\r\n* LIST () \"/\" INBOX (CHILDINFO (SUBSCRIBED))\r\nTAG OK\r\n")
	for name, c := range map[string]struct {
		script   script
		want     []string
		warnings []string // parts of them
		says     []string
		sent     []string
	}{
		"plain": {
			script: polite(),
			want:   []string{"INBOX 7/10/3 subscribed", "Work 8/1/0"},
			sent:   []string{"NAMESPACE", `LIST "" "*"`, `LSUB "" "*"`, "STATUS", "STATUS"},
		},
		"all in one": {
			script: polite().with("CAPABILITY", extended).
				with(`LIST "" "*" RETURN`, "* LIST (\\HasNoChildren \\subscribed) \"/\" INBOX\r\n* STATUS INBOX (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)\r\n"+
					"* LIST (\\TRASH \\NoInferiors) \"/\" \"B&APw-cher\"\r\n* STATUS \"B&APw-cher\" (UIDVALIDITY 8 UIDNEXT 1 MESSAGES 0)\r\n"+
					"* LIST (\\Noselect \\HasChildren) \"/\" a\r\n* LIST (\\NonExistent) \"/\" b\r\nTAG OK\r\n").
				with("LSUB", "* LSUB () \"/\" INBOX\r\n* LSUB () \"/\" gone\r\n* LSUB (\\Noselect) \"/\" a\r\nTAG OK\r\n"),
			want: []string{"INBOX 7/10/3 subscribed", "Bücher 8/1/0 noinferiors trash", "a 0/0/0 noselect haschildren", "b 0/0/0 noselect nonexistent", "gone 0/0/0 noselect nonexistent subscribed"},
			sent: []string{"NAMESPACE", `LIST "" "*" RETURN (SUBSCRIBED CHILDREN STATUS (MESSAGES UIDNEXT UIDVALIDITY) SPECIAL-USE)`, `LSUB "" "*"`},
		},
		"LSUB is missing": {
			script: subscriptions.with("LSUB", "TAG BAD what?\r\n"),
			want:   []string{"INBOX 7/10/3", "gone 0/0/0 noselect nonexistent subscribed"},
			sent:   []string{"NAMESPACE", `LIST "" "*" RETURN`, `LSUB "" "*"`, `LIST (SUBSCRIBED) "" "*"`},
		},
		"LSUB may tell of a folder that is gone, or of one above": {
			script: subscriptions.with("LSUB", "* LSUB (\\Noselect) \"/\" gone\r\nTAG OK\r\n"),
			want:   []string{"INBOX 7/10/3", "gone 0/0/0 noselect nonexistent subscribed"},
			sent:   []string{"NAMESPACE", `LIST "" "*" RETURN`, `LSUB "" "*"`, `LIST (SUBSCRIBED) "" "*"`},
		},
		"subscriptions refused both ways": {
			script: subscriptions.with("LSUB", "TAG BAD what?\r\n").with("LIST (SUBSCRIBED)", "TAG NO never\r\n"),
			says:   []string{"list subscriptions", "never"},
		},
		"a STATUS that LIST left out is asked for": {
			script: polite().with("CAPABILITY", extended).
				with(`LIST "" "*" RETURN`, "* LIST () \"/\" INBOX\r\n* LIST () \"/\" Work\r\n* STATUS Work (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 8)\r\nTAG OK\r\n").
				with("LSUB", "TAG OK\r\n"),
			want: []string{"INBOX 7/10/3", "Work 8/1/0"},
			sent: []string{"NAMESPACE", "LIST", "LSUB", "STATUS INBOX"},
		},
		"LSUB tells of parents, ghosts and nonsense": {
			script: polite().with("LSUB", "* LSUB (\\Noselect) \"/\" Work\r\n* LSUB () \"/\" gone/far\r\n* LSUB () \"/\" \"a&b\"\r\nTAG OK\r\n"),
			want:   []string{"INBOX 7/10/3", "Work 8/1/0", "gone/far 0/0/0 noselect nonexistent subscribed"},
		},
		"no folders":      {script: polite().with("LIST", "TAG OK\r\n"), says: []string{"lists none"}},
		"LIST refused":    {script: polite().with("LIST", "TAG NO [UNAVAILABLE] later\r\n"), says: []string{"list folders", "later"}},
		"LSUB refused":    {script: polite().with("LSUB", "TAG NO later\r\n"), says: []string{"list subscriptions"}},
		"LSUB of no form": {script: polite().with("LSUB", "* LSUB INBOX\r\nTAG OK\r\n"), says: []string{"list subscriptions"}},
		"STATUS refused": {
			script: polite().with(`STATUS "Work"`, "TAG NO [NOPERM] no\x1b\r\n"),
			want:   []string{"INBOX 7/10/3 subscribed", "Work 0/0/0 noselect"}, warnings: []string{`folder "Work": the server refuses: NO [NOPERM] no`},
		},
		"STATUS cut off":     {script: polite().with(`STATUS "Work"`, "HANGUP"), says: []string{"look at"}},
		"STATUS of another":  {script: polite().with(`STATUS "Work"`, "* STATUS work (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 8)\r\nTAG OK\r\n"), says: []string{`"Work"`, "how many messages"}},
		"STATUS of nothing":  {script: polite().with(`STATUS "Work"`, "* STATUS Work ()\r\nTAG OK\r\n"), says: []string{`"Work"`}},
		"STATUS without all": {script: polite().with(`STATUS "Work"`, "* STATUS Work (MESSAGES 0)\r\nTAG OK\r\n"), want: []string{"INBOX 7/10/3 subscribed", "Work 0/0/0"}},
		"a name that cannot be decoded": {
			script:   polite().with("LIST", "* LIST () \"/\" INBOX\r\n* LIST () \"/\" \"R&D\x1b\"\r\nTAG OK\r\n"),
			want:     []string{"INBOX 7/10/3 subscribed"},
			warnings: []string{"R&D"},
		},
		"a name that cannot be decoded, with its STATUS": {
			script: polite().with("CAPABILITY", extended).
				with(`LIST "" "*" RETURN`, "* LIST () \"/\" INBOX\r\n* STATUS INBOX (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)\r\n"+
					"* LIST () \"/\" \"R&D\"\r\n* STATUS \"R&D\" (UIDVALIDITY 8 UIDNEXT 1 MESSAGES 0)\r\nTAG OK\r\n").
				with("LSUB", "* LSUB () \"/\" \"R&D\"\r\nTAG OK\r\n"),
			want: []string{"INBOX 7/10/3"}, warnings: []string{"R&D"},
		},
		"two spellings, one of them listed twice": {
			script: polite().with("LIST", "* LIST () \"/\" INBOX\r\n* LIST () \"/\" INBOX\r\n* LIST () \"/\" \"B&APw-cher\"\r\n* LIST () \"/\" \"Bu&Awg-cher\"\r\n* LIST () \"/\" \"B&APw-cher\"\r\nTAG OK\r\n"),
			want:   []string{"INBOX 7/10/3 subscribed", "Bücher 0/0/0 noselect"}, warnings: []string{`"Bücher"`},
		},
		"a name that cannot be written": {
			script: polite().with("NAMESPACE", "* NAMESPACE ((\"\" \".\")) NIL NIL\r\nTAG OK\r\n").
				with("LIST", "* LIST () \".\" INBOX\r\n* LIST () \".\" \"a/b\"\r\nTAG OK\r\n"),
			want:     []string{"INBOX 7/10/3 subscribed"},
			warnings: []string{`"a/b"`},
		},
		"two spellings of one name": {
			script: polite().with("LIST", "* LIST () \"/\" INBOX\r\n* LIST () \"/\" \"B&APw-cher\"\r\n* LIST () \"/\" \"Bu&Awg-cher\"\r\nTAG OK\r\n"),
			want:   []string{"INBOX 7/10/3 subscribed", "Bücher 0/0/0 noselect"}, warnings: []string{`"Bücher"`},
		},
		"other namespaces": {
			script: polite().with("NAMESPACE", "* NAMESPACE ((\"INBOX.\" \".\")) ((\"user.\" \".\")) ((\"shared.\" \".\"))\r\nTAG OK\r\n").
				with("LIST", "* LIST () \".\" INBOX\r\n* LIST (\\Noselect) \".\" shared\r\n* LIST () \".\" shared.x\r\n* LIST () \".\" user.bob\r\n* LIST () \".\" INBOX.Lists.Go\r\n* LIST () \".\" Stray\r\nTAG OK\r\n").
				with(`STATUS "INBOX.Lists.Go"`, "* STATUS INBOX.Lists.Go (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)\r\nTAG OK\r\n"),
			want: []string{"INBOX 7/10/3 subscribed", "Lists/Go 3/2/1"}, warnings: []string{`"Stray"`},
		},
		"the root of the namespace": {
			script: polite().with("NAMESPACE", "* NAMESPACE ((\"Mail/\" \"/\")) NIL NIL\r\nTAG OK\r\n").
				with("LIST", "* LIST () \"/\" INBOX\r\n* LIST (\\Noselect) \"/\" Mail\r\nTAG OK\r\n"),
			want: []string{"INBOX 7/10/3 subscribed"},
		},
		"a server that may show a part only": {
			script: polite().with("CAPABILITY", "* CAPABILITY IMAP4rev1 NAMESPACE X-GM-EXT-1\r\nTAG OK\r\n").
				with("STATUS INBOX", "* STATUS INBOX (MESSAGES 5000 UIDNEXT 9000 UIDVALIDITY 7)\r\nTAG OK\r\n"),
			want: []string{"INBOX 7/9000/5000 subscribed", "Work 8/1/0"}, warnings: []string{`"INBOX" shows exactly 5000`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, s := dialFake(t, c.script)
			before := len(f.sent(""))
			got, err := s.List(t.Context())
			if c.says != nil {
				wantError(t, err, c.says...)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			lines := make([]string, len(got.Folders))
			for i, folder := range got.Folders {
				lines[i] = line(folder)
			}
			if !slices.Equal(lines, c.want) {
				t.Errorf("folders %q, want %q", lines, c.want)
			}
			if len(got.Warnings) != len(c.warnings) {
				t.Fatalf("warnings %q, want %q", got.Warnings, c.warnings)
			}
			for i, w := range c.warnings {
				if !strings.Contains(got.Warnings[i], w) || strings.Contains(got.Warnings[i], "\x1b") {
					t.Errorf("warning %q, want %q", got.Warnings[i], w)
				}
			}
			sent := f.sent("")[before:]
			if c.sent != nil && !slices.EqualFunc(sent, c.sent, strings.HasPrefix) {
				t.Errorf("sent %q, want %q", sent, c.sent)
			}
			if got.SaveDate != strings.Contains(c.script["CAPABILITY"][0], "SAVEDATE") {
				t.Errorf("SaveDate is %v", got.SaveDate)
			}
		})
	}
}

// What is another user's, or shared, is neither listed nor changed.
func TestOthersFoldersAreLeftAlone(t *testing.T) {
	const foreign = `(("Other Users/" "/")) (("Shared/" "/"))` + "\r\nTAG OK done\r\n"
	for name, s := range map[string]script{
		"an own namespace": polite().with("NAMESPACE", `* NAMESPACE (("" "/")) `+foreign),
		"none of one's own": polite().with("NAMESPACE", "* NAMESPACE NIL "+foreign).
			with("LIST", "* LIST () \"/\" INBOX\r\n* LIST () \"/\" Work\r\n* LIST () \"/\" \"Other Users/bob\"\r\n* LIST () \"/\" Shared/x\r\nTAG OK done\r\n").
			with(`LIST "" ""`, "* LIST (\\Noselect) \"/\" \"\"\r\nTAG OK done\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			f, session := dialFake(t, s)
			l, err := session.List(t.Context())
			if err != nil || len(l.Folders) != 2 || l.Folders[1].Name != "Work" || len(l.Warnings) > 0 {
				t.Fatalf("listed %+v, %v", l, err)
			}
			before := len(f.sent(""))
			_, openErr := session.Open(t.Context(), "Other Users/bob")
			_, statusErr := session.Status(t.Context(), "Shared")
			for _, err := range []error{
				openErr, statusErr,
				session.Create(t.Context(), "Other Users/bob/x", ""), session.Rename(t.Context(), "Work", "Shared/Work"),
				session.Rename(t.Context(), "Shared/x", "x"), session.Delete(t.Context(), "Other Users/bob"),
				session.Subscribe(t.Context(), "Other Users", true),
			} {
				wantError(t, err, "belongs to other users or is shared")
			}
			if sent := f.sent("")[before:]; len(sent) > 0 {
				t.Errorf("sent %q", sent)
			}
		})
	}
}

// Nothing is done to a name that several folders have.
func TestSharedNameIsLeftAlone(t *testing.T) {
	f, s := dialFake(t, polite().with("LIST", "* LIST () \"/\" INBOX\r\n* LIST () \"/\" \"B&APw-cher\"\r\n* LIST () \"/\" \"Bu&Awg-cher\"\r\nTAG OK\r\n"))
	if _, err := s.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := len(f.sent(""))
	const name mailbox.Name = "Bücher"
	_, openErr := s.Open(t.Context(), name)
	_, statusErr := s.Status(t.Context(), name)
	for _, err := range []error{
		openErr, statusErr,
		s.Create(t.Context(), name, ""), s.Create(t.Context(), name+"/x", ""), s.Delete(t.Context(), name),
		s.Rename(t.Context(), name, "x"), s.Rename(t.Context(), "Work", name), s.Subscribe(t.Context(), name, true),
	} {
		wantError(t, err, "differ only in how")
	}
	if sent := f.sent("")[before:]; len(sent) > 0 {
		t.Errorf("sent %q", sent)
	}
}
