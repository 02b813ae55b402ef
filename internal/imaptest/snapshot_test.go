package imaptest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSnapshot(t *testing.T) {
	for _, name := range Names() {
		t.Run(string(name), func(t *testing.T) {
			a := Start(t, name).Account(t)
			if empty := Snapshot(t, a); len(empty.Messages()) != 0 || empty.Folders["INBOX"].UIDValidity == 0 {
				t.Errorf("a new mailbox is not empty: %+v", empty)
			}
			date := time.Date(2024, 2, 9, 12, 30, 15, 0, time.FixedZone("", 2*3600))
			body := []byte("From: ann@example.org\r\nSubject: x\r\n\r\n* 1 FETCH (UID 3)\r\n")
			const folder = "Bücher & more/日本 Go"
			Append(t, a, "INBOX", Message{Body: body, Date: date, Flags: []string{`\Seen`, "$Label1"}})
			Append(t, a, folder, Message{Body: body}, Message{Body: []byte("Subject: y\r\n\r\n")})
			Do(t, a, "CREATE "+quote(FolderName(t, a, "Not subscribed")))

			s := Snapshot(t, a)
			if diff := cmp.Diff(map[string]int{Hash(body): 2, Hash([]byte("Subject: y\r\n\r\n")): 1}, s.Messages()); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
			want := []Stored{{UID: 1, Flags: []string{"$Label1", `\Seen`}, Date: date.UTC(), Size: uint32(len(body)), Hash: Hash(body)}}
			if diff := cmp.Diff(want, s.Folders["INBOX"].Messages); diff != "" {
				t.Errorf("INBOX (-want +got):\n%s", diff)
			}
			if f := s.Folders[folder]; len(f.Messages) != 2 || f.UIDNext != 3 || f.UIDValidity == 0 || f.Name != FolderName(t, a, folder) {
				t.Errorf("%s: %+v", folder, s)
			}
			if _, ok := s.Folders["Not subscribed"]; !ok {
				t.Errorf("a folder is not there: %+v", s)
			}
			if diff := cmp.Diff([]string{folder}, s.Subscribed); diff != "" {
				t.Errorf("subscribed (-want +got):\n%s", diff)
			}
			Unchanged(t, a, func() { Snapshot(t, a) })
			w := &witness{TB: t}
			Unchanged(w, a, func() { Do(t, a, "SELECT INBOX", `UID STORE 1 +FLAGS (\Flagged)`) })
			if len(w.errors) != 1 {
				t.Errorf("a flag more is not seen: %q", w.errors)
			}
		})
	}
}

// Whatever a server does not tell is an error, and never an empty mailbox.
func TestSnapshotErrors(t *testing.T) {
	list := Exchange{Command: `LIST "" "*"`, Answer: []string{`* LIST () "/" INBOX`}}
	status := Exchange{Command: "STATUS *", Answer: []string{`* STATUS INBOX (MESSAGES 1 UIDVALIDITY 7 UIDNEXT 2)`}}
	examine := Exchange{Command: "EXAMINE *"}
	fetch := func(items string) Exchange {
		return Exchange{Command: "UID FETCH *", Answer: []string{"* 1 FETCH (" + items + ")"}}
	}
	const rest = `UID 1 FLAGS () RFC822.SIZE 3 INTERNALDATE " 1-Jan-2026 00:00:00 +0000" `
	for _, test := range []struct {
		name      string
		exchanges []Exchange
		want      string
	}{
		{"no folder", []Exchange{{Command: "LIST *"}}, "no folder"},
		{"LIST refused", []Exchange{{Command: "LIST *", Answer: []string{"TAG NO no"}}}, "LIST"},
		{"STATUS refused", []Exchange{list, {Command: "STATUS *", Answer: []string{"TAG NO no"}}}, "STATUS"},
		{"STATUS without answer", []Exchange{list, {Command: "STATUS *"}}, "STATUS"},
		{"EXAMINE refused", []Exchange{list, status, {Command: "EXAMINE *", Answer: []string{"TAG NO no"}}}, "EXAMINE"},
		{"connection lost", []Exchange{list, status, {Command: "EXAMINE *", Then: HangUp}}, "EXAMINE"},
		{"FETCH without answer", []Exchange{list, status, examine, {Command: "UID FETCH *"}}, "counts 1 messages, FETCH gives 0"},
		{"NIL body", []Exchange{list, status, examine, fetch(rest + "BODY[] NIL")}, "BODY[]: empty"},
		{"empty body", []Exchange{list, status, examine, fetch(rest + `BODY[] ""`)}, "BODY[]: empty"},
		{"no body", []Exchange{list, status, examine, fetch(rest)}, "FETCH gives 0"},
		{"no flags", []Exchange{list, status, examine, fetch(strings.Replace(rest, "FLAGS ()", "", 1) + "BODY[] x")}, "no FLAGS"},
		{"bad date", []Exchange{list, status, examine, fetch(strings.Replace(rest, "Jan", "Foo", 1) + "BODY[] x")}, "INTERNALDATE"},
		{"folder twice", []Exchange{{Command: "LIST *", Answer: []string{`* LIST () "/" INBOX`, `* LIST () "/" inbox`}}}, "twice"},
		{"broken name", []Exchange{{Command: "LIST *", Answer: []string{`* LIST () "/" &AA`}}}, "& without -"},
		{"short LIST", []Exchange{{Command: "LIST *", Answer: []string{`* LIST ()`}}}, "short"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := Account{Username: "x", Password: "y", Dial: Fake{Capabilities: "NAMESPACE", Exchanges: test.exchanges}.Dial(t)}
			c, err := login(a)
			if err != nil {
				t.Fatal(err)
			}
			defer c.conn.Close()
			if _, err := c.snapshot(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// A server without namespaces is asked for its delimiter.
func TestSnapshotWithoutNamespace(t *testing.T) {
	fake := Fake{Exchanges: []Exchange{
		{Command: `LIST "" ""`, Answer: []string{`* LIST (\Noselect) "." ""`}},
		{Command: `LIST "" "*"`, Answer: []string{`* LIST (\Noselect \HasChildren) "." a`, `* LIST (\NonExistent \Subscribed) "." a.b`}},
		{Command: `LSUB "" "*"`, Answer: []string{`* LSUB (\NoSelect) "." a`, `* LSUB () "." a.b`}},
	}}
	want := State{
		Folders: map[string]Folder{
			"a":   {Name: "a", Attributes: []string{`\noselect`}},
			"a/b": {Name: "a.b", Attributes: []string{`\nonexistent`}},
		},
		Subscribed: []string{"a/b"},
	}
	if diff := cmp.Diff(want, Snapshot(t, Account{Dial: fake.Dial(t)})); diff != "" {
		t.Error(diff)
	}
}

func TestAppendErrors(t *testing.T) {
	c := loggedIn(t, Start(t, Dovecot, Namespace("INBOX.", ".")))
	for folder, want := range map[string]string{"a.b": "separates levels"} {
		if err := c.append(folder, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", folder, err, want)
		}
	}
	if err := c.append("INBOX", []Message{{Body: []byte("Subject: x\r\n\r\n"), Flags: []string{`\Nonsense`}}}); err == nil {
		t.Error("a flag that does not exist is taken")
	}
}
