package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// docs/ci.md has what each exit status means, as help has it, and no other page has it
// once more.
func TestExitStatusPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	table := "## Exit statuses\n\n| status | meaning |\n|---|---|\n"
	for _, s := range statuses {
		table += fmt.Sprintf("| %d | %s |\n", s.status, s.meaning)
	}
	if !strings.Contains(string(page), table+"\n") {
		t.Errorf("docs/ci.md does not have this:\n%s", table)
	}
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) < 5 {
		t.Fatalf("pages: %q, %v", pages, err)
	}
	for _, path := range append(pages, "../../README.md") {
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		if filepath.Base(path) == "ci.md" {
			want = 1
		}
		if n := strings.Count(string(page), "| status | meaning |"); n != want {
			t.Errorf("%s has %d tables of exit statuses", path, n)
		}
	}
}
