// Package examples holds runnable configurations, one folder each, with the plan
// that each gives in its plan.txt.
package examples

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/cli"
)

var update = flag.Bool("update", false, "write the plan.txt files anew")

// clock is when the examples' mail is fresh.
var clock = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// run runs the program without a terminal.
func run(t *testing.T, args ...string) string {
	t.Helper()
	var out, problems bytes.Buffer
	status := cli.Run(t.Context(), args, cli.Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problems,
		Environ: []string{"IMAPFORM_STATE_DIR=" + filepath.Join(t.TempDir(), "state")},
		Dir:     t.TempDir(), Now: func() time.Time { return clock }, Version: "test",
	})
	if status != 0 {
		t.Fatalf("imapform %v: status %d\n%s%s", args, status, out.String(), problems.String())
	}
	return out.String()
}

// Each example validates and is formatted. One that brings its mail gives the plan
// that it shows, and once that is applied there is nothing to do; others are for
// servers that are not there.
func TestExamples(t *testing.T) {
	configurations, err := filepath.Glob("*/*.imap.hcl")
	if err != nil || len(configurations) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, path := range configurations {
		example := filepath.Dir(path)
		t.Run(example, func(t *testing.T) {
			all := t.TempDir() // one may use another's modules
			if err := os.CopyFS(all, os.DirFS(".")); err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(all, example)
			removeMade(t, dir)
			here := "-chdir=" + dir
			run(t, here, "fmt", "-check", "-recursive")
			run(t, here, "validate")
			run(t, here, "test")
			if _, err := os.Stat(filepath.Join(dir, "mail")); errors.Is(err, fs.ErrNotExist) {
				return
			}
			plan := run(t, here, "plan")
			compare(t, filepath.Join(example, "plan.txt"), plan)
			run(t, here, "apply", "-auto-approve")
			if again := run(t, here, "plan"); !strings.HasPrefix(again, "No changes.") {
				t.Errorf("after the apply:\n%s", again)
			}
		})
	}
}

// removeMade removes the Maildirs that somebody made by hand, perhaps.
func removeMade(t *testing.T, dir string) {
	t.Helper()
	made, err := filepath.Glob(filepath.Join(dir, "work*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, maildir := range made {
		if err := os.RemoveAll(maildir); err != nil {
			t.Fatal(err)
		}
	}
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what is planned:\n%s", file, got)
	}
}

// What the README shows of the first example is what is seen.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := os.ReadFile("quickstart/plan.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, ok := strings.Cut(string(readme), "```text\n")
	if !ok {
		t.Fatal("the README shows no plan")
	}
	shown, _, _ = strings.Cut(shown, "```")
	for part := range strings.SplitSeq(shown, "\n  …\n") {
		if !strings.Contains(string(plan), strings.Trim(part, "\n")) {
			t.Errorf("this part of the README is not in the plan:\n%s", part)
		}
	}
}

// What the README shows of other examples stands in them.
func TestReadmeExcerpts(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	excerpts := strings.Split(string(readme), "```hcl\n# examples/")[1:]
	if len(excerpts) < 2 {
		t.Errorf("there are %d excerpts", len(excerpts))
	}
	for _, excerpt := range excerpts {
		excerpt, _, _ = strings.Cut(excerpt, "```")
		path, excerpt, _ := strings.Cut(excerpt, "\n")
		source, err := os.ReadFile(filepath.FromSlash(path))
		if err != nil {
			t.Error(err)
			continue
		}
		for part := range strings.SplitSeq(excerpt, "\n…\n") {
			if !strings.Contains(string(source), part) {
				t.Errorf("this part of the README is not in %s:\n%s", path, part)
			}
		}
	}
}
