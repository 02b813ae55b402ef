package config

import (
	"maps"
	"strings"
	"testing"
)

// reaching is a configuration whose local.chosen was chosen by a secret.
const reaching = `
variable "text" {
  sensitive = true
  default   = "hunter2"
}
variable "nothing" {
  sensitive = true
  default   = null
}
locals {
  folders = { hunter2 = "Chosen", other = "Other" }
  chosen  = local.folders[var.text]
  either  = try([{ hunter2 = 1 }[var.text], "Chosen"], ["no", "Other"])[1]
}
account "w" { maildir = "m" }
`

// TestSensitiveReach: what was chosen by a secret reaches no place but credentials,
// whatever else a block can take.
func TestSensitiveReach(t *testing.T) {
	rule := func(match, rest string) string {
		return "rule \"r\" {\n match {\n " + match + "\n }\n " + rest + "\n}\n"
	}
	for name, text := range map[string]string{
		"a folder's name":         "folder \"f\" { name = local.chosen }\n",
		"one of try":              "folder \"f\" { name = local.either }\n",
		"a part of a name":        "folder \"f\" { name = \"X/${local.folders[var.text]}\" }\n",
		"keys of for_each":        "folder \"f\" {\n for_each = toset([local.chosen])\n name = each.key\n}\n",
		"values of for_each":      "folder \"f\" {\n for_each = { a = local.chosen }\n name = each.value\n}\n",
		"a choice by each":        "folder \"f\" {\n for_each = { a = var.text }\n name = local.folders[each.value]\n}\n",
		"a criterion":             rule(`subject = local.chosen`, `move_to = "A"`),
		"a list in a criterion":   rule(`subject = ["a", local.folders[var.text]]`, `move_to = "A"`),
		"where":                   rule(`where = message.subject == local.chosen`, `move_to = "A"`),
		"where that is null":      rule("everything = true\nwhere = var.nothing", `move_to = "A"`),
		"where in a table":        rule(`where = message.subject == local.folders[var.text]`, `move_to = "A"`),
		"where with a call":       rule(`where = message.subject == { a = "b" }[sensitive /* it is */ ("a")]`, `move_to = "A"`),
		"a choice by where":       rule(`where = try([{ hunter2 = 1 }[var.text], message.subject], ["a", "b"])[1] == "b"`, `move_to = "A"`),
		"dynamic":                 rule("dynamic \"any\" {\n for_each = [local.chosen]\n content { subject = any.value }\n}", `move_to = "A"`),
		"what dynamic repeats":    rule("dynamic \"any\" {\n for_each = [\"a\"]\n content { subject = \"${any.value}${local.chosen}\" }\n}", `move_to = "A"`),
		"move_to":                 rule(`everything = true`, `move_to = local.folders[var.text]`),
		"move_to by message":      rule(`everything = true`, `move_to = "${local.chosen}/${message.subject}"`),
		"copy_to":                 rule(`everything = true`, `copy_to = ["A", local.chosen]`),
		"in":                      rule(`everything = true`, "in = [local.chosen]\nmove_to = \"A\""),
		"flags":                   rule(`everything = true`, `add_flags = [local.chosen]`),
		"a description":           rule(`everything = true`, "description = local.chosen\nmove_to = \"A\""),
		"enabled":                 rule(`everything = true`, "enabled = can({ hunter2 = 1 }[var.text])\nmove_to = \"A\""),
		"max_messages":            rule(`everything = true`, "max_messages = { hunter2 = 1 }[var.text]\nmove_to = \"A\""),
		"moved":                   "moved {\n from = \"A\"\n to = local.chosen\n}\n",
		"removed":                 "removed { folder = local.chosen }\n",
		"policy":                  "policy { max_deleted = { hunter2 = 1 }[var.text] }\n",
		"an argument of a module": "module \"m\" {\n source = \"./m\"\n name = local.chosen\n}\n",
		"an output of a module":   "module \"m\" {\n source = \"./m\"\n name = \"plain\"\n}\nfolder \"f\" { name = module.m.chosen }\n",
		"a converted argument":    "module \"m\" {\n source = \"./m\"\n name = \"plain\"\n names = [\"a\", local.chosen]\n}\n",
		"a default that is taken": "module \"m\" {\n source = \"./m\"\n name = \"plain\"\n folder = { name = var.nothing }\n}\n",
		"null for a default":      "module \"m\" {\n source = \"./m\"\n name = var.nothing\n}\n",
		"for_each of a module":    "module \"m\" {\n for_each = { (local.chosen) = 1 }\n source = \"./m\"\n name = each.key\n}\n",
		"accounts of a module":    "module \"m\" {\n source = \"./m\"\n accounts = { main = { hunter2 = account.w }[var.text] }\n name = \"plain\"\n}\n",
	} {
		c, diags := openConsole(t, Source{}, map[string]string{"main.imap.hcl": reaching + text, "m/main.imap.hcl": `
variable "name" {
  default  = "Default"
  nullable = false
}
variable "names" {
  type    = set(string)
  default = []
}
variable "folder" {
  type    = object({ name = optional(string, "Optional") })
  default = {}
}
variable "text" {
  sensitive = true
  default   = "hunter2"
}
folder "named" { name = var.name }
folder "names" {
  for_each = var.names
  name     = each.key
}
folder "of" { name = var.folder.name }
output "chosen" { value = { hunter2 = "Chosen" }[var.text] }
`})
		if c != nil {
			t.Errorf("%s: it is no error", name)
		}
		found := false
		for _, d := range diags {
			found = found || d.Summary == "Sensitive value"
			if strings.Contains(d.Detail, "Chosen") || strings.Contains(d.Detail, "hunter2") {
				t.Errorf("%s: the error shows too much: %s", name, d.Detail)
			}
		}
		if !found {
			t.Errorf("%s: the error is another one: %s", name, diagnosticText(diags))
		}
	}
}

// TestSensitiveReachesCredentials: what was chosen by a secret is as secret as one.
func TestSensitiveReachesCredentials(t *testing.T) {
	cfg, problems := loadText(t, Source{}, strings.Replace(reaching, `account "w" { maildir = "m" }`, `
account "w" {
  host     = "h"
  username = local.folders[var.text]
  password = try([{ hunter2 = 1 }[var.text], local.chosen], ["", ""])[1]
}`, 1))
	if cfg == nil {
		t.Fatal(problems)
	}
	a := cfg.Accounts[0]
	password, err := a.Credential(t.Context())
	if err != nil || password != "Chosen" || a.Username != "Chosen" || !a.UsernameSensitive {
		t.Errorf("got %q for %q, sensitive: %t: %v", password, a.Username, a.UsernameSensitive, err)
	}
}

// TestSensitiveKeyInJSON: an object with a key that is sensitive is an error there, and
// in the native syntax it is sensitive as a whole.
func TestSensitiveKeyInJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"locals": {"x": {"${var.text}": 1}}}`:                         "Sensitive key",
		`{"locals": {"x": [{"a": {"a-${var.text}": 1}}]}}`:              "Sensitive key",
		`{"locals": {"x": {"${local.folders[var.text]}": 1}}}`:          "",
		`{"locals": {"x": {"a": "${var.text}", "b": ["${var.text}"]}}}`: "",
		`{"folder": {"x": {"name": {"${var.text}": 1}}}}`:               "Sensitive key",
	} {
		_, diags := openConsole(t, Source{}, map[string]string{"main.imap.hcl": reaching, "x.imap.json": text})
		if problems := diagnosticText(diags); strings.Contains(problems, "hunter2") || (want == "") != (len(diags) == 0) || !strings.Contains(problems, want) {
			t.Errorf("%s: got %q, want %q", text, problems, want)
		}
	}
}

// TestTemplateMakesNothingSensitive: that would show neither in the expression that
// gives the template its variables nor in its errors.
func TestTemplateMakesNothingSensitive(t *testing.T) {
	files := maps.Clone(flowFiles)
	files["key.tmpl"] = "${ { alpha = 1 }[sensitive(\"alpha\")] }"
	c, diags := openConsole(t, Source{Environ: map[string]string{"IMAPFORM_VAR_text": "alpha"}}, files)
	if c == nil {
		t.Fatal(diagnosticText(diags))
	}
	for _, file := range []string{"told.tmpl", "key.tmpl"} {
		_, _, diags := c.Eval("templatefile(\"" + file + "\", {})")
		if problems := diagnosticText(diags); !strings.Contains(problems, "A template cannot make a value sensitive: write sensitive(templatefile(…)) where it is called.") {
			t.Errorf("%s: got %q", file, problems)
		}
	}
}
