package check

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/imapform/imapform/config"
)

var update = flag.Bool("update", false, "write what is expected into testdata")

// TestFound checks configurations in which something is in vain or dangerous. A
// folder of the archive is a case; "want" in it is all that is said.
func TestFound(t *testing.T) {
	archive := read(t, "found.txtar")
	for name, c := range archive.cases {
		t.Run(name, func(t *testing.T) {
			diags := Config(load(t, c))
			if len(diags) == 0 {
				t.Error("nothing is found")
			}
			compare(t, archive, name, text(diags))
		})
	}
	archive.write(t)
}

// TestSilent checks configurations of which nothing may be said, however much they
// look as if.
func TestSilent(t *testing.T) {
	archive := read(t, "silent.txtar")
	for name, c := range archive.cases {
		t.Run(name, func(t *testing.T) {
			if diags := Config(load(t, c)); len(diags) > 0 {
				t.Errorf("said:\n%s", text(diags))
			}
		})
	}
	if found := read(t, "found.txtar"); len(archive.cases) < len(found.cases) {
		t.Errorf("%d cases are silent, %d are not: false alarms need at least as many", len(archive.cases), len(found.cases))
	}
}

// TestExamples: what is shown to people is neither in vain nor dangerous.
func TestExamples(t *testing.T) {
	dirs, err := filepath.Glob("../../examples/*/main.imap.hcl")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("examples: %v %v", dirs, err)
	}
	for _, main := range dirs {
		cfg, _, diags := config.Load(config.Source{Dir: filepath.Dir(main), Environ: map[string]string{"HOME": "/home/ada"}, Incomplete: true})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if said := Config(cfg); len(said) > 0 {
			t.Errorf("%s:\n%s", main, text(said))
		}
	}
}

type cases struct {
	path    string
	order   []string
	cases   map[string]map[string]string // by case and file
	changed bool
}

func read(t *testing.T, name string) *cases {
	t.Helper()
	path := filepath.Join("testdata", name)
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := &cases{path: path, cases: map[string]map[string]string{}}
	for _, f := range archive.Files {
		name, file, ok := strings.Cut(f.Name, "/")
		if !ok {
			t.Fatalf("%s: %s is in no case", path, f.Name)
		}
		if all.cases[name] == nil {
			all.cases[name] = map[string]string{}
		}
		if all.cases[name][file] != "" {
			t.Fatalf("%s: %s is there twice", path, f.Name)
		}
		all.cases[name][file] = string(f.Data)
		all.order = append(all.order, f.Name)
	}
	return all
}

func compare(t *testing.T, archive *cases, name, got string) {
	t.Helper()
	want := archive.cases[name]["want"]
	if found := regexp.MustCompile(`cty|goroutine|%!|\x00|<nil>|\*config`).FindString(got); found != "" {
		t.Errorf("%q is no word for people:\n%s", found, got)
	}
	if got == want {
		return
	}
	if !*update {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, there := archive.cases[name]["want"]; !there {
		last := slices.IndexFunc(archive.order, func(f string) bool { return strings.HasPrefix(f, name+"/") })
		for last+1 < len(archive.order) && strings.HasPrefix(archive.order[last+1], name+"/") {
			last++
		}
		archive.order = slices.Insert(archive.order, last+1, name+"/want")
	}
	archive.cases[name]["want"], archive.changed = got, true
}

func (c *cases) write(t *testing.T) {
	if !*update || !c.changed {
		return
	}
	archive := &txtar.Archive{}
	for _, file := range c.order {
		name, rest, _ := strings.Cut(file, "/")
		archive.Files = append(archive.Files, txtar.File{Name: file, Data: []byte(c.cases[name][rest])})
	}
	if err := os.WriteFile(c.path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// load loads a case. Where it declares no account there is one.
func load(t testing.TB, files map[string]string) *config.Config {
	t.Helper()
	dir := t.TempDir()
	account := `account "a" { maildir = "mail" }`
	for name, content := range files {
		if name == "want" {
			continue
		}
		if strings.Contains(content, "account \"") {
			account = ""
		}
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "00.imap.hcl"), []byte(account), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, _, diags := config.Load(config.Source{Dir: dir, Environ: map[string]string{"HOME": "/home/ada"}, Version: "0.1.0"})
	if diags.HasErrors() {
		t.Fatal(text(diags))
	}
	return cfg
}

func text(diags hcl.Diagnostics) string {
	var b strings.Builder
	for _, d := range diags {
		severity := "warning"
		if d.Severity == hcl.DiagError {
			severity = "error"
		}
		fmt.Fprintf(&b, "%s: %s: %s: %s\n", severity, d.Subject, d.Summary, d.Detail)
	}
	return b.String()
}
