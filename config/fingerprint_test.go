package config

import (
	"encoding/hex"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A made configuration is what it is made of.
type made struct {
	files  map[string]string
	source Source
}

// gone is the text of a file that is not there.
const gone = "(gone)"

// with is the same with other files.
func (m made) with(files ...string) made {
	m.files = maps.Clone(m.files)
	for i := 0; i < len(files); i += 2 {
		m.files[files[i]] = files[i+1]
		if files[i+1] == gone {
			delete(m.files, files[i])
		}
	}
	return m
}

// given is the same with a value by -var.
func (m made) given(name, value string) made {
	m.source.Vars = append(m.source.Vars[:len(m.source.Vars):len(m.source.Vars)], VarSource{Name: name, Value: value})
	return m
}

// in is the same with a variable of the environment.
func (m made) in(name, value string) made {
	environ := map[string]string{}
	maps.Copy(environ, m.source.Environ)
	environ[name] = value
	m.source.Environ = environ
	return m
}

// load makes the directory hold the files, and nothing else, and loads it.
func (m made) load(t *testing.T, dir string) *Config {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for name, text := range m.files {
		path := filepath.Join(dir, "main", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m.source.Dir = filepath.Join(dir, "main")
	cfg, _, diags := Load(m.source)
	if cfg == nil {
		t.Fatalf("%s", diagnosticText(diags))
	}
	return cfg
}

// plain is a configuration into which something comes in every way.
func plain() made {
	return made{
		files: map[string]string{
			"main.imap.hcl": `
variable "plain" { default = "a" }
variable "listed" {
  type    = list(string)
  default = ["a"]
}
variable "loose" { default = "1" }
variable "secret" {
  sensitive = true
  default   = "hunter2"
}
account "w" {
  host     = "h"
  username = "u-${var.secret}"
  password = trimspace(file("password"))
}
locals {
  read  = file("list.txt")
  there = fileexists("maybe.txt")
  all   = fileset("lists", "**")
  told  = templatefile("hello.tmpl", { name = var.plain })
  tried = try(file("nothing.txt"), "none")
  here  = file("here.txt")
  staff = { ada = { name = "Ada", password = var.secret } }
}
folder "staff" {
  for_each = local.staff
  name     = each.value.name
}
module "m" {
  source = "../module"
  listed = var.listed
}
rule "r" {
  match { subject = [local.read, local.told, "t-${local.tried}", "x-${local.there}"] }
  move_to = "A"
}
`,
			"password":                 "swordfish",
			"list.txt":                 "news",
			"other.txt":                "more",
			"lists/a.txt":              "",
			"lists/b.txt":              "",
			"hello.tmpl":               "Hello ${name} ${file(\"other.txt\")}",
			"../module/mod.imap.hcl":   "variable \"listed\" { type = list(string) }\nlocals { here = file(\"here.txt\") }\nfolder \"m\" { name = \"M-${local.here}\" }\n",
			"../module/here.txt":       "here",
			"here.txt":                 "root",
			"imapform.imapvars.hcl":    "plain = \"b\"\n",
			"spare/spare.imapvars.hcl": "plain = \"c\"\nsecret = \"other\"\n",
		},
		source: Source{Environ: map[string]string{"HOME": "/home/ada"}, Now: planTime()},
	}
}

func fingerprintOf(t *testing.T, dir string, m made) string {
	t.Helper()
	print, ok := m.load(t, dir).Fingerprint()
	if raw, err := hex.DecodeString(print); !ok || err != nil || len(raw) != 32 {
		t.Fatalf("the fingerprint is %q, %t", print, ok)
	}
	return print
}

// TestFingerprintDiffers: whatever bears on a plan, another one of it gives another
// fingerprint.
func TestFingerprintDiffers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	base := plain()
	main := base.files["main.imap.hcl"]
	seen := map[string]string{fingerprintOf(t, dir, base): "the configuration itself"}
	later := base
	later.source.Vars = []VarSource{{File: "spare/spare.imapvars.hcl"}}
	for name, m := range map[string]made{
		"the text":                       base.with("main.imap.hcl", main+"# \n"),
		"a rule":                         base.with("main.imap.hcl", strings.Replace(main, `move_to = "A"`, `move_to = "B"`, 1)),
		"a file's name":                  base.with("main.imap.hcl", gone, "other.imap.hcl", main),
		"one file more":                  base.with("b.imap.hcl", "folder \"b\" {}\n"),
		"one empty file more":            base.with("b.imap.hcl", "\n"),
		"two files that swap":            base.with("main.imap.hcl", "\n", "b.imap.hcl", main),
		"a module's text":                base.with("../module/mod.imap.hcl", base.files["../module/mod.imap.hcl"]+"\n"),
		"a file of a module":             base.with("../module/more.imap.hcl", "\n"),
		"a value by a file":              base.with("imapform.imapvars.hcl", "plain = \"c\"\n"),
		"a value that is left out":       base.with("imapform.imapvars.hcl", gone),
		"a value by -var":                base.given("plain", "d"),
		"a value by -var-file":           later.with("spare/spare.imapvars.hcl", "plain = \"e\"\n"),
		"a value by the environment":     base.with("imapform.imapvars.hcl", gone).in("IMAPFORM_VAR_plain", "f"),
		"a list by the environment":      base.in("IMAPFORM_VAR_listed", `["b"]`),
		"a list of two":                  base.in("IMAPFORM_VAR_listed", `["a", "a"]`),
		"a value of another type":        base.with("imapform.imapvars.hcl", "plain = \"b\"\nloose = 1\n"),
		"a text that was read":           base.with("list.txt", "old"),
		"a text in a template":           base.with("other.txt", "less"),
		"a template":                     base.with("hello.tmpl", "Hi"),
		"a file that is there now":       base.with("maybe.txt", "x"),
		"a file that can be read now":    base.with("nothing.txt", "none"),
		"an empty file that can be read": base.with("nothing.txt", ""),
		"texts of a module that swap":    base.with("here.txt", "here", "../module/here.txt", "root"),
		"a file more in a directory":     base.with("lists/c.txt", "x"),
		"a file less in a directory":     base.with("lists/b.txt", gone),
		"a text that a module has read":  base.with("../module/here.txt", "there"),
		"texts that swap":                base.with("list.txt", "more", "other.txt", "news"),
	} {
		print := fingerprintOf(t, dir, m)
		if other, ok := seen[print]; ok {
			t.Errorf("%s: the fingerprint is that of %s", name, other)
		}
		seen[print] = name
	}
	home := base.with("main.imap.hcl", "account \"w\" { maildir = \"~/mail\" }\n", "imapform.imapvars.hcl", gone)
	if fingerprintOf(t, dir, home) == fingerprintOf(t, dir, home.in("HOME", "/home/bo")) {
		t.Error("another home directory, and the same fingerprint")
	}
}

// TestFingerprintIsTheSame where nothing that bears on a plan is another.
func TestFingerprintIsTheSame(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	base := plain()
	want := fingerprintOf(t, dir, base)
	later, newer := base, base
	later.source.Now = planTime().Add(time.Hour)
	newer.source.Version = "9.9.9"
	secretFile := base
	secretFile.source.Vars = []VarSource{{File: "spare/spare.imapvars.hcl"}}
	for name, m := range map[string]made{
		"again":                                base,
		"at another time":                      later,
		"another version of required_version":  newer,
		"a secret by the environment":          base.in("IMAPFORM_VAR_secret", "swordfish"),
		"a secret by a file":                   secretFile.with("spare/spare.imapvars.hcl", "secret = \"swordfish\"\n"),
		"a file that only the password is of":  base.with("password", "hunter3"),
		"a value that is given in another way": base.with("imapform.imapvars.hcl", gone).in("IMAPFORM_VAR_plain", "b"),
		"a value that is overridden":           base.given("plain", "b"),
		"an environment that nothing asks for": base.in("LANG", "de_DE"),
		"another home that nothing asks for":   base.in("HOME", "/home/bo"),
		"a file that nothing reads":            base.with("lists.txt", "x"),
		"an unused file's text":                base.with("lists/a.txt", "y"),
	} {
		if fingerprintOf(t, dir, m) != want {
			t.Errorf("%s: the fingerprint is another one", name)
		}
	}
	named := base.with("main.imap.hcl", base.files["main.imap.hcl"]+"locals { named = file(\"${var.secret}.txt\") }\n", "hunter2.txt", "1", "swordfish.txt", "2")
	if fingerprintOf(t, dir, named) != fingerprintOf(t, dir, named.in("IMAPFORM_VAR_secret", "swordfish")) {
		t.Error("the name of a file that is secret is in the fingerprint")
	}
	moved := filepath.Join(t.TempDir(), "elsewhere")
	if fingerprintOf(t, moved, base) != want {
		t.Error("in another directory: the fingerprint is another one")
	}
}

// rest is a configuration but for what a test is about.
const rest = `
variable "plain" { default = "a" }
variable "secret" {
  sensitive = true
  default   = "a"
}
variable "secrets" {
  type      = list(string)
  sensitive = true
  default   = []
}
account "w" {
  host     = "h"
  username = "u"
  password = var.secret
}
`

// TestNoFingerprint: with what changes by itself, or with what may tell of something
// sensitive, there is none.
func TestNoFingerprint(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	for text, ok := range map[string]bool{
		`locals { x = "a" }`: true,
		`locals { x = timeadd("2026-01-01T00:00:00Z", "1h") }`:                                                                          true,
		`locals { x = plantimestamp() }`:                                                                                                false,
		`locals { x = var.plain == "b" ? plantimestamp() : "a" }`:                                                                       false,
		`locals { x = templatefile("clock.tmpl", {}) }`:                                                                                 false,
		`rule "r" {` + "\n match { where = message.subject == plantimestamp() }\n move_to = \"A\"\n}":                                   false,
		`rule "r" {` + "\n match { where = message.size > 10 }\n move_to = \"A\"\n}":                                                    true,
		`rule "r" {` + "\n match { everything = true }\n move_to = \"A/${message.subject}${formatdate(\"YYYY\", plantimestamp())}\"\n}": false,

		// What is sensitive reaches nothing, but a file may have been read for it.
		`locals { x = issensitive(var.plain) }`:                                                                                       true,
		`locals { x = issensitive(var.secret) }`:                                                                                      true,
		`locals { x = issensitive([var.secret]) }`:                                                                                    true,
		`locals { x = { a = "A", b = "B" }[var.secret] }`:                                                                             true,
		`locals { x = [for s in [var.secret] : { a = "A", b = "B" }[s]] }`:                                                            true,
		`locals { x = try([var.secret, "A"], ["B"])[1] }`:                                                                             true,
		`locals { x = keys({ a = var.secret }) }`:                                                                                     true,
		`locals { x = [var.secret, lower("A"), { a = 1 }[var.plain]] }`:                                                               true,
		`locals { x = [for s in [var.secret] : s] }`:                                                                                  true,
		`locals { x = [for s in var.secrets : upper(s)] }`:                                                                            true,
		`locals { x = length(var.secret) }`:                                                                                           true,
		`locals { x = max(1, [for s in var.secrets : 2]...) }`:                                                                        true,
		`locals { x = file("${var.secret}.txt") }`:                                                                                    true,
		`locals { x = [file("${var.secret}.txt")] }`:                                                                                  false,
		`locals { x = [for s in var.secrets : file(s)] }`:                                                                             true,
		`locals { x = sensitive(file("a.txt")) }`:                                                                                     true,
		`locals { x = [sensitive(file("a.txt")), 1] }`:                                                                                false,
		`locals { x = [issensitive(sensitive(1)), file("a.txt")] }`:                                                                   false,
		`locals { x = { secret = var.secret, text = file("a.txt") } }`:                                                                false,
		"locals {\n x = { a = var.secret, b = \"B\" }\n y = local.x.b\n}":                                                             true,
		"locals {\n x = { a = { s = var.secret, b = \"B\" } }\n y = local.x[var.plain].b\n}":                                          true,
		"locals { x = { a = { s = var.secret, b = \"B\" } } }\nfolder \"f\" {\n for_each = local.x\n name = each.value.b\n}":          true,
		"locals { x = { a = { s = var.secret, b = \"B\" } } }\nfolder \"f\" {\n for_each = local.x\n name = values(each.value)[0]\n}": true,
		"locals { x = { a = { s = var.secret, b = \"B\" } } }\nfolder \"f\" {\n for_each = local.x\n name = upper(each.value.b)\n}":   true,
		"locals {\n x = { a = { s = var.secret, b = \"B\" } }\n y = values(local.x)[0].b\n}":                                          true,
	} {
		m := made{files: map[string]string{"main.imap.hcl": rest + text + "\n", "clock.tmpl": "${plantimestamp()}", "a.txt": "A", "b.txt": "B"}}
		m.source.Now = planTime()
		print, got := m.load(t, dir).Fingerprint()
		if got != ok || (print != "") != ok {
			t.Errorf("%s: the fingerprint is %q, %t", text, print, got)
		}
		if other, _ := m.in("IMAPFORM_VAR_secret", "b").in("IMAPFORM_VAR_secrets", `["a.txt"]`).load(t, dir).Fingerprint(); other != print {
			t.Errorf("%s: with other secrets the fingerprint is another one", text)
		}
	}
	for text, ok := range map[string]bool{
		`{"locals": {"x": "${var.secret}"}}`:                   true,
		`{"locals": {"x": "${issensitive(var.secret)}"}}`:      true,
		`{"locals": {"x": ["${issensitive(var.secret)}"]}}`:    true,
		`{"locals": {"x": ["${sensitive(file(\"a.txt\"))}"]}}`: false,
	} {
		m := made{files: map[string]string{"main.imap.hcl": rest, "more.imap.json": text, "a.txt": "A"}}
		if _, got := m.load(t, dir).Fingerprint(); got != ok {
			t.Errorf("%s: %t", text, got)
		}
	}
}

// TestNoFingerprintWithoutALoad that was whole.
func TestNoFingerprintWithoutALoad(t *testing.T) {
	if print, ok := new(Config).Fingerprint(); ok || print != "" {
		t.Errorf("a configuration that nobody loaded has the fingerprint %q", print)
	}
	partial := made{files: map[string]string{"main.imap.hcl": rest}}.load(t, filepath.Join(t.TempDir(), "c"))
	partial.Partial = true
	if print, ok := partial.Fingerprint(); ok {
		t.Errorf("what is left out is not in the fingerprint %q", print)
	}
	for _, text := range []string{rest, rest + "variable \"more\" {}\n"} {
		cfg, problems := loadText(t, Source{Incomplete: true}, text)
		if cfg == nil {
			t.Fatal(problems)
		}
		if print, ok := cfg.Fingerprint(); ok {
			t.Errorf("an incomplete load has the fingerprint %q", print)
		}
	}
}

// TestFingerprintGoes where the time is asked for only for a message, of which there
// are several at the same time.
func TestFingerprintGoes(t *testing.T) {
	m := made{files: map[string]string{"main.imap.hcl": rest + `
rule "r" {
  match { where = [for s in [message.subject] : s == "x" ? plantimestamp() : "no"][0] == "no" }
  move_to = "A"
}
`}}
	m.source.Now = planTime()
	cfg := m.load(t, filepath.Join(t.TempDir(), "c"))
	cfg.inputs.refused.Store(false) // as if nothing had been worked out yet
	if _, ok := cfg.Fingerprint(); !ok {
		t.Fatal("there is none before")
	}
	var all sync.WaitGroup
	for range 4 {
		m := letter(t, "Subject: x")
		all.Go(func() {
			for range 10 {
				cfg.Accounts[0].Rules[0].Match.Judge(m, planTime())
				cfg.Fingerprint()
			}
		})
	}
	all.Wait()
	if print, ok := cfg.Fingerprint(); ok {
		t.Errorf("the time was asked for, and the fingerprint is %q", print)
	}
}

// TestFileAfterLoading: no expression over a message can read a file. If one could,
// that would be noticed.
func TestFileAfterLoading(t *testing.T) {
	for name, ask := range map[string]func(outside){
		"file":       func(o outside) { _, _ = o.text("x") },
		"fileexists": func(o outside) { _, _ = o.exists("x") },
		"fileset":    func(o outside) { _, _ = o.files(".", "*") },
	} {
		cfg := made{files: map[string]string{"main.imap.hcl": rest}}.load(t, filepath.Join(t.TempDir(), "c"))
		ask(outside{dir: t.TempDir(), inputs: cfg.inputs})
		if print, ok := cfg.Fingerprint(); ok {
			t.Errorf("%s: the fingerprint is %q", name, print)
		}
	}
}

// TestChangedMeanwhile: what was asked for twice and was not the same twice.
func TestChangedMeanwhile(t *testing.T) {
	i := &inputs{seen: map[digest]digest{}}
	i.note("a", "1")
	i.note("a", "1")
	if i.refused.Load() {
		t.Error("the same twice is refused")
	}
	i.note("a", "2")
	if !i.refused.Load() {
		t.Error("a file changed while it was read twice, and who got what is not known")
	}
}

func TestJoined(t *testing.T) {
	seen := map[string]int{}
	for i, texts := range [][]string{{}, {""}, {"", ""}, {"a"}, {"a", ""}, {"", "a"}, {"ab"}, {"a", "b"}, {"\x01a"}, {"\x01", "a"}, {joined("a", "b")}} {
		if other, ok := seen[joined(texts...)]; ok {
			t.Errorf("texts %d are joined as texts %d are", i, other)
		}
		seen[joined(texts...)] = i
	}
}
