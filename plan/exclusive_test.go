package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// What exclusive removes, and what it says of the rest.
func TestExclusive(t *testing.T) {
	for name, c := range map[string]struct {
		box       *box
		exclusive []string
		account   config.Account
		want      string
		notes     string
	}{
		"an empty folder that nothing declares": {
			box: newBox("INBOX", "Lists", "Lists/a", "Lists/b", "Other"), exclusive: []string{"Lists/*"},
			account: config.Account{Folders: []*config.Folder{folder("b", "Lists/b")}},
			want:    "remove Lists/a <>",
		},
		"children first, with the folder that they leave empty": {
			box: newBox("INBOX", "A", "A/x", "A/x/y", "A/z"), exclusive: []string{"**"},
			want: `
remove A/x/y <>
remove A/x <>
remove A/z <>
remove A <>`,
		},
		"a folder with a child that stays": {
			box: newBox("INBOX", "A", "A/x", "A/y"), exclusive: []string{"A", "A/x"},
			want: "remove A/x <>",
		},
		"together with a removed block, children first": {
			box: newBox("INBOX", "A", "A/x", "A/y"), exclusive: []string{"A", "A/y"},
			account: config.Account{Removed: []*config.Removed{removed("A/x")}},
			want: `
remove A/x <>
remove A/y <>
remove A <>`,
		},
		"INBOX and special uses, whoever says so": {
			box: newBox("INBOX", "Bin trash", "Spam", "Archive", "Sent sent", "Mine", "INBOX/Drafts"), exclusive: []string{"**", "*", "INBOX", "Bin", "Spam", "INBOX/*", mailbox.UseTrash.Token()},
			account: config.Account{Folders: []*config.Folder{folder("mine", "Mine", func(f *config.Folder) { f.Use = mailbox.UseJunk })}},
		},
		"what lies below the trash, unless it is named": {
			box: newBox("INBOX", "Bin trash", "Bin/a", "Bin/b"), exclusive: []string{"**", "Bin/b"},
			want: "remove Bin/b <>",
		},
		"below a use": {
			box: newBox("INBOX", "Archive archive", "Archive/2019"), exclusive: []string{mailbox.UseArchive.Token() + "/*"},
			want: "remove Archive/2019 <>",
		},
		"a protected folder, in any letter case": {
			box: newBox("INBOX", "A", "B", "B/x"), exclusive: []string{"**"},
			account: config.Account{Protected: patterns("a", "B")},
		},
		"what is declared, and what lies above it": {
			box: newBox("INBOX", "A", "A/b", "A/b/c", "To", "To/b", "Old", "Rest", "Rest/1", "Copies", "Copies/1", "Moves", "Moves/1", "lower"), exclusive: []string{"**"},
			account: config.Account{
				Folders: []*config.Folder{folder("c", "A/b/c"), folder("lower", "lower")},
				Moved:   []*config.Moved{moved("From", "To/b")},
				Removed: []*config.Removed{removed("Gone", func(r *config.Removed) { r.Messages, r.MoveTo = config.RemoveMove, ref("Rest/1") })},
				Rules: []*rules.Rule{
					rule("copy", subject("x"), func(r *rules.Rule) { r.CopyTo = []mailbox.Ref{ref("Copies/1")} }),
					rule("move", subject("y"), moveTo("moves/1")),
				},
			},
			want: "remove Old <>",
		},
		"one that differs from a declared one in letter case only": {
			box: newBox("INBOX", "lists", "Lists"), exclusive: []string{"**"},
			account: config.Account{Folders: []*config.Folder{folder("lists", "Lists")}},
		},
		"a folder with mail": {
			box: withMail(2, newBox("INBOX", "A", "B"), "B"), exclusive: []string{"*"},
			want:  "remove A <>",
			notes: `They stay, although exclusive covers them: "B": 2 messages.`,
		},
		"many folders with mail": {
			box: withMail(1, newBox("INBOX", "A", "A/x", "B", "C", "D", "E", "F"), "A", "A/x", "B", "C", "D", "E", "F"), exclusive: []string{"**"},
			notes: `"A": 1 message, "A/x": 1 message, "B": 1 message, "C": 1 message, "D": 1 message and 2 more.`,
		},
		`mail that somebody has marked \Deleted`: {
			box: func() *box {
				b := newBox("INBOX", "A")
				b.put("A", "x", imap.FlagDeleted)
				return b
			}(), exclusive: []string{"*"},
			account: config.Account{Rules: []*rules.Rule{rule("x", subject("x"), moveTo("INBOX"), "A")}},
			notes:   `"A": 1 message.`,
		},
		"a folder that rules empty": {
			box: withMail(2, newBox("INBOX", "A", "A/x"), "A/x"), exclusive: []string{"**"},
			account: config.Account{Rules: []*rules.Rule{rule("x", subject("x"), moveTo("INBOX"), "A/*")}},
			want: `
file A/x 1 2 move=INBOX <rule.x>
remove A/x <>
remove A <>`,
		},
		"a folder that rules empty in part": {
			box: withMail(2, newBox("INBOX", "A"), "A"), exclusive: []string{"**"},
			account: config.Account{Rules: []*rules.Rule{rule("x", subject("x 0"), moveTo("INBOX"), "A")}},
			want:    `file A 1 move=INBOX <rule.x>`,
			notes:   `"A": 1 message.`,
		},
		"a folder from which mail is copied": {
			box: withMail(1, newBox("INBOX", "A"), "A"), exclusive: []string{"A"},
			account: config.Account{Rules: []*rules.Rule{rule("x", subject("x"), func(r *rules.Rule) { r.CopyTo = []mailbox.Ref{ref("INBOX")} }, "A")}},
			want:    `file A 1 copy=[INBOX] <rule.x>`,
			notes:   `"A": 1 message.`,
		},
		"mail that cannot be read": {
			box: func() *box {
				b := withMail(1, newBox("INBOX", "A"), "A")
				b.withhold = message.Fields("subject")
				return b
			}(), exclusive: []string{"A"},
			account: config.Account{Rules: []*rules.Rule{rule("x", subject("x"), moveTo("INBOX"), "A")}},
			notes:   `"A": 1 message.`,
		},
		"a rule that names a folder that went": {
			box: newBox("INBOX"), exclusive: []string{"Lists/*"},
			account: config.Account{Rules: []*rules.Rule{rule("x", subject("x"), moveTo("INBOX"), "Lists/a")}},
			notes:   `rule.x looks in "Lists/a", which neither exists nor comes to exist; exclusive covers it.`,
		},
		"a folder that nobody may look into": {
			box: newBox("INBOX", "A closed", "B", "B/x closed"), exclusive: []string{"**"},
		},
		"a mere place above others goes with the last of them, and only then": {
			box: newBox("INBOX", "A noselect unsubscribed", "A/x", "B noselect unsubscribed", "C", "C/x noselect unsubscribed"), exclusive: []string{"**"},
			want: `
remove A/x <>
remove A <>`,
		},
		"a folder above a mere place that vanishes": {
			box: newBox("INBOX", "A", "A/b noselect unsubscribed", "A/b/c"), exclusive: []string{"A", "A/b/*"},
			want: `
remove A/b/c <>
remove A <>`,
		},
		"a folder above a mere place that is declared": {
			box: newBox("INBOX", "A", "A/b noselect", "A/b/c"), exclusive: []string{"**"},
			account: config.Account{Folders: []*config.Folder{folder("b", "A/b")}},
			want: `
create A/b <folder.b>
remove A/b/c <>`,
		},
		"a folder above others that the server does not name": {
			box: newBox("INBOX", "A haschildren", "B haschildren", "B/x"), exclusive: []string{"**"},
			want: `
remove B/x <>
remove B <>`,
		},
		"a subscription alone": {
			box: newBox("INBOX", "A ghost"), exclusive: []string{"**"},
		},
		"what moves along into it": {
			box: newBox("INBOX", "News", "News/x"), exclusive: []string{"Lists/**"},
			account: config.Account{Moved: []*config.Moved{moved("News", "Lists/News")}},
			want: `
rename News -> Lists/News children=1 subscribed=[News News/x] <>
remove Lists/News/x <>`,
		},
		"what comes from where all is protected, now and by the next plan": {
			box: newBox("INBOX", "Clients", "Clients/x", "Lists/B", "Lists/B/x", "Lists/B/y"), exclusive: []string{"Lists/**"},
			account: config.Account{
				Moved:     []*config.Moved{moved("Clients", "C"), moved("C", "Lists/C"), moved("Client", "Lists/B")},
				Protected: patterns("Clients", "Client/x*"),
			},
			// Lists/B/x may be what was Client/x.
			want: `
rename Clients -> Lists/C children=1 subscribed=[Clients Clients/x] <>
remove Lists/B/y <>`,
		},
		"what leaves it": {
			box: newBox("INBOX", "Lists", "Lists/x"), exclusive: []string{"Lists", "Lists/**"},
			account: config.Account{Moved: []*config.Moved{moved("Lists/x", "x")}},
			want: `
rename Lists/x -> x children=0 subscribed=[Lists/x] <>
remove Lists <>`,
		},
		"an empty folder whose new name is taken": {
			box: newBox("INBOX", "A", "B"), exclusive: []string{"*"},
			account: config.Account{Moved: []*config.Moved{moved("A", "B")}},
			want:    "remove A <>",
		},
		"what an apply that was cut short has set aside": {
			box: newBox("INBOX", "A (removed by imapform 20261121T120000Z) unsubscribed", "B (removed by imapform 20261121T120000Z) unsubscribed"), exclusive: []string{"A"},
			want: "remove A (removed by imapform 20261121T120000Z) <>",
		},
		"in the longer spelling of its name": {
			box: func() *box {
				b := newBox("INBOX", "Lists", "Lists/a", "Lists/b")
				b.inInbox = true
				return b
			}(), exclusive: []string{"INBOX/Lists/*"},
			account: config.Account{Folders: []*config.Folder{folder("a", "INBOX/Lists/a")}},
			want:    "remove Lists/b <>",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.account.Exclusive, c.account.ExclusiveRange = patterns(c.exclusive...), at(4)
			p, diags := c.box.plan(t, &c.account, config.DefaultPolicy())
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if got, want := describe(p), strings.TrimPrefix(c.want, "\n"); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			for _, step := range p.Steps {
				if op, ok := step.Op.(Remove); ok && step.Because[0].Block == "exclusive" && step.Because[0].Declared != at(4) {
					t.Errorf("%q is removed because of %+v", op.Name, step.Because)
				}
			}
			notes := ""
			for _, n := range p.Notes {
				if !strings.Contains(n.Summary, "left alone") { // that it cannot be read is said apart
					notes += n.Summary + ": " + n.Detail
				}
			}
			if (c.notes == "") != (notes == "") || !strings.Contains(notes, c.notes) {
				t.Errorf("notes %q, want %q", notes, c.notes)
			}
			if len(p.Broken) > 0 {
				t.Errorf("broken rails: %v", p.Broken)
			}
		})
	}
}

// A use that nobody knows is an error.
func TestExclusiveIsTold(t *testing.T) {
	_, diags := newBox("INBOX").plan(t, &config.Account{Exclusive: patterns(mailbox.UseArchive.Token() + "/*")}, config.DefaultPolicy())
	if !diags.HasErrors() || !strings.Contains(diags.Error(), "special.archive is not known") {
		t.Errorf("got %v", diags)
	}
}

// The rail counts what exclusive removes together with what removed blocks do, and no
// folder is asked about: how many messages each holds was told with the listing.
func TestExclusiveRail(t *testing.T) {
	b := newBox("INBOX", "A", "B", "C")
	a := &config.Account{Exclusive: patterns("A", "B"), Removed: []*config.Removed{removed("C")}}
	p, diags := b.plan(t, a, config.Policy{MaxRemovedFolders: 2})
	if diags.HasErrors() || len(p.Broken) != 1 || p.Broken[0].Allow != "max_removed_folders = 3" {
		t.Errorf("got %v, %v", diags, p)
	}
	if got := p.Summary().Destroy; got != 3 {
		t.Errorf("%d to destroy, want 3", got)
	}
	if len(b.asked) > 0 {
		t.Errorf("asked: %v", b.asked)
	}
}

// One warning names folders that nothing declares, where somebody wants to know.
func TestUnmanaged(t *testing.T) {
	for _, c := range []struct {
		folders []string
		account config.Account
		want    string
	}{
		{[]string{"INBOX"}, config.Account{}, ""},
		{[]string{"INBOX", "Bin trash", "Sent", "Archive"}, config.Account{}, ""},
		{[]string{"INBOX", "A", "B noselect", "C ghost", "D closed"}, config.Account{}, `Nothing declares "A", "D".`},
		{
			[]string{"INBOX", "A", "a", "B", "B/c", "B/c/d"},
			config.Account{Folders: []*config.Folder{folder("a", "A"), folder("c", "B/c")}},
			`Nothing declares "B/c/d".`,
		},
		{[]string{"INBOX", "A", "B", "C", "D", "E", "F", "G"}, config.Account{}, `Nothing declares "A", "B", "C", "D", "E" and 2 more.`},
		{
			[]string{"INBOX", "A", "B", "C", "D"},
			config.Account{
				Exclusive: patterns("A"), Removed: []*config.Removed{removed("B")}, Moved: []*config.Moved{moved("C", "E")},
				Rules: []*rules.Rule{rule("x", subject("x"), moveTo("d"))},
			},
			"",
		},
	} {
		for _, warn := range []bool{true, false} {
			account := c.account
			account.WarnUnmanaged, account.Declared = warn, at(2)
			p, diags := newBox(c.folders...).plan(t, &account, config.DefaultPolicy())
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			var got string
			for _, n := range p.Notes {
				if n.Summary == "Folders are not declared" && n.Subject == at(2) {
					got += n.Detail
				}
			}
			want := c.want
			if !warn {
				want = ""
			}
			if (got == "") != (want == "") || !strings.HasPrefix(got, want) {
				t.Errorf("%q, warn %t: got %q, want %q", c.folders, warn, got, want)
			}
		}
	}
}

// Thousands of folders take no time that grows with their square.
func BenchmarkSweep(b *testing.B) {
	names := []string{"INBOX"}
	for i := range 5000 {
		names = append(names, fmt.Sprintf("Lists/%d/%d", i%50, i))
	}
	box := newBox(names...)
	account := &config.Account{Exclusive: patterns("Lists/**"), Protected: patterns("Clients/**", "Lists/7/*"), WarnUnmanaged: true}
	for b.Loop() {
		p, _ := New(account, config.DefaultPolicy(), Listing{Folders: box.folders, Server: "test"}, clock)
		for len(p.Ask()) > 0 {
			b.Fatal("it asks")
		}
		if made, diags := p.Plan(); diags.HasErrors() || len(made.Steps) == 0 {
			b.Fatal(diags)
		}
	}
}

// Names before moved blocks are followed, and no block twice: a folder may have taken
// the place of the one that it lay in.
func TestFormerly(t *testing.T) {
	p := &Planner{account: &config.Account{Moved: []*config.Moved{moved("A/x", "A"), moved("A", "B"), moved("C", "D"), moved("B", "E"), moved("Y", "B/y")}}}
	for name, want := range map[mailbox.Name]string{
		"B":   "[B A A/x]",
		"E/y": "[E/y B/y Y A/y A/x/y]",
		"D/d": "[D/d C/d]",
		"C":   "[C]",
	} {
		if got := fmt.Sprint(p.formerly(name)); got != want {
			t.Errorf("%q was %s, want %s", name, got, want)
		}
	}
}
