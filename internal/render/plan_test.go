package render

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

func at(line int) hcl.Range {
	return hcl.Range{Filename: "main.imap.hcl", Start: hcl.Pos{Line: line, Column: 1}, End: hcl.Pos{Line: line, Column: 8}}
}

func because(addresses ...string) []plan.Cause {
	var causes []plan.Cause
	for i, a := range addresses {
		causes = append(causes, plan.Cause{Address: a, Declared: at(10 + i)})
	}
	return causes
}

// messages are n messages of 64 KiB, the first one the newest; every third lacks
// the flags.
func messages(n int, add mailbox.Flags) []plan.Message {
	newest := time.Date(2026, 9, 28, 7, 0, 0, 0, time.UTC)
	var all []plan.Message
	for i := range n {
		m := plan.Message{
			UID:      imap.UID(100 + i),
			Identity: plan.Identity{Size: 64 << 10, Received: newest.AddDate(0, 0, -i)},
			From:     "digest@example.com",
			Subject:  "Your weekly digest",
		}
		if i%2 == 1 {
			m.From, m.Subject = "news@example.org", "Top \"stories\""
		}
		if i%3 == 0 {
			m.Add = add
		}
		all = append(all, m)
	}
	return all
}

// everything is a plan that holds every operation.
func everything() *plan.Plan {
	seen := mailbox.NewFlags(imap.FlagSeen)
	unflagged := messages(2, nil)
	for i := range unflagged {
		unflagged[i].Remove = mailbox.NewFlags(imap.FlagFlagged)
	}
	return &plan.Plan{
		Account: "account.work",
		Steps: []plan.Step{
			{Op: plan.Rename{From: "Lists/News", To: "Lists/Newsletters", Children: 2, Messages: 214}, Because: append(because("folder.newsletters"), plan.Cause{Block: "moved", Declared: at(30)})},
			{Op: plan.Create{Name: "Lists/golang"}, Because: because(`folder.list["golang"]`)},
			{Op: plan.Create{Name: "Archive", Use: mailbox.UseArchive}, Because: because("folder.archive")},
			{Op: plan.Create{Name: "Archive/2024"}, Because: because("rule.old", "rule.notes")},
			{Op: plan.Set{Name: "Lists/golang", Subscribed: true, Created: true}, Because: because(`folder.list["golang"]`)},
			{Op: plan.Set{Name: "Lists/Newsletters", Subscribed: true}, Because: because("folder.newsletters")},
			{Op: plan.Set{Name: "Drafts", Subscribed: false}, Because: because("folder.drafts")},
			{Op: plan.Set{Name: "Newsletters", Subscribed: false}, Because: []plan.Cause{{Block: "moved", Declared: at(30)}}},
			{Op: plan.File{Folder: "Lists/Newsletters", Was: "Lists/News", Copies: []mailbox.Name{"Archive/2024", "Archive"}, Messages: messages(3, nil)}, Because: because("rule.notes")},
			{Op: plan.File{Folder: "INBOX", Was: "INBOX", Away: plan.AwayMove, To: "Lists/Newsletters", Add: seen, Messages: messages(36, seen)}, Because: because("rule.newsletters")},
			{Op: plan.File{Folder: "INBOX", Was: "INBOX", Away: plan.AwayMove, To: "Archive/2024", Messages: messages(5, nil)}, Because: because("rule.newsletters", "rule.old")},
			{Op: plan.File{Folder: "INBOX", Was: "INBOX", Away: plan.AwayMove, To: "Trash", Trash: true, Messages: messages(1, nil)}, Because: because("rule.throw")},
			{Op: plan.File{Folder: "INBOX", Was: "INBOX", Remove: mailbox.NewFlags(imap.FlagFlagged), Messages: unflagged}, Because: because("rule.calm")},
			{Op: plan.File{Folder: "Trash", Was: "Trash", Away: plan.AwayPermanent, Messages: messages(2, nil)}, Because: because(`rule.empty["trash"]`)},
			{Op: plan.File{Folder: "Old/2019", Was: "Old/2019", Away: plan.AwayMove, To: "Archive/2024", Messages: messages(4, nil)}, Because: []plan.Cause{{Block: "removed", Declared: at(41)}}},
			{Op: plan.Remove{Name: "Old/2019", Messages: 4, Subscribed: true}, Because: []plan.Cause{{Block: "removed", Declared: at(41)}}},
			{Op: plan.Remove{Name: "Lists/empty"}, Because: []plan.Cause{{Block: "removed", Declared: at(44)}}},
		},
		Matched: []plan.Matched{
			{Rule: "rule.notes", Folder: "Lists/News", Looked: 214, Messages: 3},
			{Rule: "rule.newsletters", Folder: "INBOX", Looked: 1204, Messages: 47, Left: []plan.Left{{Reason: "no value for move_to", Messages: 6}}},
			{Rule: "rule.old", Folder: "INBOX", Looked: 1204, Messages: 5},
			{Rule: "rule.old", Folder: "Sent", Looked: 3000, Messages: 0},
			{Rule: "rule.idle", Folder: "INBOX", Looked: 1204, Messages: 2, Left: []plan.Left{{Reason: "its match cannot be told", Messages: 2}}},
		},
		Notes:  []plan.Note{{Summary: "A rule takes every message", Detail: "rule.calm holds for all of the 30 messages in \"INBOX\".", Subject: at(2)}},
		Broken: []plan.Broken{{Rail: "max_deleted", Detail: "It deletes 2 messages for good; 1 is allowed.", Allow: "max_deleted = 2"}},
	}
}

func written(t *testing.T, o Options, plans ...*plan.Plan) string {
	t.Helper()
	var b strings.Builder
	if err := Plan(&b, plans, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPlanWithEveryOperation(t *testing.T) {
	golden(t, "everything.txt", written(t, Options{}, everything()))
	golden(t, "everything-terminal.txt", written(t, Options{Color: true, Width: 80, Samples: 3}, everything()))
}

func TestPlanOfSeveralAccounts(t *testing.T) {
	one := &plan.Plan{Account: "account.home", Steps: everything().Steps[1:2]}
	two := &plan.Plan{Account: "account.work", Steps: everything().Steps[9:10]}
	none := &plan.Plan{Account: "account.quiet"}
	golden(t, "accounts.txt", written(t, Options{}, one, none, two))
}

// Many accounts without changes are one line, those with changes are whole.
func TestPlanOfManyAccounts(t *testing.T) {
	one := &plan.Plan{Account: "account.home", Steps: everything().Steps[1:2]}
	plans := []*plan.Plan{one}
	for i := range 97 {
		plans = append(plans, &plan.Plan{Account: fmt.Sprintf("account.staff[\"%d\"]", i)})
	}
	got := written(t, Options{Missing: []string{"account.a", "account.b", "account.c", "account.\x1b", "account.e"}}, plans...)
	want := "    }\n\n97 accounts: no changes.\n\nPlan: 1 to add, 0 to change, 0 to destroy.\n" +
		"5 of 103 accounts could not be planned and will be left alone: account.a, account.b, account.c and 2 more.\n"
	if !strings.HasSuffix(got, want) || strings.Contains(got, "account.staff") {
		t.Errorf("got %s", got)
	}
	if got, want := written(t, Options{}, plans[1:]...), "No changes. Your mailboxes match the configuration.\n"; got != want {
		t.Errorf("without changes: got %s", got)
	}
	want = "97 accounts: no changes.\n\n1 of 98 accounts could not be planned and will be left alone: account.a.\n"
	if got := written(t, Options{Missing: []string{"account.a"}}, plans[1:]...); got != want {
		t.Errorf("without changes, one missing: got %s", got)
	}
	if got := written(t, Options{}, plans[:4]...); !strings.Contains(got, "No changes in account.staff[\"2\"].") {
		t.Errorf("a few without changes are not named:\n%s", got)
	}
}

// What is the same in many accounts is told once, with where it is; the worst comes
// last.
func TestPlanTellsOnceWhatAccountsShare(t *testing.T) {
	var plans []*plan.Plan
	for i := range 50 {
		plans = append(plans, &plan.Plan{
			Account: fmt.Sprintf("account.a%d", i),
			Notes:   []plan.Note{{Summary: "Beware", Detail: "Of this.", Subject: at(3)}},
			Broken:  []plan.Broken{{Rail: "max_deleted", Detail: fmt.Sprintf("It deletes %d.", 7+i/49)}},
		})
	}
	plans[7].Notes[0].Subject = at(4)
	got := written(t, Options{}, plans...)
	for _, want := range []string{
		"│ Of this.\n│\n│ This is in account.a0, account.a1, account.a2 and 46 more.\n",
		"│ Of this.\n│\n│ This is in account.a7.\n",
		"│ Error: The plan for account.a0 breaks the rail max_deleted\n│\n│ It deletes 7.\n│\n│ It is the same in account.a1, account.a2, account.a3 and 45 more.\n",
		"│ Error: The plan for account.a49 breaks the rail max_deleted\n│\n│ It deletes 8.\n╵\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q", want)
		}
	}
	if n := strings.Count(got, "╷"); n != 4 || strings.LastIndex(got, "Warning:") > strings.Index(got, "Error:") {
		t.Errorf("%d problems:\n%s", n, got)
	}
}

func TestPlanWithoutChanges(t *testing.T) {
	got := written(t, Options{}, &plan.Plan{Account: "account.work"})
	if want := "No changes. Your mailboxes match the configuration.\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := written(t, Options{}, &plan.Plan{Account: "account.a"}, &plan.Plan{Account: "account.b"}), "No changes. Your mailboxes match the configuration.\n"; got != want {
		t.Errorf("of two accounts: got %q, want %q", got, want)
	}
	// Of an account that is not there nothing is known.
	if got := written(t, Options{Missing: []string{"account.down"}}, &plan.Plan{Account: "account.work"}); got != "No changes in account.work.\n\n1 of 2 accounts could not be planned and will be left alone: account.down.\n" {
		t.Errorf("with one account missing: got %q", got)
	}
	noted := &plan.Plan{Account: "account.work", Notes: []plan.Note{{Summary: "Beware"}}}
	if got := written(t, Options{}, noted); !strings.Contains(got, "Warning: Beware") || !strings.Contains(got, "No changes.") {
		t.Errorf("a note of a plan without steps is lost:\n%s", got)
	}
}

// What the summary counts is what is shown: as many blocks as resources.
func TestPlanShowsWhatItCounts(t *testing.T) {
	checkCounts(t, everything())
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		checkCounts(t, randomPlan(random))
	}
}

// randomPlan is a plan whose folders and rules overlap in any way.
func randomPlan(random *rand.Rand) *plan.Plan {
	pick := func(words ...string) string { return words[random.IntN(len(words))] }
	name := func() mailbox.Name { return mailbox.Name(pick("A", "B", "C", "A/x", "B/x")) }
	p := &plan.Plan{Account: "account.work"}
	made := map[mailbox.Name]bool{}
	for range random.IntN(4) {
		folder := name()
		if made[folder] {
			continue
		}
		made[folder] = true
		step := plan.Step{Because: because(pick("folder.a", "folder.b", "rule.a"))}
		switch random.IntN(3) {
		case 0:
			step.Op = plan.Create{Name: folder}
			p.Steps = append(p.Steps, step)
			step.Op = plan.Set{Name: folder, Subscribed: true, Created: true}
		case 1:
			step.Op = plan.Rename{From: "old/" + folder, To: folder}
		case 2:
			step.Op = plan.Set{Name: folder}
		}
		p.Steps = append(p.Steps, step)
	}
	for range random.IntN(6) {
		causes := because(pick("rule.a", "rule.b", "rule.c"))
		for range random.IntN(3) {
			causes = append(causes, because(pick("rule.a", "rule.b", "rule.c"))...)
		}
		p.Steps = append(p.Steps, plan.Step{Because: causes, Op: plan.File{
			Folder: name(), To: name(), Away: plan.Away(random.IntN(3)), Trash: random.IntN(2) == 0, Messages: messages(1+random.IntN(4), nil),
		}})
	}
	for _, folder := range []mailbox.Name{"X", "Y"} {
		if random.IntN(2) == 0 {
			p.Steps = append(p.Steps, plan.Step{Op: plan.Remove{Name: folder}, Because: []plan.Cause{{Block: "removed", Declared: at(3)}}})
		}
	}
	return p
}

func checkCounts(t *testing.T, p *plan.Plan) {
	t.Helper()
	counts := map[action]int{}
	for _, b := range blocksOf(p, Options{}) {
		counts[b.action]++
	}
	s := p.Summary()
	if counts[actionCreate] != s.Add || counts[actionUpdate] != s.Change || counts[actionDelete] != s.Destroy {
		t.Fatalf("%v blocks are shown, and counted are %s", counts, s)
	}
}

func TestPlanShowsNothingRaw(t *testing.T) {
	evil := "a\x1b[2J\u202eb\u200bc\xff\r\nPlan: 0 to add"
	p := everything()
	p.Account = evil
	for i, step := range p.Steps {
		if op, ok := step.Op.(plan.File); ok {
			op.Folder, op.To = mailbox.Name(evil), mailbox.Name(evil)
			op.Copies = []mailbox.Name{mailbox.Name(evil)}
			for j := range op.Messages {
				op.Messages[j].From, op.Messages[j].Subject = evil, evil
				op.Messages[j].Add = mailbox.Flags{imap.Flag(evil)}
			}
			p.Steps[i].Op = op
		}
	}
	p.Steps = append(p.Steps, plan.Step{Op: plan.Create{Name: mailbox.Name(evil)}, Because: because(evil)},
		plan.Step{Op: plan.Rename{From: mailbox.Name(evil), To: "x"}}, plan.Step{Op: plan.Remove{Name: mailbox.Name(evil + "x")}})
	p.Matched[1].Left[0].Reason = evil
	p.Notes = append(p.Notes, plan.Note{Summary: evil, Detail: evil})
	p.Broken[0].Detail = evil
	got := written(t, Options{Samples: 5, Missing: []string{evil}}, p)
	for _, r := range got {
		if r != '\n' && hidden(r) {
			t.Fatalf("%U is written", r)
		}
	}
	if strings.Contains(got, "\nPlan: 0 to add") {
		t.Error("a stranger's line stands in the plan")
	}
}

// A failing writer is an error.
func TestPlanTellsOfAFailingWriter(t *testing.T) {
	if err := Plan(failingWriter{}, []*plan.Plan{everything()}, Options{}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

var errFull = errors.New("no space left")

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errFull }

// A key may look like the address of a folder block.
func TestFolderNeededByARuleWithAKey(t *testing.T) {
	got := written(t, Options{}, &plan.Plan{Account: "account.w", Steps: []plan.Step{
		{Op: plan.Create{Name: "Lists"}, Because: because(`rule.list["x.folder.y"]`)},
	}})
	if !strings.Contains(got, `# folder "Lists" will be created`) || !strings.Contains(got, `needed by rule.list["x.folder.y"]`) {
		t.Errorf("got %s", got)
	}
}

// A line of a sample that wraps cannot be read.
func TestSamplesFitTheWidth(t *testing.T) {
	subjects := []string{"", "short", strings.Repeat("Range over function types ", 9), strings.Repeat(`"\`, 60), strings.Repeat("日本", 60), strings.Repeat("\u202e", 60)}
	senders := []string{"a@example.com", strings.Repeat("long", 20) + "@example.com", strings.Repeat("語", 40)}
	for _, width := range []int{30, 40, 80, 81, 120} {
		for _, sender := range senders {
			all := messages(len(subjects), nil)
			for i := range all {
				all[i].From, all[i].Subject = sender, subjects[i]
			}
			p := &plan.Plan{Account: "account.w", Steps: []plan.Step{{
				Op:      plan.File{Folder: "INBOX", To: "L", Away: plan.AwayMove, Messages: all},
				Because: because("rule.list"),
			}}}
			got := written(t, Options{Width: width, Samples: len(all)}, p)
			shown := 0
			for line := range strings.Lines(got) {
				if !strings.HasPrefix(line, "      ~ 2026-") {
					continue
				}
				shown++
				if n := columns(safe(strings.TrimSuffix(line, "\n"))); n > width {
					t.Errorf("%d columns of %d: %s", n, width, line)
				}
			}
			if shown != len(all) {
				t.Errorf("%d samples are shown:\n%s", shown, got)
			}
			if width == 80 && !strings.Contains(got, `"Range over function`) {
				t.Errorf("little is left of the subject:\n%s", got)
			}
		}
	}
}

// What would allow a plan is shown as it is to be written.
func TestBrokenRailSaysWhereItIsAllowed(t *testing.T) {
	for _, test := range []struct {
		of, want string
	}{
		{"", "the policy block has to allow it:\n│     policy { max_messages = 12000 }\n"},
		{"rule.x", "the rule has to allow it:\n│     max_messages = 12000\n"},
		{"account.w", "the account has to allow it:\n│     max_messages = 12000\n"},
	} {
		broken := plan.Broken{Rail: "max_messages", Of: test.of, Detail: "The plan changes 12000 messages.", Allow: "max_messages = 12000"}
		if got := written(t, Options{}, &plan.Plan{Account: "account.w", Broken: []plan.Broken{broken}}); !strings.Contains(got, test.want) {
			t.Errorf("no %q:\n%s", test.want, got)
		}
	}
}

// A folder that exclusive removes says so, and what is protected shows the argument
// that protects it.
func TestProtectedAndExclusive(t *testing.T) {
	source := hcl.Range{Filename: "main.imap.hcl", Start: hcl.Pos{Line: 3, Column: 3, Byte: 47}, End: hcl.Pos{Line: 3, Column: 29, Byte: 73}}
	p := &plan.Plan{
		Account: "account.work",
		Steps: []plan.Step{
			{Op: plan.File{Folder: "Clients/A", Was: "Clients/A", Away: plan.AwayPermanent, Messages: messages(2, nil)}, Because: because("rule.old")},
			{Op: plan.Remove{Name: "Lists/dead", Subscribed: true}, Because: []plan.Cause{{Block: "exclusive", Declared: at(4)}}},
		},
		Matched: []plan.Matched{{Rule: "rule.old", Folder: "Clients/A", Looked: 9, Messages: 2}},
		Broken: []plan.Broken{{
			Rail: "protected", Of: "account.work", Subject: source, Allow: "protected = []",
			Detail: `rule.old would delete 2 messages of the protected folder "Clients/A" for good.`,
		}},
	}
	files := map[string]*hcl.File{"main.imap.hcl": {Bytes: []byte("account \"work\" {\n  maildir = \"/var/mail/work\"\n  protected = [\"Clients/**\"]\n  exclusive = [\"Lists/*\"]\n}\n")}}
	golden(t, "protected.txt", written(t, Options{Files: files}, p))
}
