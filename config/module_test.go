package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// modulesIn writes files into a directory of their own.
func modulesIn(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestUnknownAccountsOfModule: which account is meant may hang on a variable that has
// no value yet.
func TestUnknownAccountsOfModule(t *testing.T) {
	for _, main := range []string{
		`var.late ? account.work : account.home`,
		`account.staff[var.late]`,
		`var.late ? account.staff : account.staff`,
		`[account.work, var.late ? account.work : account.home]`,
	} {
		dir := modulesIn(t, map[string]string{
			"main.imap.hcl": `
variable "late" {}
account "work" { maildir = "w" }
account "home" { maildir = "h" }
account "staff" {
  for_each = { ada = 1 }
  maildir  = each.key
}
module "m" {
  source   = "./m"
  accounts = { main = ` + main + ` }
}
`,
			"m/main.imap.hcl": `
folder "a" {}
folder "b" { account = account.main }
`,
		})
		if _, _, diags := Load(Source{Dir: dir, Incomplete: true}); len(diags) > 0 {
			t.Errorf("main = %s: %s", main, diagnosticText(diags))
		}
	}
}

// TestTooManyModules: instances of modules that use modules multiply, and are not
// made until the memory is full.
func TestTooManyModules(t *testing.T) {
	dir := modulesIn(t, map[string]string{
		"main.imap.hcl":   "account \"work\" { maildir = \"w\" }\nmodule \"a\" { source = \"./m\" }\nmodule \"b\" { source = \"./m\" }\nmodule \"c\" { source = \"./m\" }\n",
		"m/main.imap.hcl": "folder \"a\" { name = \"x\" }\n",
	})
	files, diags := readConfigFiles(dir, "")
	if diags.HasErrors() {
		t.Fatal(diagnosticText(diags))
	}
	l := newLoader(Source{Dir: dir})
	l.files, l.loaded = files, maxModules-1
	l.loadWhole(files)
	if got := diagnosticText(l.problems.diags); !strings.HasPrefix(got, "main.imap.hcl:3,1-11: Too many modules: ") || strings.Count(got, "\n") != 1 {
		t.Errorf("reported:\n%s", got)
	}
}
