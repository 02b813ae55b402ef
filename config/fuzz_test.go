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
