// Package examples holds runnable configurations, one folder each, with the plan
// that each gives in its plan.txt.
package examples

import (
	"bytes"
	"flag"
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
		Dir: t.TempDir(), Now: func() time.Time { return clock }, Version: "test",
	})
	if status != 0 {
		t.Fatalf("imapform %v: status %d\n%s%s", args, status, out.String(), problems.String())
	}
	return out.String()
}

// Each example validates, is formatted, gives the plan that it shows, and once
// that is applied there is nothing to do.
func TestExamples(t *testing.T) {
	configurations, err := filepath.Glob("*/*.imap.hcl")
	if err != nil || len(configurations) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, path := range configurations {
		example := filepath.Dir(path)
		t.Run(example, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(example)); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(filepath.Join(dir, "work")); err != nil { // made by hand, perhaps
				t.Fatal(err)
			}
			here := "-chdir=" + dir
			run(t, here, "fmt", "-check")
			run(t, here, "validate")
			plan := run(t, here, "plan")
			compare(t, filepath.Join(example, "plan.txt"), plan)
			run(t, here, "apply", "-auto-approve")
			if again := run(t, here, "plan"); !strings.HasPrefix(again, "No changes.") {
				t.Errorf("after the apply:\n%s", again)
			}
		})
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
