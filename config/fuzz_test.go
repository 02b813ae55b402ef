package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzLoad: no file, in either syntax, breaks the loader; each problem is reported
// once and in words.
func FuzzLoad(f *testing.F) {
	for _, kind := range []string{"good", "bad"} {
		for _, archive := range archives(f, kind) {
			for _, file := range archive.archive.Files {
				if isConfigFile(file.Name) {
					f.Add(file.Data, strings.HasSuffix(file.Name, ".json"))
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, json bool) {
		name := "main.imap.hcl"
		if json {
			name = "main.imap.json"
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, incomplete := range []bool{false, true} {
			cfg, _, diags := Load(Source{Dir: dir, Incomplete: incomplete, Version: "0.1"})
			if (cfg == nil) != diags.HasErrors() {
				t.Fatalf("config %v with %s", cfg, diagnosticText(diags))
			}
			said := map[string]bool{}
			for _, d := range diags {
				key := fmt.Sprintf("%v %s %s %s", d.Subject, d.Summary, d.Detail, diagnosticKey(d))
				if said[key] {
					t.Errorf("reported twice: %s", key)
				}
				said[key] = true
				if strings.Contains(d.Detail, "goroutine ") {
					t.Errorf("a stack is shown: %s", d.Detail)
				}
			}
		}
	})
}

// BenchmarkLoad loads 5,000 folders and 2,000 rules, half of them instances.
func BenchmarkLoad(b *testing.B) {
	var text strings.Builder
	text.WriteString("account \"work\" { maildir = \"m\" }\nlocals {\n  lists = { for i in range(1000) : format(\"list-%d\", i) => format(\"list-%d.example.com\", i) }\n}\n")
	for i := range 2500 {
		fmt.Fprintf(&text, "folder \"f%d\" {\n  name = \"Folders/%d\"\n}\n", i, i)
	}
	for group := range 2 {
		fmt.Fprintf(&text, "folder \"list%d\" {\n  for_each = local.lists\n  name = \"Lists/%d/${each.key}\"\n}\n", group, group)
	}
	text.WriteString("folder \"half\" {\n  for_each = toset([for i in range(500) : tostring(i)])\n  name = \"Half/${each.key}\"\n}\n")
	for i := range 1000 {
		fmt.Fprintf(&text, "rule \"r%d\" {\n  match {\n    from = \"a%d@example.com\"\n    subject = { regex = \"x%d\" }\n  }\n  move_to = folder.f%d.name\n}\n", i, i, i, i)
	}
	text.WriteString("rule \"list\" {\n  for_each = local.lists\n  match { list_id = each.value }\n  move_to = folder.list0[each.key].name\n}\n")
	for b.Loop() {
		cfg, problems := loadText(b, Source{}, text.String())
		if cfg == nil || len(cfg.Accounts[0].Folders) != 5000 || len(cfg.Accounts[0].Rules) != 2000 {
			b.Fatal(problems)
		}
	}
}

// FuzzModules: no configuration of several files, one of which is a module's, breaks
// the loader; a secret that goes through the module is in no folder's name and in
// nothing that is reported.
func FuzzModules(f *testing.F) {
	for _, kind := range []string{"good", "bad"} {
		for _, archive := range archives(f, kind) {
			cases := map[string]map[string][]byte{}
			for _, file := range archive.archive.Files {
				name, rest, _ := strings.Cut(file.Name, "/")
				if cases[name] == nil {
					cases[name] = map[string][]byte{}
				}
				cases[name][rest] = file.Data
			}
			for _, files := range cases {
				f.Add(files["main.imap.hcl"], files["m/main.imap.hcl"])
			}
		}
	}
	f.Add([]byte("module \"x\" {\n  for_each = { hunter = var.secret }\n  source = \"./m\"\n  a = each.value\n}\nfolder \"x\" { name = module.x[\"hunter\"].a }\n"), []byte("variable \"a\" {}\nfolder \"a\" { name = var.a }\noutput \"a\" { value = [for k, v in { (var.a) = 1 } : k][0] }\n"))
	const secret = "correct-horse-battery"
	const root = "account \"fuzzed\" { maildir = \"m\" }\nvariable \"secret\" {\n  type = string\n  sensitive = true\n}\n"
	f.Fuzz(func(t *testing.T, text, module []byte) {
		if strings.Contains(string(text)+string(module), "battery") {
			t.Skip() // no secret any more
		}
		dir := modulesIn(t, map[string]string{"a.imap.hcl": root, "main.imap.hcl": string(text), "m/main.imap.hcl": string(module)})
		for _, incomplete := range []bool{false, true} {
			cfg, _, diags := Load(Source{Dir: dir, Incomplete: incomplete, Version: "0.1", Environ: map[string]string{"IMAPFORM_VAR_secret": secret}})
			if (cfg == nil) != diags.HasErrors() {
				t.Fatalf("config %v with %s", cfg, diagnosticText(diags))
			}
			said := diagnosticText(diags)
			if strings.Contains(said, secret) || strings.Contains(said, "goroutine ") {
				t.Errorf("reported: %s", said)
			}
			if cfg == nil {
				continue
			}
			for _, a := range cfg.Accounts {
				for _, folder := range a.Folders {
					if strings.Contains(string(folder.Name)+folder.Address, secret) {
						t.Errorf("the folder %q of %s", folder.Name, folder.Address)
					}
				}
				for _, rule := range a.Rules {
					if strings.Contains(fmt.Sprint(rule.Address, rule.In, rule.NotIn, rule.MoveTo, rule.CopyTo, rule.AddFlags, rule.Description), secret) {
						t.Errorf("the rule %s", rule.Address)
					}
				}
			}
		}
	})
}
