package examples

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	yaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/gocty"

	"github.com/imapform/imapform/internal/cli"
)

// A hook is one of .pre-commit-hooks.yaml.
type hook struct {
	ID            string `cty:"id"`
	Name          string `cty:"name"`
	Description   string `cty:"description"`
	Language      string `cty:"language"`
	Entry         string `cty:"entry"`
	Files         string `cty:"files"`
	PassFilenames *bool  `cty:"pass_filenames"`
}

// hooks reads the definition; a key that there is not is an error.
func hooks(t *testing.T) map[string]hook {
	t.Helper()
	source, err := os.ReadFile("../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ty, err := yaml.Standard.ImpliedType(source)
	if err != nil {
		t.Fatal(err)
	}
	v, err := yaml.Standard.Unmarshal(source, ty)
	if err != nil {
		t.Fatal(err)
	}
	one := cty.ObjectWithOptionalAttrs(map[string]cty.Type{
		"id": cty.String, "name": cty.String, "description": cty.String, "language": cty.String, "entry": cty.String,
		"files": cty.String, "pass_filenames": cty.Bool,
	}, []string{"pass_filenames"})
	all := map[string]hook{}
	for _, element := range v.AsValueSlice() {
		for name := range element.Type().AttributeTypes() {
			if !one.HasAttribute(name) {
				t.Errorf("there is no key %q", name)
			}
		}
		if element, err = convert.Convert(element, one); err != nil {
			t.Fatal(err)
		}
		var h hook
		if err := gocty.FromCtyValue(element, &h); err != nil {
			t.Fatal(err)
		}
		all[h.ID] = h
	}
	return all
}

// run runs the hook as pre-commit does: in the top directory, with the names of the
// files that match behind the entry, unless it wants none.
func (h hook) run(t *testing.T, dir string, files ...string) (status int, output string) {
	t.Helper()
	words := strings.Fields(h.Entry)
	if words[0] != "imapform" {
		t.Fatalf("%s runs %q", h.ID, words[0])
	}
	matching := regexp.MustCompile(h.Files)
	passed := 0
	for _, file := range files {
		if matching.MatchString(file) && (h.PassFilenames == nil || *h.PassFilenames) {
			words = append(words, file)
			passed++
		}
	}
	if passed == 0 && (h.PassFilenames == nil || *h.PassFilenames) {
		t.Fatalf("%s has nothing to do", h.ID)
	}
	var out bytes.Buffer
	status = cli.Run(t.Context(), words[1:], cli.Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Dir: dir, Now: time.Now, Version: "test",
	})
	return status, out.String()
}

func TestPreCommitHooks(t *testing.T) {
	all := hooks(t)
	if len(all) != 2 {
		t.Fatalf("there are %d hooks", len(all))
	}
	for id, wants := range map[string]map[string]bool{
		"imapform-fmt": {
			"main.imap.hcl": true, "mail/rules.imap.hcl": true, "imapform.imapvars.hcl": true, "x.auto.imapvars.hcl": true, "rules.imaptest.hcl": true,
			"main.imap.json": false, "main.tf": false, "main.imap.hcl.bak": false, "imaphcl": false,
		},
		"imapform-validate": {
			"main.imap.hcl": true, "main.imap.json": true, "x.auto.imapvars.json": true, "rules.imaptest.hcl": true,
			"package.json": false, "main.hcl": false, "README.md": false,
		},
	} {
		h, ok := all[id]
		if !ok || h.Language != "golang" {
			t.Fatalf("%s: %+v", id, h)
		}
		for file, want := range wants {
			if regexp.MustCompile(h.Files).MatchString(file) != want {
				t.Errorf("%s: %s: not %v", id, file, want)
			}
		}
	}

	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("main.imap.hcl", "account \"work\" {\n  maildir   =  \"mail\"\n}\n")
	write("below/more.imap.hcl", "variable \"x\" {\ntype=string\n}\n")
	files := []string{"main.imap.hcl", "README.md", "below/more.imap.hcl"}
	// pre-commit itself sees that a hook has changed files, and fails.
	status, out := all["imapform-fmt"].run(t, dir, files...)
	if fixed, err := os.ReadFile(filepath.Join(dir, "below/more.imap.hcl")); status != 0 || err != nil || string(fixed) != "variable \"x\" {\n  type = string\n}\n" {
		t.Errorf("fmt: status %d, %v: %s\n%s", status, err, fixed, out)
	}
	if status, out := all["imapform-fmt"].run(t, dir, files...); status != 0 || out != "" {
		t.Errorf("fmt again: status %d:\n%s", status, out)
	}
	if status, out := all["imapform-validate"].run(t, dir, files...); status != 0 {
		t.Errorf("validate: status %d:\n%s", status, out)
	}
	write("main.imap.hcl", "acount \"work\" {\n}\n")
	if status, out := all["imapform-validate"].run(t, dir, files...); status != 1 || !strings.Contains(out, "account") {
		t.Errorf("validate of a mistake: status %d:\n%s", status, out)
	}
	write("main.imap.hcl", "account \"work\" {\n")
	if status, _ := all["imapform-fmt"].run(t, dir, files...); status == 0 {
		t.Error("fmt of what cannot be read: status 0")
	}
}
