package render

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
)

// moduleFiles have mistakes in the instances of a module, and in what a dynamic
// block makes.
var moduleFiles = map[string]string{
	"main.imap.hcl": `variable "secret" {
  default   = "hunter2"
  sensitive = true
}

account "staff" {
  for_each = toset(["ada", "grace"])
  maildir  = "mail/${each.key}"
}

module "hygiene" {
  for_each = account.staff
  source   = "./modules/hygiene"
  accounts = { main = each.value }
  age      = "1 year for ${each.key}"
  trash    = special.trash
  words    = { a = var.secret, b = "1 yaer" }
}
`,
	"modules/hygiene/main.imap.hcl": `variable "age" {}
variable "trash" {}
variable "words" {}

rule "old" {
  match { older_than = var.age }
  move_to = var.trash.name
}

rule "new" {
  account = account.main.name
  match {
    dynamic "any" {
      for_each = ["x@example.com", "*@example.com"]
      content {
        from    = any.value
        subject = "${any.key + var.words["a"]}"
      }
    }
    dynamic "all" {
      for_each = { one = "1 yaer" }
      iterator = age
      content {
        newer_than = age.value
        older_than = var.words["b"]
      }
    }
  }
  stop = true
}
`,
}

// loadModules loads moduleFiles.
func loadModules(t *testing.T) (config.Files, hcl.Diagnostics) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range moduleFiles {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, files, diags := config.Load(config.Source{Dir: dir})
	return files, diags
}

func TestDiagnosticsOfModules(t *testing.T) {
	files, diags := loadModules(t)
	text := shown(t, Options{Files: files}, diags...)
	golden(t, "modules.txt", text)

	var b strings.Builder
	if err := ValidationJSON(&b, diags, files); err != nil {
		t.Fatal(err)
	}
	var v validation
	if err := json.Unmarshal([]byte(b.String()), &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Diagnostics) < 4 || v.Diagnostics[0].Module != `module.hygiene["ada"]` {
		t.Errorf("the module is not in\n%s", b.String())
	}
	for _, d := range diags {
		if within := strings.HasPrefix(d.Subject.Filename, "modules/"); within != (config.ModuleOf(d) != "") {
			t.Errorf("%s: in %q", d.Subject, config.ModuleOf(d))
		}
	}
	for _, found := range []string{text, b.String()} {
		if strings.Contains(found, "hunter2") || strings.Contains(found, "\\x00") || strings.Contains(found, "\\u0000") {
			t.Errorf("this must not be shown:\n%s", found)
		}
	}
}
