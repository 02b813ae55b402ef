package render

import (
	"regexp"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// What a comment may hold outside of code, line by line: what this package writes, with
// C for a code span.
var markdownLine = regexp.MustCompile(`^(` + strings.Join([]string{
	``,
	`<!-- imapform plan( [A-Za-z0-9._/%-]+)? -->`,
	`\*\*Plan: \d+ to add, \d+ to change, \d+ to destroy\.( Messages: (\d+ to \w+(, )?)+\.)?\*\*`,
	`\*\*No changes(\.\*\* Your mailboxes match the configuration\.|\*\* are known of\.)`,
	`Configuration: C`,
	`> \[!(NOTE|WARNING|CAUTION)\]`,
	`> This is a part of the plan: \d+ steps? with \d+ messages? are left out because of ` + listed + `\.`,
	`> The plan was made with ` + listed + `, which hides nothing of the whole plan\.`,
	`> \d+ of \d+ accounts? could not be planned and will be left alone: ` + listed + `\.`,
	`> - \*\*\d+ folders? will be destroyed:\*\* ` + listed,
	`> - \*\*\d+ messages? will be deleted for good\*\*( by ` + listed + `)?`,
	`> - \*\*The plan breaks \d+ rails? and cannot be applied:\*\*`,
	`>   - C: C( This is in ` + listed + `\.)?( See C\.)?( If that is what you want, the (rule|account|policy block) has to allow it: C)?`,
	`>   - and \d+ more rails?`,
	`\|  \|( Account \|)? Resource \| Change \|`,
	`\|---\|(---\|)?---\|---\|`,
	"\\| C \\|( C \\|)? C \\| (created|destroyed|updated in-place|applied to \\d+ messages?|undone)(<br>C)*(<br>and \\d+ more)? \\|",
	`\d+ more \w+ (has|have) no room here(, of which \d+ will be destroyed)?\.`,
	`<details>`, `</details>`,
	`<summary>(The plan|Warnings|Where mail flows)</summary>`,
	`The picture of where mail flows is left out: (there is no room for it|with \d+ folders? and \d+ ways? between them nothing could be seen)\. C writes it\.`,
	`Samples are left out, for which there is no room\.`,
}, `|`) + `)$`)

const listed = `C((, C)*( and (C|\d+ more))?)?`

var codeSpan = regexp.MustCompile("`[^`]+`")

// checkMarkdown reads a comment as GitHub does, as far as it goes, and fails if
// anything is there that this package does not write itself. The token, if any, is a
// part of every hostile name: it must be in code only.
func checkMarkdown(t *testing.T, text, token string) {
	t.Helper()
	fence, folds := "", 0
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range lines {
		fail := func(why string) { t.Fatalf("line %d: %s: %q\nin\n%.4000s", i+1, why, line, text) }
		for _, r := range line {
			if hidden(r) {
				fail("something is hidden")
			}
		}
		opens := strings.HasPrefix(strings.TrimLeft(line, " "), "```")
		switch {
		case fence != "" && line == "```":
			fence = ""
			if i+1 >= len(lines) || lines[i+1] != "" {
				fail("a block is followed by no empty line")
			}
		case fence != "" && opens:
			fail("a block could be ended by what is in it")
		case fence != "":
		case opens:
			if fence = line; fence != "```diff" && fence != "```text" && fence != "```mermaid" || folds != 1 || lines[i-1] != "" {
				fail("a block begins")
			}
		default:
			outside := codeSpan.ReplaceAllString(line, "C")
			switch {
			case token != "" && strings.Contains(outside, token):
				fail("a name is outside of code")
			case strings.HasPrefix(outside, "| ") && strings.Count(line, "|") != strings.Count(outside, "|"):
				fail("a bar is in a cell")
			case !markdownLine.MatchString(outside):
				fail("this is not a line of ours")
			case outside == "<details>":
				folds++
			case outside == "</details>":
				folds--
			}
		}
	}
	if fence != "" || folds != 0 {
		t.Fatalf("%d folds, and the block %q, are open at the end of\n%.4000s", folds, fence, text)
	}
}

// hostile are two plans in which everything that comes from elsewhere is the text.
func hostile(text string) []*plan.Plan {
	p := everything()
	name := mailbox.Name(text)
	for i, step := range p.Steps {
		switch op := step.Op.(type) {
		case plan.Rename:
			op.From, op.To = name, name+"/renamed"
			p.Steps[i].Op = op
		case plan.Create:
			op.Name, op.Use = name+"/"+op.Name, mailbox.Use(text)
			p.Steps[i].Op = op
		case plan.Set:
			op.Name = name + "/" + op.Name
			p.Steps[i].Op = op
		case plan.File:
			op.Folder, op.To, op.Copies = name, name+"/to", []mailbox.Name{name, name + "/copy"}
			for j := range op.Messages {
				op.Messages[j].From, op.Messages[j].Subject = text, text
				op.Messages[j].Add = mailbox.Flags{imap.Flag(text)}
			}
			p.Steps[i].Op = op
		case plan.Remove:
			op.Name = name + "/" + op.Name
			p.Steps[i].Op = op
		}
		for j := range step.Because {
			step.Because[j].Declared.Filename = text
			switch {
			case step.Because[j].Address == "":
				step.Because[j].Block = text
			case strings.HasPrefix(step.Because[j].Address, "rule."):
				step.Because[j].Address = `rule.list["` + text + `"]`
			default:
				step.Because[j].Address = text
			}
		}
	}
	for i := range p.Matched {
		p.Matched[i].Rule, p.Matched[i].Folder = `rule.list["`+text+`"]`, name
	}
	where := hcl.Range{Filename: text, Start: hcl.Pos{Line: 1}}
	p.Notes = []plan.Note{{Summary: text, Detail: text, Subject: where}}
	p.Broken = []plan.Broken{{Rail: text, Of: text, Detail: text, Allow: text, Subject: where}, {Rail: text, Of: "rule.x", Detail: text, Allow: text}, {Rail: text, Detail: text, Allow: text}}
	p.Account = text
	return []*plan.Plan{p, {Account: text + "2", Broken: p.Broken}}
}

const token = "EVIL"

var hostileTexts = []string{
	"", " ", token, "`" + token, "``" + token + "``", "```\n" + token + "\n```", "~~~\n" + token, token + "|" + token, token + `\|` + token, token + `\`, token + "\\`",
	"\n\n</details>\n\n" + token, "</details>" + token, "<b>" + token + "</b>", "<!--" + token, "-->" + token, "@" + token, "#1 " + token, "[" + token + "](https://example.com)",
	"![](https://example.com/" + token + ".png)", "https://example.com/" + token, "\r\n# " + token, "> " + token, "| " + token + " |\n|---|", "    " + token, "---\n" + token,
	"$" + token + "$", "$`" + token + "`$", ":tada: " + token, token + "\u202e", token + "\u200b", "\x00" + token, "\xff" + token, token + "\u2028" + token, "&lt;" + token, "**" + token + "**",
	" will be " + token, "x will be created | " + token, " -> " + token, "+ " + token, "- " + token, "%%{init}%%" + token, "\"]; click " + token, strings.Repeat("`", 999) + token,
	strings.Repeat("|", 999) + token, token + strings.Repeat("🗑", 9000), strings.Repeat("\u0301", 9000) + token, "<!-- imapform plan -->" + token,
}

// A name is shown, so that to hide all of it is no way to pass.
func TestMarkdownShowsNames(t *testing.T) {
	got := markdown(t, MarkdownOptions{Samples: 1}, hostile("`<b>"+token+"|")...)
	for _, want := range []string{"\\u0060<b>" + token + "\\u007c/Old/2019", "`<b>" + token + "|", "#60;b#62;" + token} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// Nothing can be broken out of, whatever things are called.
func FuzzMarkdown(f *testing.F) {
	for _, text := range hostileTexts {
		f.Add(text)
	}
	f.Fuzz(checkHostile)
}

func checkHostile(t *testing.T, text string) {
	t.Helper()
	for _, o := range []MarkdownOptions{{}, {Samples: 3, Missing: []string{text, text, text, text}, Hidden: plan.Hidden{Targets: []string{text, text}, Excludes: []string{text}, Steps: 3}}, {Hidden: plan.Hidden{Targets: []string{text}}}} {
		if len(text) < 60 {
			o.Key = text
		}
		found := token
		if !strings.Contains(text, token) {
			found = "" // there is nothing to look for
		}
		first, rest, _ := strings.Cut(markdown(t, o, hostile(text)...), "\n")
		if !markdownLine.MatchString(first) {
			t.Fatalf("the marker is %q", first)
		}
		checkMarkdown(t, rest, found)
	}
}
