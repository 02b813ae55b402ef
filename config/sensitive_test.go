package config

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestSensitiveUsername(t *testing.T) {
	for username, want := range map[string]bool{`var.user`: true, `"x-${var.user}"`: true, `sensitive("ada")`: true, `"ada"`: false} {
		cfg, text := loadText(t, Source{Environ: map[string]string{"IMAPFORM_VAR_user": "ada"}}, `
variable "user" { sensitive = true }
account "w" {
  host     = "h"
  username = `+username+`
  password = "p"
}
`)
		if cfg == nil {
			t.Fatal(text)
		}
		if got := cfg.Accounts[0].UsernameSensitive; got != want {
			t.Errorf("username = %s: sensitive: %t", username, got)
		}
	}
}

// TestSensitiveCommand: what is secret in a password_command is in no error of it.
func TestSensitiveCommand(t *testing.T) {
	for _, command := range []string{
		`[var.pw]`, `["./${var.pw}"]`, `[var.pw, "x"]`, `split(" ", "${var.pw} x")`,
		`["sh", "-c", "echo no $0 here >&2; exit 1", var.pw]`, `["sh", "-c", "echo no $0 >&2", "a-${var.pw}"]`,
		`["sh", "-c", "echo no $${0#*=} here >&2; exit 3", "--token=${var.pw}"]`, `["sh", "-c", "echo ${var.pw} >&2; exit 3"]`,
		`["sh", "-c", "echo ${upper(var.pw)} | tr A-Z a-z >&2; exit 3"]`,
	} {
		cfg, text := loadText(t, Source{Environ: map[string]string{"IMAPFORM_VAR_pw": "hunter2", "PATH": os.Getenv("PATH")}}, `
variable "pw" { sensitive = true }
account "w" {
  host             = "h"
  username         = "u"
  password_command = `+command+`
}
`)
		if cfg == nil {
			t.Fatal(text)
		}
		_, err := cfg.Accounts[0].Credential(t.Context())
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", command, err)
		}
	}
}

// TestComplaintKeepsWords: a short line of output hides nothing in what a command
// complains.
func TestComplaintKeepsWords(t *testing.T) {
	c := command{args: []string{"x"}}
	if got := c.complaint("a database error", "a\n"); got != ": a database error" {
		t.Errorf("got %q", got)
	}
	if got := c.complaint("got hunter2-long", "hunter2\nhunter2-long\n"); got != ": got (hidden)" {
		t.Errorf("got %q", got)
	}
}

// TestPipeIsNotWaitedFor: nobody may ever write to it.
func TestPipeIsNotWaitedFor(t *testing.T) {
	for _, name := range []string{"x.imap.hcl", "imapform.imapvars.hcl"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "main.imap.hcl"), []byte("account \"w\" { maildir = \"m\" }\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("mkfifo", filepath.Join(dir, name)).CombinedOutput(); err != nil {
			t.Skipf("no pipe can be made: %v %s", err, out)
		}
		cfg, _, diags := Load(Source{Dir: dir})
		if cfg != nil || len(diags) != 1 || diags[0].Detail != name+" is no regular file." {
			t.Errorf("%s: got %s", name, diagnosticText(diags))
		}
	}
}
