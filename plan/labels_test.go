package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// labelBox is a mailbox like Gmail's, with a message in INBOX.
func labelBox(folders ...string) *box {
	b := newBox(append([]string{"INBOX", "Work", "Everything all", "Starred flagged", "Spam junk", "Bin trash", "Out sent"}, folders...)...)
	b.labels = true
	b.put("INBOX", "x")
	return b
}

func permanent(r *rules.Rule) { r.Delete, r.ByArrival = rules.DeletePermanent, true }
func toTrash(r *rules.Rule)   { r.Delete = rules.DeleteTrash }

func copyInto(s string) func(*rules.Rule) {
	return func(r *rules.Rule) { r.CopyTo = append(r.CopyTo, ref(s)) }
}

// On a server whose folders are labels each of these would do something else than it
// says, and is refused; on others none of them is.
func TestRefuseOnLabels(t *testing.T) {
	special := func(use mailbox.Use) string { return use.Token() }
	for name, c := range map[string]struct {
		box     func(*box)
		rules   []*rules.Rule
		removed *config.Removed
		want    string
	}{
		"deleting for good in a folder":             {rules: []*rules.Rule{rule("a", subject("none"), permanent)}, want: "Only a label would be deleted"},
		"deleting for good wherever":                {rules: []*rules.Rule{rule("a", subject("none"), permanent, "**")}, want: "Only a label would be deleted"},
		"deleting for good in the trash and beside": {rules: []*rules.Rule{rule("a", subject("none"), permanent, special(mailbox.UseTrash), "Work")}, want: `looks in "Work"`},
		"deleting for good below the trash":         {rules: []*rules.Rule{rule("a", subject("none"), permanent, special(mailbox.UseTrash)+"/**")}, want: "Only a label would be deleted"},
		"deleting for good in all mail":             {rules: []*rules.Rule{rule("a", subject("none"), permanent, special(mailbox.UseAll))}, want: "Only a label would be deleted"},
		"deleting for good what is thrown away on the way": {
			rules: []*rules.Rule{rule("a", subject("x"), toTrash), rule("b", subject("x"), permanent, special(mailbox.UseTrash))},
			want:  `Messages of "INBOX" would be deleted for good`,
		},
		"a removed folder with its mail": {
			box:     func(b *box) { b.put("Work", "y") },
			removed: removed("Work", func(r *config.Removed) { r.Messages = config.RemoveDelete }),
			want:    `Messages of "Work" would be deleted for good`,
		},
		"a copy of what is thrown away": {rules: []*rules.Rule{rule("a", subject("none"), both(copyInto("Work"), toTrash))}, want: "A copy would be thrown away"},
		"a copy of what another rule throws away": {
			rules: []*rules.Rule{rule("a", subject("x"), copyInto("Work")), rule("b", subject("x"), toTrash)},
			want:  "A copy would be thrown away",
		},
		"a copy, there already, of what another rule throws away": {
			box:   func(b *box) { b.put("Work", "x") },
			rules: []*rules.Rule{rule("a", subject("x"), copyInto("Work")), rule("b", subject("x"), moveTo(special(mailbox.UseJunk)))},
			want:  "A copy would be thrown away",
		},
		"a copy out of the trash":       {rules: []*rules.Rule{rule("a", subject("none"), copyInto("Work"), special(mailbox.UseTrash))}, want: "A copy would be thrown away"},
		"a copy to the trash":           {rules: []*rules.Rule{rule("a", subject("none"), copyInto(special(mailbox.UseTrash)))}, want: "No label for copies"},
		"a copy by template from trash": {rules: []*rules.Rule{rule("a", subject("none"), copyBy("Work/"), special(mailbox.UseTrash))}, want: "A copy would be thrown away"},
		"a copy where COPY moves": {
			box: func(b *box) { b.copyMoves = true }, rules: []*rules.Rule{rule("a", subject("none"), copyInto("Work"))}, want: "Copies would be moves",
		},
		"a copy by template where COPY moves": {
			box: func(b *box) { b.copyMoves = true }, rules: []*rules.Rule{rule("a", subject("none"), copyBy("Work/"))}, want: "Copies would be moves",
		},
		"a move out of all mail":        {rules: []*rules.Rule{rule("a", subject("none"), moveTo("Work"), special(mailbox.UseAll))}, want: "Messages cannot leave this folder"},
		"a move out of what is flagged": {rules: []*rules.Rule{rule("a", subject("none"), moveTo("Work"), special(mailbox.UseFlagged))}, want: "Messages cannot leave this folder"},
		"a move by template out of all mail": {
			box:   func(b *box) { b.put("Everything", "x") },
			rules: []*rules.Rule{rule("a", subject("x"), moveBy("Work/"), special(mailbox.UseAll))}, want: "Messages cannot leave this folder",
		},
		"a move into what is flagged": {rules: []*rules.Rule{rule("a", subject("none"), moveTo(special(mailbox.UseFlagged)))}, want: "Messages cannot be moved into this folder"},
		"a move into what was sent":   {rules: []*rules.Rule{rule("a", subject("none"), moveTo("Out"))}, want: "Messages cannot be moved into this folder"},
		"a move into a label beside the folder": {
			box: func(b *box) { b.additive = "Labels" }, rules: []*rules.Rule{rule("a", subject("none"), moveTo("Labels/x"))}, want: "Messages cannot be moved into this folder",
		},
		"a move by template into a label beside the folder": {
			box: func(b *box) { b.additive = "Labels" }, rules: []*rules.Rule{rule("a", subject("x"), moveBy("Labels/"))}, want: "Messages cannot be moved into this folder",
		},
		"throwing away out of a label beside the folder": {
			box:   func(b *box) { b.additive = "Work" },
			rules: []*rules.Rule{rule("a", subject("none"), toTrash, "Work")}, want: "Messages cannot leave this folder",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := labelBox()
			if c.box != nil {
				c.box(b)
			}
			a := &config.Account{Rules: c.rules}
			if c.removed != nil {
				a.Removed = []*config.Removed{c.removed}
			}
			policy := config.DefaultPolicy()
			policy.MoveThenDelete = true
			_, diags := b.plan(t, a, policy)
			if len(diags) != 1 || !strings.Contains(diags.Error(), c.want) {
				t.Errorf("got %v, want %q alone", diags, c.want)
			}
			b.labels = false
			if _, diags := b.plan(t, a, policy); diags.HasErrors() {
				t.Errorf("without labels: %v", diags)
			}
		})
	}
}

// What the trash is says the server: a folder block makes no label the trash.
func TestTrashThatIsALabel(t *testing.T) {
	declared := folder("bin", "Work")
	declared.Use = mailbox.UseTrash
	for want, r := range map[string]*rules.Rule{
		"The trash is a label":          rule("a", subject("none"), toTrash),
		"Only a label would be deleted": rule("a", subject("none"), permanent, mailbox.UseTrash.Token()),
	} {
		a := &config.Account{Folders: []*config.Folder{declared}, Rules: []*rules.Rule{r}}
		if _, diags := labelBox().plan(t, a, config.DefaultPolicy()); len(diags) != 1 || !strings.Contains(diags.Error(), want) {
			t.Errorf("got %v, want %q", diags, want)
		}
	}
}

// What is as safe with labels as without is planned, and said to be what it is: once,
// whatever the number of messages.
func TestLabels(t *testing.T) {
	b := labelBox("Old", "Kept")
	for range 3 {
		b.put("INBOX", "junk")
		b.put("Bin", "old")
	}
	b.put("Work", "junk")
	b.put("Everything", "archived")
	a := &config.Account{
		Rules: []*rules.Rule{
			rule("throw", subject("junk"), toTrash, "INBOX", "Work"),
			rule("file", subject("x"), moveTo(mailbox.UseAll.Token())),
			rule("empty", subject("old"), permanent, mailbox.UseTrash.Token(), "Spam"),
			rule("label", subject("archived"), copyInto("Kept"), mailbox.UseAll.Token()),
		},
		Removed: []*config.Removed{removed("Old")},
	}
	p, diags := b.plan(t, a, config.DefaultPolicy())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := `file Everything 1 copy=[Kept] <rule.label>
file INBOX 1 move=Everything <rule.file>
file INBOX 2 3 4 trash=Bin <rule.throw>
file Work 1 trash=Bin <rule.throw>
file Bin 1 2 3 delete <rule.empty>
remove Old <>`
	if got := describe(p); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var said []string
	for _, n := range p.Notes {
		said = append(said, n.Summary)
	}
	slices.Sort(said)
	if want := []string{"Messages leave every label", "Messages lie in several folders", "Removed folders are removed labels"}; !slices.Equal(said, want) {
		t.Errorf("notes %q, want %q", said, want)
	}
}

// A message that lies in a protected folder, too, is not thrown away out of another.
func TestProtectedLabel(t *testing.T) {
	for _, looks := range [][]string{{"INBOX"}, {"INBOX", "Work"}} {
		b := labelBox()
		b.put("Work", "x")
		b.put("INBOX", "y")
		match := rule("a", subject("x"), toTrash, looks[0])
		all := []*rules.Rule{match}
		if len(looks) > 1 {
			all = append(all, rule("b", subject("none"), moveTo("INBOX"), looks[1]))
		}
		a := &config.Account{Rules: all, Protected: patterns("Work"), ProtectedRange: hcl.Range{Filename: "main.imap.hcl"}}
		p, diags := b.plan(t, a, config.DefaultPolicy())
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if len(p.Broken) != 1 || p.Broken[0].Detail != `rule.a would throw away 1 message of the protected folder "Work".` {
			t.Errorf("looking in %q: broken %+v", looks, p.Broken)
		}
		match.Match = subject("y")
		if p, diags = b.plan(t, a, config.DefaultPolicy()); diags.HasErrors() || len(p.Broken) > 0 || len(p.Steps) != 1 {
			t.Errorf("looking in %q for another message: %v, broken %+v", looks, diags, p.Broken)
		}
	}
}
