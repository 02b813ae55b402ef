package server

import (
	"errors"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

const withID = "* CAPABILITY IMAP4rev1 NAMESPACE UNSELECT UIDPLUS MOVE ID\r\nTAG OK done\r\n"

// A server with labels is told by what it says, and asked what it is only if nothing
// else gives it away.
func TestLabels(t *testing.T) {
	for name, c := range map[string]struct {
		greeting, capability, id string
		server                   string // "": its host
		labels, copyMoves        bool
		asked                    int
	}{
		"Gmail":                       {greeting: "Gimap ready", capability: " X-GM-EXT-1", server: "Gmail", labels: true},
		"Proton Mail Bridge":          {greeting: "Proton Mail Bridge 03.25.00 - gluon session ID 3", server: "Proton Mail Bridge", labels: true, copyMoves: true},
		"an old Bridge":               {greeting: "IMAP4rev1 Service Ready", id: `* ID ("name" "ProtonMail Bridge" "version" NIL)`, server: "Proton Mail Bridge", labels: true, copyMoves: true, asked: 1},
		"Dovecot":                     {greeting: "Dovecot ready.", id: `* ID ("name" "Proton")`, server: "Dovecot"},
		"somebody else":               {greeting: "hello", id: `* ID ("name" "Other" "support-url" "https://example.com")`, asked: 1},
		"somebody who says nothing":   {greeting: "hello", id: "* ID NIL", asked: 1},
		"somebody who answers by NO":  {greeting: "hello", id: "NO", asked: 1},
		"somebody who answers by BAD": {greeting: "hello", id: "BAD", asked: 1},
	} {
		t.Run(name, func(t *testing.T) {
			answer := c.id + "\r\nTAG OK done\r\n"
			if !strings.HasPrefix(c.id, "*") {
				answer = "TAG " + c.id + " not here\r\n"
			}
			f := newFake(t, "* OK "+c.greeting+"\r\n", polite().with("CAPABILITY", strings.Replace(withID, " ID", " ID"+c.capability, 1)).with("ID", answer))
			s, err := Dial(t.Context(), f.account, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.drop()
			l, err := s.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if c.server == "" {
				c.server = "127.0.0.1"
			}
			if l.Labels != c.labels || l.CopyMoves != c.copyMoves || (l.Additive != "") != c.copyMoves || l.Server != c.server || s.Can().Labels != c.labels {
				t.Errorf("got labels %t %t, copies move %t, additive %q, server %q", l.Labels, s.Can().Labels, l.CopyMoves, l.Additive, l.Server)
			}
			if sent := f.sent("ID"); len(sent) != c.asked {
				t.Errorf("sent %q", sent)
			}
		})
	}
}

// A connection that breaks while a server is asked what it is, is lost.
func TestIDLost(t *testing.T) {
	f := newFake(t, "* OK hello\r\n", polite().with("CAPABILITY", withID).with("ID", "HANGUP"))
	_, err := Dial(t.Context(), f.account, Options{})
	if lost, ok := errors.AsType[*LostError](err); !ok {
		t.Errorf("got %v, want that the connection is lost: %+v", err, lost)
	}
}

// Where folders are labels nothing is marked \Deleted but in the server's own trash
// and junk, whoever asks for it.
func TestLabelsAreNotDeletedIn(t *testing.T) {
	gmail := polite().with("CAPABILITY", strings.Replace(withID, " ID", " X-GM-EXT-1", 1)).
		with("LIST", "* LIST () \"/\" INBOX\r\n* LIST (\\Trash) \"/\" Bin\r\n* LIST (\\Junk) \"/\" Spam\r\n* LIST (\\All) \"/\" All\r\nTAG OK done\r\n").
		with("STATUS", "TAG OK done\r\n")
	for _, name := range []string{"Bin", "Spam", "All"} {
		gmail = gmail.with(`STATUS "`+name+`"`, "* STATUS "+name+" (MESSAGES 3 UIDNEXT 10 UIDVALIDITY 7)\r\nTAG OK done\r\n")
	}
	f, s := dialFake(t, gmail)
	if _, err := s.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, allowed := range map[mailbox.Name]bool{"INBOX": false, "All": false, "Bin": true, "Spam": true} {
		if _, err := s.Open(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		stores, expunges := len(f.sent("UID STORE")), len(f.sent("UID EXPUNGE"))
		for _, err := range []error{
			stored(s, t.Context(), imap.UIDSetNum(2), true, mailbox.Flags{imap.FlagDeleted}),
			s.Expunge(t.Context(), imap.UIDSetNum(2)),
		} {
			if (err == nil) != allowed || !allowed && !errors.Is(err, errLabel) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if sent := len(f.sent("UID STORE")) - stores + len(f.sent("UID EXPUNGE")) - expunges; sent != map[bool]int{false: 0, true: 2}[allowed] {
			t.Errorf("%s: sent %d commands", name, sent)
		}
		for _, err := range []error{
			stored(s, t.Context(), imap.UIDSetNum(2), true, mailbox.Flags{imap.FlagSeen}),
			stored(s, t.Context(), imap.UIDSetNum(2), false, mailbox.Flags{imap.FlagDeleted}), // taken back
		} {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
