package reference

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
)

// TestExamples loads every example: "hcl" and "json" are files, "match" is what
// stands in a match, "values" is a file of values for the example before, "module" is
// a file of a module, named in its first line, of the example behind. With "error"
// the first line is a comment that holds what is reported.
func TestExamples(t *testing.T) {
	before := ""
	modules := map[string]string{}
	found := examples(t)
	if len(found) < 15 {
		t.Errorf("only %d examples", len(found))
	}
	for _, e := range found {
		comment, _, _ := strings.Cut(strings.TrimPrefix(e.text, "# "), "\n")
		if e.is("module") {
			modules[comment] = e.text
			continue
		}
		files := maps.Clone(modules)
		switch {
		case e.is("values"):
			files["main.imap.hcl"] = before
			files["imapform.imapvars.hcl"] = e.text
		case e.is("json"):
			files["account.imap.hcl"] = withAccount("")
			files["main.imap.json"] = e.text
		case e.is("match"):
			files["main.imap.hcl"] = inMatch(e.text)
		case e.is("hcl"):
			files["main.imap.hcl"] = withAccount(e.text)
		default:
			t.Errorf("an example of an unknown kind: %q", e.kind)
		}
		before = files["main.imap.hcl"]
		cfg, text := load(t, files)
		switch {
		case e.is("error") && (cfg != nil || !strings.Contains(text, comment)):
			t.Errorf("%q is not reported, but %q, for\n%s", comment, text, e.text)
		case !e.is("error") && text != "" && !strings.HasPrefix(text, missingValue):
			t.Errorf("%s is reported for\n%s", text, e.text)
		}
	}
}

// missingValue is reported of an example whose values follow in the next one.
const missingValue = `No value for a variable: The variable "me"`

// TestCode loads what stands in backquotes and reads as an argument.
func TestCode(t *testing.T) {
	prose := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(page, "")
	for _, span := range regexp.MustCompile("`([a-z_]+ = [^`]+)`").FindAllStringSubmatch(prose, -1) {
		text := span[1]
		var reported []string
		for _, around := range []string{
			inMatch("%s"),
			withAccount("rule \"r\" {\n  match { everything = true }\n  stop = true\n  %s\n}"),
			withAccount("rule \"r\" {\n  match { everything = true }\n  %s\n}"),
			withAccount("folder \"f\" {\n  %s\n}"),
			withAccount("removed {\n  folder = \"f\"\n  %s\n}"),
		} {
			if _, report := load(t, map[string]string{"main.imap.hcl": strings.Replace(around, "%s", text, 1)}); report != "" {
				reported = append(reported, report)
			} else {
				reported = nil
				break
			}
		}
		if reported != nil {
			t.Errorf("%s stands nowhere: %q", text, reported)
		}
	}
}

// An example is a fenced part of the page.
type example struct {
	kind []string
	text string
}

func (e example) is(word string) bool { return slices.Contains(e.kind, word) }

func examples(t *testing.T) []example {
	t.Helper()
	var all []example
	for _, fence := range regexp.MustCompile("(?sm)^```([^\n]*)\n(.*?)^```$").FindAllStringSubmatch(Markdown(), -1) {
		all = append(all, example{strings.Fields(fence[1]), fence[2]})
	}
	return all
}

// withAccount adds the account that an example leaves out.
func withAccount(text string) string {
	if strings.Contains(text, `account "`) {
		return text
	}
	return "account \"work\" { maildir = \"/mail\" }\n" + text
}

func inMatch(text string) string {
	return withAccount("rule \"r\" {\n  match {\n" + text + "\n  }\n  move_to = \"Elsewhere\"\n}\n")
}

// load returns the configuration that files make, nil if they make none, and all
// that is reported.
func load(t *testing.T, files map[string]string) (*config.Config, string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, _, diags := config.Load(config.Source{
		Dir: dir, Environ: map[string]string{"HOME": dir, "IMAPFORM_VAR_imap_password": "x"}, Version: "0.1.0",
	})
	return cfg, report(diags)
}

func report(diags hcl.Diagnostics) string {
	var b strings.Builder
	for _, d := range diags {
		fmt.Fprintf(&b, "%s: %s\n", d.Summary, d.Detail)
	}
	return b.String()
}
