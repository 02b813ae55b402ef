package config

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func loadText(t testing.TB, src Source, text string) (*Config, string) {
	t.Helper()
	src.Dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(src.Dir, "main.imap.hcl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, _, diags := Load(src)
	return cfg, diagnosticText(diags)
}

const needsValues = `
variable "password" { sensitive = true }
variable "lists" { type = map(string) }
variable "name" {}
variable "on" { type = bool }
account "work" {
  host     = "h"
  username = var.name
  password = var.password
}
folder "list" {
  for_each = var.lists
  name     = "Lists/${each.value}"
}
folder "a" { name = var.name }
match "m" { subject = var.name }
rule "r" {
  for_each = var.lists
  enabled  = var.on
  match {
    list_id = each.value
    matches = match.m
    any { from = keys(var.lists) }
  }
  move_to = folder.list[each.key]
}
rule "s" {
  match { seen = var.on }
  delete = var.name
}
`

// TestIncomplete: without values nothing is said of what hangs on them, and all
// the rest is checked.
func TestIncomplete(t *testing.T) {
	if _, text := loadText(t, Source{Incomplete: true}, needsValues); text != "" {
		t.Errorf("reported:\n%s", text)
	}
	if cfg, text := loadText(t, Source{}, needsValues); cfg != nil || strings.Count(text, "No value for a variable") != 4 {
		t.Errorf("without values, a plan could be made:\n%s", text)
	}
	wrong := needsValues + `
folder "wrong" {
  for_each    = var.lists
  name        = var.password
  special_use = "trsh"
  subscribed  = each.valeu
}
`
	_, text := loadText(t, Source{Incomplete: true}, wrong)
	for _, want := range []string{"Sensitive value", `Did you mean "trash"?`, "Did you mean each.value?"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%q is not reported once:\n%s", want, text)
		}
	}
}

// TestSensitiveIsRecognisable: what renders values finds those that it must not.
func TestSensitiveIsRecognisable(t *testing.T) {
	src := Source{Dir: t.TempDir()}
	text := `
variable "secret" {
  default   = { inner = "hunter2" }
  sensitive = true
}
account "work" {
  host     = "h"
  username = "a"
  password = var.secret.innner
}
folder "a" { name = "x${var.secret.inner}" }
`
	if err := os.WriteFile(filepath.Join(src.Dir, "main.imap.hcl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, diags := Load(src)
	if len(diags) != 2 {
		t.Fatalf("got\n%s", diagnosticText(diags))
	}
	for _, d := range diags {
		if d.EvalContext == nil || !d.EvalContext.Variables["var"].ContainsMarked() {
			t.Errorf("%s: no marked value", d.Summary)
		}
	}
}

func TestCredential(t *testing.T) {
	load := func(t *testing.T, command string) *Account {
		t.Helper()
		cfg, text := loadText(t, Source{Environ: map[string]string{"TOKEN": "hunter2", "PATH": os.Getenv("PATH")}},
			fmt.Sprintf("account \"a\" {\n  host = \"h\"\n  username = \"u\"\n  password_command = %s\n}\n", command))
		if cfg == nil {
			t.Fatal(text)
		}
		return cfg.Accounts[0]
	}
	for _, c := range []struct{ command, want, wrong string }{
		{`["printf", "one\ntwo\n"]`, "one", ""},
		{`["printf", "one\r\ntwo\r\n"]`, "one", ""},
		{`["printf", "%s", " a b "]`, " a b ", ""},
		{`["sh", "-c", "printf %s \"$TOKEN\""]`, "hunter2", ""},
		{`["echo", "$TOKEN"]`, "$TOKEN", ""},
		{`["sh", "-c", "ls main.imap.hcl"]`, "main.imap.hcl", ""},
		{`["sh", "-c", "test -z \"$HOME\" && echo yes"]`, "yes", ""},
		{`["true"]`, "", "printed no password"},
		{`["printf", "\nlate"]`, "", "printed no password"},
		{`["sh", "-c", "echo locked >&2; exit 3"]`, "", "exit status 3: locked"},
		{`["sh", "-c", "echo hunter2; echo got hunter2 >&2; exit 3"]`, "", "got (hidden)"},
		{`["no-such-command-here"]`, "", "executable file not found"},
	} {
		t.Run(c.command, func(t *testing.T) {
			got, err := load(t, c.command).Credential(t.Context())
			if got != c.want || (err == nil) != (c.wrong == "") {
				t.Fatalf("got %q, %v", got, err)
			}
			if err != nil && (!strings.Contains(err.Error(), c.wrong) || strings.Contains(err.Error(), "hunter2")) {
				t.Errorf("got %v, want %q in it and no password", err, c.wrong)
			}
		})
	}
	t.Run("deadline", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		begun := time.Now()
		got, err := load(t, `["sleep", "60"]`).Credential(ctx)
		if got != "" || !strings.Contains(fmt.Sprint(err), "deadline") || time.Since(begun) > 10*time.Second {
			t.Errorf("got %q, %v after %s", got, err, time.Since(begun))
		}
	})
	t.Run("not by Load", func(t *testing.T) {
		mark := filepath.Join(t.TempDir(), "ran")
		load(t, fmt.Sprintf("[\"touch\", %q]", mark))
		if _, err := os.Stat(mark); !os.IsNotExist(err) {
			t.Errorf("the command was run: %v", err)
		}
	})
}

func TestNearest(t *testing.T) {
	names := argumentNames(criterionArguments())
	for given, want := range map[string]string{
		"form": "from", "Form": "from", "frm": "from", "too": "to", "ccc": "bcc", "sbject": "subject", "listid": "list_id", "older": "",
		"seeen": "seen", "x": "", "ab": "", "bccc": "bcc", "ot": "", "": "", "everythign": "everything", "replyto": "reply_to", "id": "",
	} {
		if got := Nearest(given, names); got != want {
			t.Errorf("nearest to %q is %q, want %q", given, got, want)
		}
	}
	if got := Nearest("abcdx", []string{"abcde", "abcdx1", "abcdf"}); got != "abcde" {
		t.Errorf("of equally near ones %q is taken, not the first", got)
	}
}

func TestFormat(t *testing.T) {
	got, diags := Format([]byte("# why\nfolder \"a\" {\nname=\"A\" # here\n  subscribed   = true\n}\n"), "a.imap.hcl")
	want := "# why\nfolder \"a\" {\n  name       = \"A\" # here\n  subscribed = true\n}\n"
	if string(got) != want || diags.HasErrors() {
		t.Errorf("got %q, %v", got, diags)
	}
	got, diags = Format([]byte("folder \"a\" {\n"), "a.imap.hcl")
	if got != nil || !diags.HasErrors() || diags[0].Subject.Filename != "a.imap.hcl" || diags[0].Subject.Start.Line != 1 {
		t.Errorf("got %q, %v", got, diags)
	}
}

func TestVersionConstraint(t *testing.T) {
	for _, c := range []struct {
		constraint, version string
		want                bool
	}{
		{">= 0.1", "0.1.0", true}, {">= 0.2", "0.1.9", false}, {"> 0.1", "0.1.0", false}, {"0.1", "0.1.0", true}, {"= 0.1.1", "0.1.0", false},
		{"~> 0.1", "0.9.0", true}, {"~> 0.1.2", "0.1.9", true}, {"~> 0.1.2", "0.2.0", false}, {"~> 1", "1.9.9", true}, {"~> 1", "2.0.0", false},
		{"!= 0.1", "0.1.0", false}, {"<= 0.1.0, >= 0.1", "v0.1.0-dev", true}, {"< 1.0, > 0.5", "0.4", false},
	} {
		constraint, err := constraintOf(c.constraint)
		if err != nil {
			t.Fatal(err)
		}
		version, err := parseVersion(c.version)
		if err != nil {
			t.Fatal(err)
		}
		if got := constraint.allows(version); got != c.want {
			t.Errorf("%q allows %s: %t", c.constraint, c.version, got)
		}
	}
}

// TestFilesStayInside: no expression reads what lies outside of the directory.
func TestFilesStayInside(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	for path, content := range map[string]string{outside: "secret", filepath.Join(dir, "inside"): "fine", filepath.Join(dir, "bytes"): "\xff"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"inside": "fine", "link": "", outside: "", "../x": "", "bytes": "", ".": ""} {
		got, err := readBelow(dir, path)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v", path, got, err)
		}
	}
}

// TestTooDeep: what would exhaust the stack is refused before it is parsed.
func TestTooDeep(t *testing.T) {
	const n = 10_000
	for _, c := range []struct{ name, text string }{
		{"main.imap.hcl", "locals {\n  x = " + strings.Repeat("[", n) + strings.Repeat("]", n) + "\n}\n"},
		{"main.imap.hcl", "locals {\n  x = " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n) + "\n}\n"},
		{"main.imap.hcl", "locals {\n  x = " + strings.Repeat("\"${", n) + "1" + strings.Repeat("}\"", n) + "\n}\n"},
		{"main.imap.hcl", "locals {\n  x = " + strings.Repeat("!", n) + "true\n}\n"},
		{"main.imap.hcl", "rule \"a\" {\n  match {\n" + strings.Repeat("all {\n", n)},
		{"main.imap.hcl", "locals {\n  x = \"x${1e5000000}\"\n}\n"},
		{"main.imap.hcl", "locals {\n  x = upper(1e-00050000000)\n}\n"},
		{"main.imap.hcl", "locals {\n  x = \"" + strings.Repeat("%{if true}", n) + "\"\n}\n"},
		{"main.imap.json", `{"locals": {"x": 1E50000000}}`},
		{"main.imap.json", strings.Repeat("[", n) + strings.Repeat("]", n)},
		{"main.imap.json", strings.Repeat(`{"a":`, n)},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, c.name), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, diags := Load(Source{Dir: dir})
		if len(diags) != 1 || diags[0].Summary != "Too deep or too large" {
			t.Errorf("%.40s…: got %d diagnostics", c.text, len(diags))
		}
		if !strings.HasSuffix(c.name, ".json") {
			if _, diags := Format([]byte(c.text), c.name); len(diags) != 1 {
				t.Errorf("%.40s…: formatted", c.text)
			}
		}
	}
	var flat strings.Builder // brackets in texts do not count
	flat.WriteString("account \"a\" { maildir = \"m\" }\nlocals {\n")
	for i := range 2000 {
		fmt.Fprintf(&flat, "  x%d = \"[({\"\n", i)
	}
	flat.WriteString("}\n")
	if cfg, text := loadText(t, Source{}, flat.String()); cfg == nil {
		t.Error(text)
	}
}
