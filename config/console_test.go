package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// openConsole opens a console on files.
func openConsole(t *testing.T, src Source, files map[string]string) (*Console, hcl.Diagnostics) {
	t.Helper()
	src.Dir, src.Incomplete = t.TempDir(), true
	for name, text := range files {
		path := filepath.Join(src.Dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, _, diags := OpenConsole(src)
	return c, diags
}

var consoleFiles = map[string]string{
	"main.imap.hcl": `
variable "secret" {
  default   = { key = "hunter2" }
  sensitive = true
}
variable "late" { type = list(string) }
locals {
  staff = { ada = { age = 36 }, grace = { age = 85 } }
  old   = "${special.archive}/Old"
  mixed = { open = "x", shut = var.secret.key }
}
account "staff" {
  for_each = local.staff
  maildir  = "mail/${each.key}"
}
match "bulk" { list_id = "a.example.com" }
module "hygiene" {
  source = "./hygiene"
  age    = "1y"
}
`,
	"hygiene/main.imap.hcl": `
variable "age" { type = string }
output "age" { value = var.age }
output "quiet" {
  value     = "hunter2"
  sensitive = true
}
`,
}

func TestConsole(t *testing.T) {
	c, diags := openConsole(t, Source{Now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}, consoleFiles)
	if len(diags) > 0 {
		t.Fatal(diagnosticText(diags))
	}
	for _, test := range []struct{ text, shown, json string }{
		{`1 + 2`, `3`, `3`},
		{`[account.staff["ada"], null]`, "[\n  account.staff[\"ada\"],\n  null,\n]", `["account.staff[\"ada\"]",null]`},
		{`tolist([account.staff["ada"], null])`, "tolist([\n  account.staff[\"ada\"],\n  null,\n])", `["account.staff[\"ada\"]",null]`},
		{`tomap({ a = match.bulk, b = null })`, "tomap({\n  a = match.bulk,\n  b = null,\n})", `{"a":"match.bulk","b":null}`},
		{"\n upper(\"a\") # a comment\n", `"A"`, `"A"`},
		{`null`, `null`, `null`},
		{`true ? [] : []`, `[]`, `[]`},
		{`{}`, `{}`, `{}`},
		{`["a", { b = 1, "c d" = null }]`, "[\n  \"a\",\n  {\n    b = 1,\n    \"c d\" = null,\n  },\n]", `["a",{"b":1,"c d":null}]`},
		{`toset(["b", "a"])`, "toset([\n  \"a\",\n  \"b\",\n])", `["a","b"]`},
		{`tolist([1])`, "tolist([\n  1,\n])", `[1]`},
		{`tomap({ a = 1 })`, "tomap({\n  a = 1,\n})", `{"a":1}`},
		{`"$${a} %%{b} \"q\" \\ \n\r\t"`, `"$${a} %%{b} \"q\" \\ \n\r\t"`, `"${a} %{b} \"q\" \\ \n\r\t"`},
		{`"\u001b[31m\u009b\u202e\u200b"`, `"\u001b[31m\u009b\u202e\u200b"`, "\"\\u001b[31m\u009b\u202e\u200b\""},
		{`special.trash`, `special.trash`, ``},
		{`[local.old]`, "[\n  \"${special.archive}/Old\",\n]", ``},
		{`"${special.trash}${special.junk}"`, `"${special.trash}${special.junk}"`, ``},
		{`account.staff["ada"]`, `account.staff["ada"]`, `"account.staff[\"ada\"]"`},
		{`values(account.staff)`, "[\n  account.staff[\"ada\"],\n  account.staff[\"grace\"],\n]", `["account.staff[\"ada\"]","account.staff[\"grace\"]"]`},
		{`match.bulk`, `match.bulk`, `"match.bulk"`},
		{`module.hygiene.age`, `"1y"`, `"1y"`},
		{`module.hygiene.quiet`, `(sensitive value)`, ``},
		{`var.secret`, `(sensitive value)`, ``},
		{`keys(var.secret)`, `(sensitive value)`, ``},
		{`local.mixed`, "{\n  open = \"x\",\n  shut = (sensitive value),\n}", ``},
		{`toset([var.secret.key])`, `(sensitive value)`, ``},
		{`var.late`, `(unknown)`, ``},
		{`[var.late[0], 1]`, "[\n  (unknown),\n  1,\n]", ``},
		{`plantimestamp()`, `"2026-11-21T12:00:00Z"`, `"2026-11-21T12:00:00Z"`},
		{"<<E\na\nE\n", `"a\n"`, `"a\n"`},
	} {
		v, _, diags := c.Eval(test.text)
		if len(diags) > 0 {
			t.Errorf("%s: %s", test.text, diagnosticText(diags))
			continue
		}
		if got := Shown(v); got != test.shown {
			t.Errorf("%s is shown as\n%s\nwant\n%s", test.text, got, test.shown)
		}
		json, _, diags := c.EvalJSON(test.text)
		got := diagnosticText(diags)
		if string(json) != test.json || (got == "") != (test.json != "") {
			t.Errorf("%s is %s in JSON, want %s, and reported is\n%s", test.text, json, test.json, got)
		}
		if strings.Contains(got, "hunter2") {
			t.Errorf("%s: the error shows a secret: %s", test.text, got)
		}
	}
}

// What cannot be evaluated is reported, with where it stands; what follows can.
func TestConsoleProblems(t *testing.T) {
	c, diags := openConsole(t, Source{}, consoleFiles)
	if len(diags) > 0 {
		t.Fatal(diagnosticText(diags))
	}
	for text, want := range map[string]string{
		``:                              "<expression>:1,1-1: Missing expression",
		`1 +`:                           "<expression>:1,4-4: Missing expression",
		"1 +\n\n":                       "<expression>:1,4-4: Missing expression",
		`1 2`:                           "<expression>:1,3-4: Extra characters after expression",
		`nope`:                          `Nothing is called "nope" here. If a text is meant`,
		`each.key`:                      `"each" has a meaning only in a block that has for_each`,
		`local`:                         `"local" must be followed by a dot and a name`,
		`local.stuff`:                   "<expression>:1,1-12: Unknown reference: There is no local.stuff. Did you mean local.staff?",
		`uper("a")`:                     `There is no function named "uper". Did you mean "upper"?`,
		`1 + var.secret.key`:            "Why is not shown, since a sensitive value takes part in it",
		`file("../x")`:                  "Error in function call",
		strings.Repeat("(", 1000) + "1": "Too deep",
		"\"\xff\"":                      "Invalid character encoding",
	} {
		v, files, diags := c.Eval(text)
		if got := diagnosticText(diags); !strings.Contains(got, want) || strings.Contains(got, "hunter2") {
			t.Errorf("%q: reported\n%swant %s", text, got, want)
		}
		for _, d := range diags {
			if files[d.Subject.Filename] == nil {
				t.Errorf("%q: no source of %s", text, d.Subject.Filename)
			}
		}
		if v.IsKnown() {
			t.Errorf("%q has the value %#v", text, v)
		}
		if v, _, diags := c.Eval(`1`); len(diags) > 0 || !v.RawEquals(cty.NumberIntVal(1)) {
			t.Errorf("after %q, 1 is %#v: %s", text, v, diagnosticText(diags))
		}
	}
}

// What has no JSON says which part of it, and why.
func TestConsoleWithoutJSON(t *testing.T) {
	c, diags := openConsole(t, Source{}, consoleFiles)
	if len(diags) > 0 {
		t.Fatal(diagnosticText(diags))
	}
	for text, want := range map[string]string{
		`nope`:                                 `Nothing is called "nope" here.`,
		`var.secret`:                           "<expression>:1,1-11: Value without JSON: This cannot be written as JSON: it comes from a sensitive variable.\n",
		`{ a = [1, local.mixed] }`:             "This cannot be written as JSON: at .a[1].shut, it comes from a sensitive variable.\n",
		`[var.late]`:                           "This cannot be written as JSON: at [0], it hangs on a variable that has no value.\n",
		`{ (var.secret.key) = special.trash }`: "<expression>:1,1-37: Value without JSON: This cannot be written as JSON: it comes from a sensitive variable.\n",
		`special.trash`:                        "it names the folder of a special use, which only the server knows.\n",
	} {
		json, _, diags := c.EvalJSON(text)
		if got := diagnosticText(diags); json != nil || !strings.Contains(got, want) {
			t.Errorf("%s is %s in JSON, and reported is\n%swant %s", text, json, got, want)
		}
	}
}

func TestOpenConsole(t *testing.T) {
	if c, diags := openConsole(t, Source{}, nil); c == nil || len(diags) > 0 {
		t.Errorf("without files: %s", diagnosticText(diags))
	}
	for name, test := range map[string]struct {
		src   Source
		files map[string]string
		want  string
	}{
		"a broken file":              {files: map[string]string{"main.imap.hcl": "folder \"a\" {"}, want: "Unclosed configuration block"},
		"a wrong configuration":      {files: map[string]string{"main.imap.hcl": "folder \"a\" { nam = 1 }"}, want: `Did you mean "name"?`},
		"a value for nothing":        {src: Source{Vars: []VarSource{{Name: "x", Value: "1"}}}, want: "x"},
		"a file that is not there":   {src: Source{Vars: []VarSource{{File: "x.imapvars.hcl"}}}, want: "x.imapvars.hcl"},
		"a value that is not wanted": {src: Source{Vars: []VarSource{{Name: "x", Value: "a"}}}, files: map[string]string{"main.imap.hcl": "variable \"x\" { type = number }"}, want: "number"},
	} {
		c, diags := openConsole(t, test.src, test.files)
		if got := diagnosticText(diags); c != nil || !strings.Contains(got, test.want) {
			t.Errorf("%s: reported\n%s", name, got)
		}
	}
	if c, _, diags := OpenConsole(Source{Dir: filepath.Join(t.TempDir(), "missing")}); c != nil || !diags.HasErrors() {
		t.Error("a directory that is not there was opened")
	}
}

// FuzzConsole: no expression ends the program, or shows a secret or a control
// character.
func FuzzConsole(f *testing.F) {
	for _, text := range []string{
		`1 + 2`, `"${var.secret.key}"`, `[for k, v in var.secret : v]`, `{ (var.secret.key) = 1 }`, `upper("a`, "<<E\n${special.trash}\nE\n",
		`jsonencode(local.staff)`, `account.staff["ada"] == null`, `try(var.secret, 1)`, `module.hygiene`, `setproduct(toset(["a"]), [1])`, `"\u009b${var.late}"`,
		`length(var.secret.key)`, `var.secret.key == "hunter2" ? "yes" : "no"`, `match.bulk...`, `merge(var.secret, { a = special.junk })`,
	} {
		f.Add(text)
	}
	dir := f.TempDir()
	for name, text := range consoleFiles {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, _, diags := OpenConsole(Source{Dir: dir, Incomplete: true})
		if len(diags) > 0 {
			t.Fatal(diagnosticText(diags))
		}
		v, files, diags := c.Eval(text)
		for _, d := range diags {
			if d.Subject != nil && files[d.Subject.Filename] == nil {
				t.Errorf("%q is diagnosed in %s", text, d.Subject)
			}
		}
		shown := Shown(v)
		if json, _, _ := c.EvalJSON(text); !strings.Contains(text, "hunter2") && strings.Contains(shown+string(json)+diagnosticText(diags), "hunter2") {
			t.Errorf("%q shows a secret", text)
		}
		for line := range strings.SplitSeq(shown, "\n") {
			if strings.ContainsFunc(line, unicode.IsControl) {
				t.Errorf("%q is shown as %q", text, shown)
			}
		}
		if Blank(text) && !diags.HasErrors() {
			t.Errorf("%q is blank, and %s", text, shown)
		}
	})
}
