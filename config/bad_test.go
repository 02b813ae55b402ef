package config

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
)

var update = flag.Bool("update", false, "write what is expected into testdata")

// TestBad loads what is wrong. An archive holds cases as folders; "want" in each is
// the full text of what is reported.
func TestBad(t *testing.T) {
	cases := 0
	for _, archive := range archives(t, "bad") {
		archive.each(t, func(t *testing.T, c *testCase) {
			cases++
			src := c.source(t)
			cfg, _, diags := Load(src)
			got := strings.ReplaceAll(diagnosticText(diags), src.Dir, "$DIR")
			if cfg != nil && diags.HasErrors() {
				t.Error("a Config was returned along with errors")
			}
			if !diags.HasErrors() {
				t.Error("nothing was reported")
			}
			checkWording(t, got)
			c.compare(t, got)
		})
	}
	if cases < 100 {
		t.Errorf("only %d cases were run", cases)
	}
}

// checkWording refuses texts that are no words for people, and secrets.
func checkWording(t *testing.T, text string) {
	t.Helper()
	if found := regexp.MustCompile(`cty\.|goroutine|panic|0x[0-9a-f]{6}|hunter2|\*config\.|%!|\x00|\\x00[a-z]`).FindString(text); found != "" {
		t.Errorf("a diagnostic contains %q:\n%s", found, text)
	}
}

// diagnosticText is everything that a diagnostic says.
func diagnosticText(diags hcl.Diagnostics) string {
	var b strings.Builder
	for _, d := range diags {
		at := "-"
		if d.Subject != nil {
			at = d.Subject.String()
		}
		fmt.Fprintf(&b, "%s: %s: %s\n", at, d.Summary, d.Detail)
		if module := ModuleOf(d); module != "" {
			fmt.Fprintf(&b, "    in %s\n", module)
		}
		if d.Expression == nil {
			continue
		}
		for _, ref := range d.Expression.Variables() {
			if key := instanceKey(ref.RootName(), d.EvalContext); key != "" {
				fmt.Fprintf(&b, "    with %s.key as %s\n", ref.RootName(), key)
			}
		}
	}
	return b.String()
}

// An archiveFile is a txtar archive of cases.
type archiveFile struct {
	path    string
	archive *txtar.Archive
}

func archives(t testing.TB, kind string) []*archiveFile {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", kind, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("archives of %s: %v %v", kind, paths, err)
	}
	var all []*archiveFile
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, &archiveFile{path, archive})
	}
	return all
}

// A testCase is the files of one folder of an archive.
type testCase struct {
	name  string
	files map[string]string
	got   string
}

func (a *archiveFile) each(t *testing.T, test func(*testing.T, *testCase)) {
	var names []string
	cases := map[string]*testCase{}
	for _, f := range a.archive.Files {
		name, file, ok := strings.Cut(f.Name, "/")
		if !ok {
			t.Fatalf("%s: %s is in no case", a.path, f.Name)
		}
		if cases[name] == nil {
			cases[name] = &testCase{name: name, files: map[string]string{}}
			names = append(names, name)
		}
		cases[name].files[file] = string(f.Data)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(a.path), ".txtar")+"/"+name, func(t *testing.T) { test(t, cases[name]) })
	}
	if *update {
		a.write(t, names, cases)
	}
}

// write puts what was got into the archive.
func (a *archiveFile) write(t *testing.T, names []string, cases map[string]*testCase) {
	var files []txtar.File
	for _, name := range names {
		for _, f := range a.archive.Files {
			if strings.HasPrefix(f.Name, name+"/") && f.Name != name+"/want" {
				files = append(files, f)
			}
		}
		files = append(files, txtar.File{Name: name + "/want", Data: []byte(cases[name].got)})
	}
	a.archive.Files = files
	if err := os.WriteFile(a.path, txtar.Format(a.archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// source writes the case's files. "env" holds lines NAME=value, "args" lines -var
// or -var-file.
func (c *testCase) source(t *testing.T) Source {
	t.Helper()
	src := Source{Dir: t.TempDir(), Environ: map[string]string{"HOME": "/home/ada"}, Version: "0.1.0"}
	for name, content := range c.files {
		switch name {
		case "want":
		case "env":
			for l := range strings.Lines(content) {
				k, v, _ := strings.Cut(strings.TrimSpace(l), "=")
				src.Environ[k] = v
			}
		case "args":
			for l := range strings.Lines(content) {
				l = strings.TrimSpace(l)
				if file, ok := strings.CutPrefix(l, "-var-file="); ok {
					src.Vars = append(src.Vars, VarSource{File: file})
				} else {
					k, v, _ := strings.Cut(strings.TrimPrefix(l, "-var="), "=")
					src.Vars = append(src.Vars, VarSource{Name: k, Value: v})
				}
			}
		default:
			path := filepath.Join(src.Dir, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return src
}

func (c *testCase) compare(t *testing.T, got string) {
	t.Helper()
	c.got = got
	if want := c.files["want"]; got != want && !*update {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !slices.Equal(strings.Split(got, "\n"), slices.Compact(strings.Split(got, "\n"))) {
		t.Errorf("something is reported twice:\n%s", got)
	}
}
