// Package lint holds what checks the examples with other people's linters. It is a
// module of its own, so that the program does not depend on them.
package lint

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rhysd/actionlint"
)

// actionlint finds nothing to complain of, neither in the workflows nor in their
// scripts where shellcheck is installed.
func TestGitHubActions(t *testing.T) {
	workflows, err := filepath.Glob("../github-actions/.github/workflows/*.yml")
	if err != nil || len(workflows) != 2 {
		t.Fatalf("workflows: %q, %v", workflows, err)
	}
	shellcheck, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Log("shellcheck is not installed: the scripts in the workflows are not looked at")
	}
	var out bytes.Buffer
	linter, err := actionlint.NewLinter(&out, &actionlint.LinterOptions{Shellcheck: shellcheck})
	if err != nil {
		t.Fatal(err)
	}
	found, err := linter.LintFiles(workflows, nil)
	if err != nil || len(found) > 0 {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// A linter that finds nothing may not have looked.
func TestGitHubActionsMistake(t *testing.T) {
	workflow := read(t, "../github-actions/.github/workflows/plan.yml")
	broken := bytes.Replace(workflow, []byte("pull-requests: write"), []byte("pull-request: write"), 1)
	linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if found, err := linter.Lint("plan.yml", broken, nil); err != nil || len(found) == 0 {
		t.Errorf("a scope that there is not is fine: %v", err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
