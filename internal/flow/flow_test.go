package flow

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func because(addresses ...string) []plan.Cause {
	var causes []plan.Cause
	for _, a := range addresses {
		causes = append(causes, plan.Cause{Address: a})
	}
	return causes
}

// messages are n messages, so many of which are flagged.
func messages(n, flagged int) []plan.Message {
	all := make([]plan.Message, n)
	for i := range all {
		all[i].UID = imap.UID(i + 1)
		if i < flagged {
			all[i].Add = mailbox.NewFlags(imap.FlagSeen)
		}
	}
	return all
}

func everything() *plan.Plan {
	removed := []plan.Cause{{Block: "removed"}}
	return &plan.Plan{Account: "account.work", Steps: []plan.Step{
		{Op: plan.Rename{From: "News", To: "aside"}},
		{Op: plan.Rename{From: "aside", To: "Lists/News"}},
		{Op: plan.Create{Name: "Archive"}, Because: because("folder.archive")},
		{Op: plan.Set{Name: "Drafts", Subscribed: true}},
		{Op: plan.File{Folder: "Lists/News", Copies: []mailbox.Name{"Archive", "Old"}, Messages: messages(3, 0)}, Because: because("rule.copy")},
		{Op: plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "Lists/News", Messages: messages(36, 12)}, Because: because("rule.news")},
		{Op: plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "Lists/News", Messages: messages(4, 0)}, Because: because("rule.news")},
		{Op: plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "Archive", Messages: messages(5, 0)}, Because: because("rule.news", "rule.old", "rule.news")},
		{Op: plan.File{Folder: "INBOX", Away: plan.AwayMove, To: "Trash", Trash: true, Messages: messages(1, 0)}, Because: because("rule.throw")},
		{Op: plan.File{Folder: "INBOX", Messages: messages(2, 2)}, Because: because("rule.calm")},
		{Op: plan.File{Folder: "Trash", Away: plan.AwayPermanent, Messages: messages(2, 0)}, Because: because(`rule.empty["trash"]`)},
		{Op: plan.File{Folder: "Old/2019", Away: plan.AwayMove, To: "Archive", Messages: messages(4, 0)}, Because: removed},
		{Op: plan.Remove{Name: "Old/2019"}, Because: removed},
	}}
}

func TestOf(t *testing.T) {
	got := Of([]*plan.Plan{{Account: "account.quiet"}, everything()})
	nodes := []Node{
		{Name: "Archive", Fate: FateCreate}, {Name: "INBOX"}, {Name: "Lists/News", Fate: FateRename, Was: "News"},
		{Name: "Old"}, {Name: "Old/2019", Fate: FateRemove}, {Name: "Trash"}, {Deleted: true},
	}
	edges := []Edge{
		{1, 0, KindMove, []string{"rule.news", "rule.old"}, 5, 0},
		{1, 1, KindFlag, []string{"rule.calm"}, 2, 2},
		{1, 2, KindMove, []string{"rule.news"}, 40, 12},
		{1, 5, KindTrash, []string{"rule.throw"}, 1, 0},
		{2, 0, KindCopy, []string{"rule.copy"}, 3, 0},
		{2, 3, KindCopy, []string{"rule.copy"}, 3, 0},
		{4, 0, KindMove, nil, 4, 0},
		{5, 6, KindDelete, []string{`rule.empty["trash"]`}, 2, 0},
	}
	if diff := cmp.Diff(Graph{[]Account{{"account.work", nodes, edges}}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for range 20 {
		if again := Of([]*plan.Plan{everything()}); !reflect.DeepEqual(again, got) {
			t.Fatalf("another time: %v", again)
		}
	}
}

func TestWritten(t *testing.T) {
	one, two := everything(), everything()
	two.Account, two.Steps = `account.staff["ada"]`, two.Steps[5:6]
	golden(t, "everything.mmd", Of([]*plan.Plan{one}).Mermaid())
	golden(t, "everything.dot", Of([]*plan.Plan{one}).DOT())
	golden(t, "accounts.mmd", Of([]*plan.Plan{one, two}).Mermaid())
	golden(t, "accounts.dot", Of([]*plan.Plan{one, two}).DOT())
}

func TestReadable(t *testing.T) {
	created := func(n int) []*plan.Plan {
		p := &plan.Plan{Account: "account.w"}
		for i := range n {
			p.Steps = append(p.Steps, plan.Step{Op: plan.Create{Name: mailbox.Name(fmt.Sprintf("F%d", i))}})
		}
		return []*plan.Plan{p}
	}
	moved := func(n int) []*plan.Plan {
		p := &plan.Plan{Account: "account.w"}
		for i := range n {
			p.Steps = append(p.Steps, plan.Step{Op: plan.File{Folder: "A", To: "B", Away: plan.AwayMove, Messages: messages(1, 0)}, Because: because(fmt.Sprintf("rule.r%d", i))})
		}
		return []*plan.Plan{p}
	}
	for _, test := range []struct {
		name            string
		plans           []*plan.Plan
		readable, empty bool
	}{
		{"nothing", nil, true, true},
		{"no changes", created(0), true, true},
		{"folders", created(mostNodes), true, true},
		{"too many folders", created(mostNodes + 1), false, true},
		{"edges", moved(mostEdges), true, false},
		{"too many edges", moved(mostEdges + 1), false, false},
	} {
		if g := Of(test.plans); g.Readable() != test.readable || g.Empty() != test.empty {
			t.Errorf("%s: readable %t, empty %t", test.name, g.Readable(), g.Empty())
		}
	}
}

// mermaidLine and dotLine are all that a line of a picture may be.
var (
	mermaidLine = regexp.MustCompile(`^(flowchart LR` +
		`|  subgraph a\d+\["` + entityText + `"\]` +
		`|  end` +
		`| +n\d+_\d+(\["(` + entityText + `|<br>)+"\]|\(\["deleted for good"\]\))(:::\w+)?` +
		`|  n\d+_\d+ (-->|-\.->|==>)\|"(` + entityText + `|<br>)+"\| n\d+_\d+` +
		`|  classDef \w+ stroke:#[0-9a-f]{6}[\w:,-]*)$`)
	dotLine = regexp.MustCompile(`^(digraph imapform \{|  rankdir=LR|  node \[shape=box\]|\}|  \}` +
		`|  subgraph cluster_\d+ \{|    label=` + dotString +
		`| +n\d+_\d+( -> n\d+_\d+)? \[label=` + dotString + `(, \w+=\w+)*\])$`)
)

const (
	entityText = `(?:[\p{L}\p{M}\p{Nd} ./_,-]|#[0-9]+;)*`
	dotString  = `"(?:[^"\\&\p{C}]|\\\\|\\"|\\n|&amp;)*"`
)

// checkPicture fails if a name became anything but text.
func checkPicture(t *testing.T, g Graph) {
	t.Helper()
	for text, line := range map[string]*regexp.Regexp{g.Mermaid(): mermaidLine, g.DOT(): dotLine} {
		for got := range strings.Lines(text) {
			if !line.MatchString(strings.TrimSuffix(got, "\n")) || !visibleText(got) {
				t.Fatalf("a name broke out:\n%s\nin\n%s", got, text)
			}
		}
	}
}

func visibleText(line string) bool {
	for _, r := range strings.TrimSuffix(line, "\n") {
		if !visible(r) {
			return false
		}
	}
	return true
}

// hostile is a plan in which every name is the one given.
func hostile(name string) []*plan.Plan {
	p, other := everything(), everything()
	evil := mailbox.Name(name)
	for i, step := range p.Steps {
		switch op := step.Op.(type) {
		case plan.Rename:
			op.From, op.To = evil, evil
			p.Steps[i].Op = op
		case plan.Create:
			op.Name = evil
			p.Steps[i].Op = op
		case plan.File:
			op.Folder, op.To, op.Copies = evil, evil+"2", []mailbox.Name{evil + "3"}
			p.Steps[i].Op = op
		case plan.Remove:
			op.Name = evil + "2"
			p.Steps[i].Op = op
		}
		for j := range step.Because {
			step.Because[j].Address = name
		}
	}
	p.Account = name
	return []*plan.Plan{p, other}
}

var hostileNames = []string{
	`"`, `"]`, `"];n0_0-->n1`, "a\nb", "a\r\nclick n0_0 href \"https://example.com\"", "`a`", "```", "%%{init: {}}%%", "%% comment",
	"<script>alert(1)</script>", "<br>", "&lt;", "#quot;", "#35;", ";", "end", "subgraph x", "$$x$$", "fa:fa-ban", "style: x#1;", "classDef:#x;",
	"a\u202eb", "a\u200bb", "\u3164", "\u2800", "\x1b[31m", "\xff\xfe", `\`, `\"`, `\N`, `\n`, "}", "]]", "a|b", "@team", "日本", "ｆ", "ﬂ°°60¶ß",
	strings.Repeat("x", 5000), strings.Repeat(`"`, 5000), "",
}

// What is cut or hidden can still be told from what is not.
func TestNamesAreShown(t *testing.T) {
	got := Of(hostile("a\u202eb" + strings.Repeat("x", 99))).DOT()
	if !strings.Contains(got, `a\\u202eb`) || !strings.Contains(got, "xx…") {
		t.Errorf("got %s", got)
	}
}

// Nothing can be broken out of, whatever things are called.
func FuzzNamesAreText(f *testing.F) {
	for _, name := range hostileNames {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) { checkPicture(t, Of(hostile(name))) })
}
