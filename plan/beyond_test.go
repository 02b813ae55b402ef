package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// What became protected after a plan was made is held against it as if it had been
// before: of a plan that was made without, and of one from a file.
func TestBeyondProtected(t *testing.T) {
	trash, permanent := deleteTo(rules.DeleteTrash), deleteTo(rules.DeletePermanent)
	for name, c := range map[string]struct {
		box       *box
		messages  string // folders
		account   config.Account
		protected []string
		want      string // details; empty: nothing is broken
		allow     string
	}{
		"a permanent delete": {
			box: newBox("INBOX", "Clients/A"), messages: "Clients/A", protected: []string{"Old", "clients/**"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), permanent, "Clients/*")}},
			want:    `rule.old would delete 1 message of the protected folder "Clients/A" for good.`, allow: `protected = ["Old"]`,
		},
		"a permanent delete elsewhere": {
			box: newBox("INBOX", "Clients/A"), messages: "Clients/A", protected: []string{"Clients", "Clients/B/**", "INBOX"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), permanent, "Clients/*")}},
			want:    `rule.old would delete 1 message of the protected folder "Clients/A" for good.`, allow: `protected = ["Clients/B/**", "INBOX"]`,
		},
		"nothing of it": {
			box: newBox("INBOX", "Clients/A"), messages: "Clients/A", protected: []string{"Clients/B/**", "INBOX"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), permanent, "Clients/*")}, Protected: patterns("INBOX")},
		},
		"what was protected already": {
			box: newBox("INBOX", "Clients/A"), messages: "INBOX", protected: []string{"Clients/**"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), permanent)}, Protected: patterns("Clients/**")},
		},
		"the trash": {
			box: newBox("INBOX", "Bin trash"), messages: "INBOX", protected: []string{"INBOX"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), trash)}},
			want:    `rule.old would throw away 1 message of the protected folder "INBOX".`, allow: `protected = []`,
		},
		"a move to somewhere in the trash": {
			box: newBox("INBOX", "Bin trash"), messages: "INBOX", protected: []string{"INBOX"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), moveTo("bin/Old"))}},
			want:    `rule.old would throw away 1 message of the protected folder "INBOX".`,
		},
		"a move to what may be the trash": {
			box: newBox("INBOX", "Trash", "Deleted Items"), messages: "INBOX", protected: []string{"INBOX"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), moveTo("Deleted Items"))}},
			want:    `rule.old would throw away 1 message of the protected folder "INBOX".`,
		},
		"a move elsewhere": {
			box: newBox("INBOX", "Bin trash"), messages: "INBOX", protected: []string{"INBOX", "Old"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), moveTo("Old"))}},
		},
		"a move within the trash": {
			box: newBox("INBOX", "Bin trash", "Bin/Old"), messages: "Bin/Old", protected: []string{"**", mailbox.UseTrash.Token() + "/**"},
			account: config.Account{Rules: []*rules.Rule{rule("old", subject("x"), moveTo("Bin"), "Bin/Old")}},
		},
		"a way that leads through": {
			box: newBox("INBOX", "Old"), messages: "INBOX", protected: []string{"Old"},
			account: config.Account{Rules: []*rules.Rule{rule("out", subject("x"), moveTo("Old")), rule("empty", subject("x"), permanent, "Old")}},
			want:    `rule.empty would delete 1 message of the protected folder "Old" for good.`,
		},
		"a way that leads through, to the trash": {
			box: newBox("INBOX", "Old", "Bin trash"), messages: "INBOX", protected: []string{"Old"},
			account: config.Account{Rules: []*rules.Rule{rule("out", subject("x"), moveTo("Old")), rule("empty", subject("x"), trash, "Old")}},
			want:    `rule.empty would throw away 1 message of the protected folder "Old".`,
		},
		"the name before a rename": {
			box: newBox("INBOX", "Clients"), messages: "Clients", protected: []string{"Clients"},
			account: config.Account{Moved: []*config.Moved{moved("Clients", "Old")}, Rules: []*rules.Rule{rule("old", subject("x"), permanent, "Old")}},
			want:    `rule.old would delete 1 message of the protected folder "Clients" for good.`,
		},
		"a removed folder": {
			box: newBox("INBOX", "Old/2019"), protected: []string{"Old/**"},
			account: config.Account{Removed: []*config.Removed{removed("Old/2019")}},
			want:    `would remove the protected folder "Old/2019" with 0 messages.`,
		},
		"a folder that exclusive removes": {
			box: newBox("INBOX", "Lists", "Lists/x"), protected: []string{"Lists/x"},
			account: config.Account{Exclusive: patterns("Lists/*")},
			want:    `would remove the protected folder "Lists/x" with 0 messages.`,
		},
		"a rename to the trash": {
			box: newBox("INBOX", "Bin trash", "Clients"), messages: "Clients", protected: []string{"Clients"},
			account: config.Account{Moved: []*config.Moved{moved("Clients", "Bin/Clients")}},
			want:    `would bring the protected folder "Clients" with 1 message to the trash.`,
		},
		"a rename to the trash of what lies above": {
			box: newBox("INBOX", "Bin trash", "Clients", "Clients/A"), messages: "Clients", protected: []string{"Clients/A"},
			account: config.Account{Moved: []*config.Moved{moved("Clients", "Bin/Clients")}},
			want:    `would bring the protected folder "Clients" with 1 message to the trash.`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			for folder := range strings.FieldsSeq(c.messages) {
				c.box.put(folder, "x")
			}
			policy := config.DefaultPolicy()
			policy.MoveThenDelete = true
			made, diags := c.box.plan(t, apart(&c.account), policy)
			if diags.HasErrors() || len(made.Broken) > 0 {
				t.Fatal(diags, made.Broken)
			}
			for _, p := range []*Plan{made, decoded(t, made)} {
				if again := p.Beyond(&c.account, policy); len(again) > 0 {
					t.Errorf("without a change it breaks %+v", again)
				}
				now := c.account
				now.Protected = patterns(c.protected...)
				var details, allow []string
				for _, b := range p.Beyond(&now, policy) {
					details, allow = append(details, b.Detail), append(allow, b.Allow)
					if b.Rail != "protected" || b.Of != now.Address {
						t.Errorf("it breaks %+v", b)
					}
				}
				if got := strings.Join(details, " "); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
				if c.allow != "" && !slices.Equal(allow, []string{c.allow}) {
					t.Errorf("allowed by %q, want %q", allow, c.allow)
				}
			}
		})
	}
}

func decoded(t *testing.T, p *Plan) *Plan {
	t.Helper()
	data, err := Encode(&Saved{FormatVersion: FormatVersion, ID: "1", Tool: "x", Made: p.Made, Accounts: []SavedAccount{{Place: Place{Maildir: "/x"}, Plan: p}}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return f.Accounts[0].Plan
}

// A plan that moves and then deletes was made while that was allowed.
func TestBeyondMoveThenDelete(t *testing.T) {
	permanent := deleteTo(rules.DeletePermanent)
	for name, c := range map[string]struct {
		box     *box
		account config.Account
		want    string
	}{
		"by two rules": {
			box:     withMail(2, newBox("INBOX", "Old"), "INBOX"),
			account: config.Account{Rules: []*rules.Rule{rule("out", subject("x"), moveTo("Old")), rule("gone", subject("x"), permanent, "Old")}},
			want:    `2 messages would be moved to "Old", where rule.gone then deletes them for good.`,
		},
		"by a rename": {
			box:     withMail(1, newBox("INBOX", "Bin trash", "A"), "A"),
			account: config.Account{Moved: []*config.Moved{moved("A", "Bin/A")}, Rules: []*rules.Rule{rule("gone", subject("x"), permanent, "Bin/A")}},
			want:    `1 message would be moved to "Bin/A", where rule.gone then deletes them for good.`,
		},
		"only by a rename elsewhere": {
			box:     withMail(1, newBox("INBOX", "Bin trash", "A"), "A"),
			account: config.Account{Moved: []*config.Moved{moved("A", "B")}, Rules: []*rules.Rule{rule("gone", subject("x"), permanent, "B")}},
		},
		"not moved": {
			box:     withMail(1, newBox("INBOX", "Old"), "Old"),
			account: config.Account{Rules: []*rules.Rule{rule("out", subject("x"), moveTo("Old")), rule("gone", subject("x"), permanent, "Old")}},
		},
		"moved only": {
			box:     withMail(1, newBox("INBOX", "Bin trash"), "INBOX"),
			account: config.Account{Rules: []*rules.Rule{rule("out", subject("x"), moveTo("Old")), rule("trash", subject("x"), deleteTo(rules.DeleteTrash), "Old")}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			policy := config.DefaultPolicy()
			policy.MoveThenDelete = true
			made, diags := c.box.plan(t, &c.account, policy)
			if diags.HasErrors() || len(made.Broken) > 0 {
				t.Fatal(diags, made.Broken)
			}
			for _, p := range []*Plan{made, decoded(t, made)} {
				policy.MoveThenDelete = true
				if again := p.Beyond(&c.account, policy); len(again) > 0 {
					t.Errorf("without a change it breaks %+v", again)
				}
				policy.MoveThenDelete = false
				var details []string
				for _, b := range p.Beyond(&c.account, policy) {
					details = append(details, b.Detail)
				}
				if got := strings.Join(details, " "); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
		})
	}
}
