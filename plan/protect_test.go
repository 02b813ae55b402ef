package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

func deleteTo(how rules.Delete) func(*rules.Rule) { return func(r *rules.Rule) { r.Delete = how } }

func withMail(messages int, b *box, folders ...string) *box {
	for _, f := range folders {
		for i := range messages {
			b.put(f, fmt.Sprint("x ", i))
		}
	}
	return b
}

func at(line int) hcl.Range {
	return hcl.Range{Filename: "main.imap.hcl", Start: hcl.Pos{Line: line, Column: 1, Byte: line}, End: hcl.Pos{Line: line, Column: 2, Byte: line + 1}}
}

func declaredAt(line int, m *config.Moved) *config.Moved {
	m.Declared = at(line)
	return m
}

// Each of these would take something from what is protected: the rail is broken,
// by exactly those words and that line.
func TestProtected(t *testing.T) {
	trash, permanent := deleteTo(rules.DeleteTrash), deleteTo(rules.DeletePermanent)
	trashed := func(name string) *config.Folder {
		return folder("trash", name, func(f *config.Folder) { f.Use = mailbox.UseTrash })
	}
	for name, c := range map[string]struct {
		box       *box
		protected []string
		account   config.Account
		want      []string // details
		allow     string
	}{
		"a permanent delete": {
			box: withMail(3, newBox("INBOX", "Clients/A"), "Clients/A"), protected: []string{"Old", "Clients/**"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), permanent, "Clients/*")}},
			want:    []string{`rule.old would delete 3 messages of the protected folder "Clients/A" for good.`},
			allow:   `protected = ["Old"]`,
		},
		"the trash": {
			box: withMail(1, newBox("INBOX", "Bin trash"), "INBOX"), protected: []string{"INBOX"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), trash)}},
			want:    []string{`rule.old would throw away 1 message of the protected folder "INBOX".`},
			allow:   `protected = []`,
		},
		"a move to where the trash is, by name": {
			box: withMail(1, newBox("INBOX", "Bin trash"), "INBOX"), protected: []string{"INBOX"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), moveTo("Bin"))}},
			want:    []string{`rule.old would throw away 1 message of the protected folder "INBOX".`},
		},
		"a move to somewhere in the trash, which is declared": {
			box: withMail(1, newBox("INBOX", "Bin"), "INBOX"), protected: []string{"INBOX"},
			account: config.Account{Folders: []*config.Folder{trashed("Bin")}, Rules: []*rules.Rule{rule("old", subject("x"), moveTo("Bin/Old"))}},
			want:    []string{`rule.old would throw away 1 message of the protected folder "INBOX".`},
		},
		"a move to somewhere in the trash, in another letter case": {
			box: withMail(1, newBox("INBOX", "Bin trash"), "INBOX"), protected: []string{"INBOX"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), moveTo("bin/Old"))}},
			want:    []string{`rule.old would throw away 1 message of the protected folder "INBOX".`},
		},
		"a move to one of several that may be the trash": {
			box: withMail(1, newBox("INBOX", "Trash", "Deleted Items"), "INBOX"), protected: []string{"INBOX"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), moveTo("Deleted Items"))}},
			want:    []string{`rule.old would throw away 1 message of the protected folder "INBOX".`},
		},
		"a move to the server's trash where another one is declared": {
			box: withMail(1, newBox("INBOX", "Bin trash", "Mine"), "INBOX"), protected: []string{"INBOX"},
			account: config.Account{Folders: []*config.Folder{trashed("Mine")}, Rules: []*rules.Rule{rule("old", subject("x"), moveTo("Bin"))}},
			want:    []string{`rule.old would throw away 1 message of the protected folder "INBOX".`},
		},
		"a way out that ends in a delete": {
			box: withMail(2, newBox("INBOX", "Old"), "INBOX"), protected: []string{"INBOX"},
			account: config.Account{Rules: []*rules.Rule{rule("out", subject("x"), moveTo("Old")), rule("empty", subject("x"), permanent, "Old")}},
			want:    []string{`rule.empty would delete 2 messages of the protected folder "INBOX" for good.`},
		},
		"a way in that ends in a delete": {
			box: withMail(2, newBox("INBOX", "Old", "Bin trash"), "INBOX"), protected: []string{"Old"},
			account: config.Account{Rules: []*rules.Rule{rule("in", subject("x"), moveTo("Old")), rule("empty", subject("x"), trash, "Old")}},
			want:    []string{`rule.empty would throw away 2 messages of the protected folder "Old".`},
		},
		"a copy is no excuse": {
			box: withMail(1, newBox("INBOX", "Backup"), "INBOX"), protected: []string{"INBOX"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), func(r *rules.Rule) {
				r.CopyTo, r.Delete = []mailbox.Ref{ref("Backup")}, rules.DeletePermanent
			})}},
			want: []string{`rule.old would delete 1 message of the protected folder "INBOX" for good.`},
		},
		"several folders": {
			box: withMail(2, newBox("INBOX", "A", "B", "C", "D", "E", "F"), "A", "B", "C", "D", "E", "F"), protected: []string{"*"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), permanent, "**")}},
			want: []string{`rule.old would delete 12 messages of 6 protected folders ("A": 2 messages, "B": 2 messages, ` +
				`"C": 2 messages, "D": 2 messages, "E": 2 messages and 1 more) for good.`},
		},
		"two rules": {
			box: withMail(1, newBox("INBOX", "A", "Bin trash"), "INBOX", "A"), protected: []string{"A", "INBOX", "B"},
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("x"), trash), rule("b", subject("x"), permanent, "A")}},
			want: []string{
				`rule.a would throw away 1 message of the protected folder "INBOX".`,
				`rule.b would delete 1 message of the protected folder "A" for good.`,
			},
			allow: `protected = ["A", "B"] protected = ["INBOX", "B"]`,
		},
		"the trash itself, which is named": {
			box: withMail(1, newBox("INBOX", "Bin trash"), "Bin"), protected: []string{mailbox.UseTrash.Token(), mailbox.UseTrash.Token() + "/**"},
			account: config.Account{Rules: []*rules.Rule{rule("empty", subject("x"), permanent, "Bin")}},
			want:    []string{`rule.empty would delete 1 message of the protected folder "Bin" for good.`},
			allow:   `protected = ["${special.trash}/**"]`,
		},
		"in another letter case": {
			box: withMail(1, newBox("INBOX", "Clients"), "Clients"), protected: []string{"clients", "B", mailbox.UseArchive.Token()},
			account: config.Account{
				Folders: []*config.Folder{folder("archive", "Archive", func(f *config.Folder) { f.Use = mailbox.UseArchive })},
				Rules:   []*rules.Rule{rule("old", subject("x"), permanent, "Clients")},
			},
			want:  []string{`rule.old would delete 1 message of the protected folder "Clients" for good.`},
			allow: `protected = ["B", special.archive]`,
		},
		"what lies in a protected folder": {
			box: withMail(1, newBox("INBOX", "Clients", "Clients/A"), "Clients/A"), protected: []string{"Clients"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), permanent, "Clients/A")}},
			want:    []string{`rule.old would delete 1 message of the protected folder "Clients/A" for good.`},
		},
		"in the longer spelling of its name": {
			box: func() *box {
				b := withMail(1, newBox("INBOX", "Clients"), "Clients")
				b.inInbox = true
				return b
			}(), protected: []string{"INBOX/Clients"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), permanent, "Clients")}},
			want:    []string{`rule.old would delete 1 message of the protected folder "Clients" for good.`},
		},
		"a folder that is renamed, by the name that it has": {
			box: withMail(1, newBox("INBOX", "Clients"), "Clients"), protected: []string{"Clients"},
			account: config.Account{
				Moved: []*config.Moved{moved("Clients", "Old")},
				Rules: []*rules.Rule{rule("old", subject("x"), permanent, "Old")},
			},
			want: []string{`rule.old would delete 1 message of the protected folder "Clients" for good.`},
		},
		"a folder that is renamed, by the name that it gets": {
			box: withMail(1, newBox("INBOX", "Old"), "Old"), protected: []string{"Clients"},
			account: config.Account{
				Moved: []*config.Moved{moved("Old", "Clients")},
				Rules: []*rules.Rule{rule("old", subject("x"), permanent, "Clients")},
			},
			want:  []string{`rule.old would delete 1 message of the protected folder "Old" for good.`},
			allow: `protected = []`,
		},
		"a folder that a removed block removes": {
			box: withMail(2, newBox("INBOX", "Clients"), "Clients"), protected: []string{"Clients"},
			account: config.Account{Removed: []*config.Removed{removed("Clients", func(r *config.Removed) { r.Messages, r.Declared = config.RemoveDelete, at(7) })}},
			want:    []string{`the removed block at main.imap.hcl:7,1-2 would remove the protected folder "Clients" with 2 messages and delete 2 messages of the protected folder "Clients" for good.`},
		},
		"an empty folder below one that a removed block removes": {
			box: newBox("INBOX", "Clients", "Clients/A"), protected: []string{"Clients/*"},
			account: config.Account{Removed: []*config.Removed{removed("Clients", func(r *config.Removed) { r.Children, r.Declared = true, at(7) })}},
			want:    []string{`the removed block at main.imap.hcl:7,1-2 would remove the protected folder "Clients/A" with 0 messages.`},
		},
		"mail of a removed folder that goes to the trash": {
			box: withMail(1, newBox("INBOX", "Gone", "Bin trash"), "Gone"), protected: []string{"Gone"},
			account: config.Account{Removed: []*config.Removed{removed("Gone", func(r *config.Removed) {
				r.Messages, r.MoveTo, r.Declared = config.RemoveMove, ref(mailbox.UseTrash.Token()), at(7)
			})}},
			want: []string{`the removed block at main.imap.hcl:7,1-2 would remove the protected folder "Gone" with 1 message and throw away 1 message of the protected folder "Gone".`},
		},
		"a folder that is renamed to the trash": {
			box: withMail(2, newBox("INBOX", "Bin trash", "Clients"), "Clients"), protected: []string{"Clients"},
			account: config.Account{Moved: []*config.Moved{declaredAt(9, moved("Clients", "Bin/Clients"))}},
			want:    []string{`the moved block at main.imap.hcl:9,1-2 would bring the protected folder "Clients" with 2 messages to the trash.`},
		},
		"a folder that holds one, renamed to the trash": {
			box: withMail(2, newBox("INBOX", "Bin trash", "Old", "Old/Clients", "Old/More"), "Old/Clients"), protected: []string{"Old/*"},
			account: config.Account{Moved: []*config.Moved{declaredAt(9, moved("Old", "Bin/Old"))}},
			want:    []string{`the moved block at main.imap.hcl:9,1-2 would bring 2 protected folders ("Old/Clients": 2 messages, "Old/More": 0 messages) to the trash.`},
		},
		"a folder that becomes the trash": {
			box: withMail(2, newBox("INBOX", "Clients"), "Clients"), protected: []string{"Clients"},
			account: config.Account{
				Moved:   []*config.Moved{declaredAt(9, moved("Clients", "Bin"))},
				Folders: []*config.Folder{trashed("Bin")},
			},
			want: []string{`the moved block at main.imap.hcl:9,1-2 would bring the protected folder "Clients" with 2 messages to the trash.`},
		},
		"what an apply that was cut short has set aside": {
			box: newBox("INBOX", "Old (removed by imapform 20261121T120000Z) unsubscribed"), protected: []string{"Old"},
			account: config.Account{Removed: []*config.Removed{removed("Old", func(r *config.Removed) { r.Declared = at(7) })}},
			want:    []string{`the removed block at main.imap.hcl:7,1-2 would remove the protected folder "Old (removed by imapform 20261121T120000Z)" with 0 messages.`},
		},

		"a move elsewhere": {
			box: withMail(1, newBox("INBOX", "Bin trash"), "INBOX"), protected: []string{"**"},
			account: config.Account{Rules: []*rules.Rule{rule("out", subject("x"), moveTo("Old"))}},
		},
		"the trash is emptied where all else is protected": {
			box: withMail(1, newBox("INBOX", "Bin trash", "Bin/Old"), "Bin", "Bin/Old"), protected: []string{"**", "INBOX"},
			account: config.Account{Rules: []*rules.Rule{rule("empty", subject("x"), permanent, "Bin", "Bin/**")}},
		},
		"the trash in INBOX is emptied where INBOX is protected": {
			box: withMail(1, newBox("INBOX", "INBOX/Trash trash"), "INBOX/Trash"), protected: []string{"INBOX"},
			account: config.Account{Rules: []*rules.Rule{rule("empty", subject("x"), permanent, "INBOX/Trash")}},
		},
		"mail moved within the trash": {
			box: withMail(1, newBox("INBOX", "Bin trash"), "Bin"), protected: []string{"Bin", "Bin/**"},
			account: config.Account{Rules: []*rules.Rule{rule("in", subject("x"), moveTo("Bin/Old"), "Bin")}},
		},
		"mail thrown away into a trash that is protected": {
			box: withMail(1, newBox("INBOX", "Bin trash"), "INBOX"), protected: []string{"Bin"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), trash)}},
		},
		"another folder": {
			box: withMail(1, newBox("INBOX", "Clients", "Old", "Bin trash"), "INBOX", "Old"), protected: []string{"Clients", "Clients/**"},
			account: config.Account{
				Rules:   []*rules.Rule{rule("a", subject("x"), trash), rule("b", subject("x"), permanent, "Old")},
				Removed: []*config.Removed{removed("Old")},
			},
		},
		"flags": {
			box: withMail(1, newBox("INBOX"), "INBOX"), protected: []string{"INBOX"},
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("x"), func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags("$X") })}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.account.Address, c.account.Protected, c.account.ProtectedRange = "account.test", patterns(c.protected...), at(3)
			p, diags := c.box.plan(t, &c.account, config.DefaultPolicy())
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			var got, allow []string
			for _, b := range p.Broken {
				if b.Rail == "protected" {
					got, allow = append(got, b.Detail), append(allow, b.Allow)
				}
				if b.Rail == "protected" && (b.Of != "account.test" || b.Subject != at(3)) {
					t.Errorf("the rail is of %q at %v", b.Of, b.Subject)
				}
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if all := strings.Join(allow, " "); c.allow != "" && all != c.allow {
				t.Errorf("got %s, want %s", all, c.allow)
			}
			if len(allow) != 1 {
				return
			}
			c.account.Protected = allowed(allow[0])
			p, diags = c.box.plan(t, &c.account, config.DefaultPolicy())
			if diags.HasErrors() || slices.ContainsFunc(p.Broken, func(b Broken) bool { return b.Rail == "protected" }) {
				t.Errorf("%s does not allow it: %v, %v", allow[0], diags, p)
			}
		})
	}
}

// allowed reads the line that a plan says would allow it.
func allowed(line string) []mailbox.Pattern {
	var all []string
	for _, word := range strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "protected = ["), "]"), ", ") {
		for _, use := range mailbox.Uses() {
			word = strings.Replace(strings.Trim(word, `"`), "${special."+string(use)+"}", use.Token(), 1)
			word = strings.Replace(word, "special."+string(use), use.Token(), 1)
		}
		if word != "" {
			all = append(all, word)
		}
	}
	return patterns(all...)
}

// What is to be protected and cannot be told is an error; a name of nothing is
// mentioned.
func TestProtectedIsTold(t *testing.T) {
	b := newBox("INBOX", "Archive", "Clients")
	wipe := []*rules.Rule{rule("old", subject("x"), deleteTo(rules.DeletePermanent))}
	for _, c := range []struct {
		protected string
		account   config.Account
		fails     string
		notes     string
	}{
		{protected: mailbox.UseSent.Token() + "/**", fails: "special.sent is not known"},
		{protected: mailbox.UseArchive.Token(), account: config.Account{Rules: wipe}, fails: "A guess is not enough"},
		{protected: mailbox.UseArchive.Token(), account: config.Account{
			Removed: []*config.Removed{removed("Old", func(r *config.Removed) { r.Messages = config.RemoveDelete })},
		}, fails: "A guess is not enough"},
		{protected: mailbox.UseArchive.Token()},
		{protected: "Client", notes: `Did you mean "Clients"?`},
		{protected: "clients"},
		{protected: "Client/**"},
		{protected: "Client", account: config.Account{Folders: []*config.Folder{folder("client", "Client")}}},
	} {
		c.account.Protected = patterns(c.protected)
		p, diags := b.plan(t, &c.account, config.DefaultPolicy())
		switch {
		case c.fails != "":
			if !diags.HasErrors() || !strings.Contains(diags.Error(), c.fails) {
				t.Errorf("%v: got %v, want %q", c.account.Protected, diags, c.fails)
			}
		case diags.HasErrors():
			t.Errorf("%v: %v", c.account.Protected, diags)
		case c.notes == "" && len(p.Notes) > 0, c.notes != "" && (len(p.Notes) != 1 || !strings.Contains(p.Notes[0].Detail, c.notes)):
			t.Errorf("%v: notes %v, want %q", c.account.Protected, p.Notes, c.notes)
		}
	}
}
