package render

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

func markdown(t *testing.T, o MarkdownOptions, plans ...*plan.Plan) string {
	t.Helper()
	var b strings.Builder
	if err := Markdown(&b, plans, o); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	if n := lengthOf(got); n > maxComment {
		t.Fatalf("%d units of UTF-16, %d characters", n, utf8.RuneCountInString(got))
	}
	return got
}

func TestMarkdown(t *testing.T) {
	source := hcl.Range{Filename: "main.imap.hcl", Start: hcl.Pos{Line: 3, Column: 3, Byte: 47}, End: hcl.Pos{Line: 3, Column: 29, Byte: 73}}
	files := map[string]*hcl.File{"main.imap.hcl": {Bytes: []byte("account \"work\" {\n  maildir = \"/var/mail/work\"\n  protected = [\"Clients/**\"]\n}\n")}}
	rails := &plan.Plan{
		Account: "account.work",
		Steps:   []plan.Step{{Op: plan.File{Folder: "Clients/A", Was: "Clients/A", Away: plan.AwayPermanent, Messages: messages(2, nil)}, Because: because("rule.old")}},
		Notes:   []plan.Note{{Summary: "Beware", Detail: "Of this.", Subject: source}},
		Broken: []plan.Broken{
			{Rail: "protected", Of: "account.work", Subject: source, Allow: "protected = []", Detail: `rule.old would delete 2 messages of the protected folder "Clients/A" for good.`},
			{Rail: "max_messages", Of: "rule.old", Allow: "max_messages = 2", Detail: "rule.old changes 2 messages; its own rail allows 1."},
			{Rail: "max_deleted", Allow: "max_deleted = 2", Detail: "The plan deletes 2 messages for good; 1 is allowed."},
			{Rail: "move_then_delete", Detail: "It would."},
		},
	}
	quiet := &plan.Plan{Account: "account.quiet"}
	home := &plan.Plan{Account: "account.home", Steps: everything().Steps[1:2], Broken: rails.Broken[2:3]}
	for _, test := range []struct {
		file  string
		o     MarkdownOptions
		plans []*plan.Plan
	}{
		{"markdown-everything.md", MarkdownOptions{}, []*plan.Plan{everything()}},
		{"markdown-samples.md", MarkdownOptions{Samples: 2}, []*plan.Plan{{Account: "account.work", Steps: everything().Steps[9:10]}}},
		{"markdown-nothing.md", MarkdownOptions{}, []*plan.Plan{quiet}},
		{"markdown-rails.md", MarkdownOptions{Files: files}, []*plan.Plan{rails}},
		{"markdown-accounts.md", MarkdownOptions{
			Key: "mail/home", Missing: []string{"account.down"},
			Hidden: plan.Hidden{Targets: []string{"rule.old"}, Excludes: []string{"folder.*"}, Steps: 3, Messages: 20},
		}, []*plan.Plan{home, quiet, rails}},
	} {
		got := markdown(t, test.o, test.plans...)
		golden(t, test.file, got)
		checkMarkdown(t, got, "")
		for range 5 {
			if again := markdown(t, test.o, test.plans...); again != got {
				t.Errorf("%s: not the same again:\n%s", test.file, cmp.Diff(got, again))
			}
		}
	}
}

// Samples are private: they are there only if they are asked for.
func TestMarkdownIsPrivate(t *testing.T) {
	without, with := markdown(t, MarkdownOptions{}, everything()), markdown(t, MarkdownOptions{Samples: 3}, everything())
	for _, private := range []string{"example.com", "example.org", "weekly", "2026-09-28"} {
		if strings.Contains(without, private) {
			t.Errorf("%q is in\n%s", private, without)
		}
		if !strings.Contains(with, private) {
			t.Errorf("samples were asked for, and %q is not in\n%s", private, with)
		}
	}
}

func TestMarkdownWithoutChanges(t *testing.T) {
	quiet := &plan.Plan{Account: "account.quiet"}
	if got := markdown(t, MarkdownOptions{Missing: []string{"account.a", "account.b", "account.c", "account.d"}}, quiet); strings.Contains(got, "match the configuration") ||
		!strings.Contains(got, "> [!WARNING]\n> 4 of 5 accounts could not be planned and will be left alone: `account.a`, `account.b`, `account.c` and 1 more.\n") {
		t.Errorf("got %s", got)
	}
	if got := markdown(t, MarkdownOptions{Missing: []string{"account.a"}}); !strings.Contains(got, "1 of 1 account could not") {
		t.Errorf("got %s", got)
	}
}

func TestMarkdownFails(t *testing.T) {
	if err := Markdown(failingWriter{}, []*plan.Plan{everything()}, MarkdownOptions{}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
	var b strings.Builder
	err := Markdown(&b, []*plan.Plan{everything()}, MarkdownOptions{Key: strings.Repeat("é", 101)})
	if err == nil || !strings.Contains(err.Error(), "it takes 606 characters, and 200 are allowed") || b.Len() > 0 {
		t.Errorf("got %v and %q", err, b.String())
	}
}

func TestMarker(t *testing.T) {
	for key, want := range map[string]string{
		"":                "<!-- imapform plan -->\n",
		"mail/home":       "<!-- imapform plan mail/home -->\n",
		"a--><b>":         "<!-- imapform plan a--%3E%3Cb%3E -->\n",
		"a\nb é":          "<!-- imapform plan a%0Ab%20%C3%A9 -->\n",
		"--!>":            "<!-- imapform plan --%21%3E -->\n",
		"%3E":             "<!-- imapform plan %253E -->\n",
		"x_y.z-0/ABC-def": "<!-- imapform plan x_y.z-0/ABC-def -->\n",
	} {
		if got, err := Marker(key); err != nil || got != want {
			t.Errorf("Marker(%q) = %q, %v", key, got, err)
		}
	}
}

// large is a plan that no comment can hold.
func large(folders, rules, removed int) *plan.Plan {
	p := &plan.Plan{Account: "account.large"}
	for i := range folders {
		p.Steps = append(p.Steps, plan.Step{Op: plan.Create{Name: mailbox.Name(fmt.Sprintf("Lists/%05d 日本", i))}, Because: because(fmt.Sprintf("folder.f%d", i))})
	}
	for i := range rules {
		p.Steps = append(p.Steps, plan.Step{Because: because(fmt.Sprintf("rule.r%d", i)), Op: plan.File{
			Folder: "INBOX", Away: plan.AwayMove, To: mailbox.Name(fmt.Sprintf("Lists/%05d 日本", i)), Messages: messages(2, nil),
		}})
		p.Broken = append(p.Broken, plan.Broken{Rail: "max_messages", Of: fmt.Sprintf("rule.r%d", i), Detail: fmt.Sprintf("rule.r%d changes 2 messages; its own rail allows 1.", i), Allow: "max_messages = 2"})
		p.Notes = append(p.Notes, plan.Note{Summary: fmt.Sprintf("Beware of rule.r%d", i), Detail: "It is new."})
	}
	for i := range removed {
		p.Steps = append(p.Steps, plan.Step{Op: plan.Remove{Name: mailbox.Name(fmt.Sprintf("Old/%05d 🗑", i))}, Because: []plan.Cause{{Block: "removed", Declared: at(3)}}})
	}
	return p
}

// What is left out is left out in this order: samples, detail, rows, and it is said.
// The summary, what is destroyed and the rails stay.
func TestMarkdownSheds(t *testing.T) {
	const (
		firstRow    = "| `+` | `folder.f0` | created"
		lastRemoved = "| `-` | `folder \"Old/00002 🗑\"` | destroyed"
	)
	for _, test := range []struct {
		name      string
		plan      *plan.Plan
		samples   int
		have, not []string
	}{
		{"all of it", large(20, 20, 3), 2, []string{"digest@example.com", "`rule.r19` |", firstRow}, []string{"left out", "no room"}},
		{"samples go first", withMessages(large(0, 30, 3), 200), 200, []string{"Samples are left out, for which there is no room.\n", "`rule.r29` |", "  # rule.r29"}, []string{"digest@example.com", "more resource"}},
		{"then detail", large(400, 0, 3), 2, []string{"  # folder.f0 ", "more resources have no room here.\n", "`folder.f399` |", firstRow, lastRemoved}, []string{"  # folder.f399 ", "of which"}},
		{"then rows", large(10_000, 0, 3), 2, []string{"more resources have no room here.\n", firstRow, lastRemoved}, []string{"```", "of which", "folder.f9999"}},
		{"everything is large", large(10_000, 2000, 200), 3, []string{
			"**Plan: 10000 to add, 2000 to change, 200 to destroy. Messages: 4000 to move.**", "> [!CAUTION]\n> - **200 folders will be destroyed:** `\"Old/00000 🗑\"`",
			"**The plan breaks 2000 rails and cannot be applied:**", "more rails\n", "`folder \"Old/00199 🗑\"` |", firstRow, "more resources have no room here.\n",
		}, []string{"<details>", "of which"}},
		{"names that grow", withNames(large(300, 0, 0), strings.Repeat("`", 60)), 0, []string{"more resources have no room here.\n", `\u0060\u0060`}, []string{"````"}},
		{"more is destroyed than there is room for", large(10, 0, 10_000), 0, []string{
			"**Plan: 10 to add, 0 to change, 10000 to destroy.**", "**10000 folders will be destroyed:**", " will be destroyed.\n", ", of which ", lastRemoved,
		}, []string{firstRow}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := markdown(t, MarkdownOptions{Samples: test.samples}, test.plan)
			checkMarkdown(t, got, "")
			for _, text := range test.have {
				if !strings.Contains(got, text) {
					t.Errorf("no %q in %d units:\n%.3000s", text, lengthOf(got), got)
				}
			}
			for _, text := range test.not {
				if strings.Contains(got, text) {
					t.Errorf("%q is in\n%.3000s", text, got)
				}
			}
			if n := lengthOf(got); strings.Contains(got, "more resources have no room") && n < maxComment*9/10 {
				t.Errorf("there is room for more: %d units", n)
			}
		})
	}
}

// withNames gives the folders that a plan creates longer names.
func withNames(p *plan.Plan, more string) *plan.Plan {
	for i, step := range p.Steps {
		if op, ok := step.Op.(plan.Create); ok {
			op.Name += mailbox.Name(more)
			p.Steps[i].Op = op
		}
	}
	return p
}

// withMessages gives each of a plan's rules so many messages.
func withMessages(p *plan.Plan, n int) *plan.Plan {
	for i, step := range p.Steps {
		if op, ok := step.Op.(plan.File); ok {
			op.Messages = messages(n, nil)
			p.Steps[i].Op = op
		}
	}
	return p
}

func TestCut(t *testing.T) {
	for _, test := range []struct {
		text safe
		most int
		want safe
	}{
		{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"🗑🗑", 4, "🗑🗑"}, {"🗑🗑", 3, "🗑…"}, {"🗑🗑", 2, "…"}, {"éé", 1, "…"},
	} {
		if got := cut(test.text, test.most); got != test.want || lengthOf(string(got)) > test.most {
			t.Errorf("cut(%q, %d) = %q", test.text, test.most, got)
		}
	}
}

func TestCode(t *testing.T) {
	for text, want := range map[safe]string{
		"INBOX": "`INBOX`", "": "`\"\"`", "  ": "`\"\"`", "a`b": "`a\\u0060b`", "a|b": "`a\\u007cb`", `a\`: "`a\\`", "</details>@team": "`</details>@team`", "abcdefghijklmnopq": "`abcdefghijklmno…`",
	} {
		if got := code(text, 16); got != want {
			t.Errorf("code(%q) = %s, want %s", text, got, want)
		}
	}
}

// No line of a block can end it, whatever a diagnostic quotes.
func TestFenced(t *testing.T) {
	got := fenced("text", "a\n```\n~~~\n`````\n``")
	if want := "```text\na\n\\u0060\\u0060\\u0060\n~~~\n\\u0060\\u0060\\u0060``\n``\n```\n"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestFit(t *testing.T) {
	left := func(n int) string { return fmt.Sprintf("+%d", n) }
	items := []string{"aaa", "b", "🗑"}
	for room, want := range map[int]string{6: "aaab🗑", 5: "aaa+2", 4: "+3", 0: "+3"} {
		if got := fit(items, room, left); got != want {
			t.Errorf("in a room of %d: %q", room, got)
		}
	}
	if got := fit(nil, 0, left); got != "" {
		t.Errorf("of nothing: %q", got)
	}
}

func TestDiffLine(t *testing.T) {
	for line, want := range map[string]string{
		"  # rule.x will be created\n":  "  # rule.x will be created\n",
		"  + folder \"x\" {\n":          "+   folder \"x\" {\n",
		"      ~ name = \"a\" -> \"b\"": "!       name = \"a\" -> \"b\"",
		"      - messages = 4 -> null":  "-       messages = 4 -> null",
		"        name = \"x\"":          "        name = \"x\"",
		"    }\n":                       "    }\n",
		"":                              "", "+": "+", "  +": "  +", "+ x": "+ x", "  ++ x": "  ++ x",
	} {
		if got := diffLine(line); got != want {
			t.Errorf("diffLine(%q) = %q, want %q", line, got, want)
		}
	}
}
