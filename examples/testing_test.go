package examples

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/cli"
)

// testingPage is the page on tests of rules.
func testingPage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// The example of the page on tests gives what it shows, both when it passes and when
// a test of it fails.
func TestTestingPage(t *testing.T) {
	page := testingPage(t)
	dir := t.TempDir()
	for part := range strings.SplitSeq(page, "```hcl\n# ") {
		if name, text, ok := strings.Cut(part, "\n"); ok && strings.HasSuffix(name, ".hcl") {
			text, _, _ = strings.Cut(text, "```")
			if err := os.WriteFile(filepath.Join(dir, name), []byte("# "+name+"\n"+text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	shown := strings.Split(page, "```text\n")[1:]
	if len(shown) != 2 {
		t.Fatalf("the page shows %d outputs", len(shown))
	}
	for i := range shown {
		shown[i], _, _ = strings.Cut(shown[i], "```")
	}
	status, got := testIn(t, dir)
	if want := strings.TrimPrefix(shown[0], "$ imapform test\n"); status != 0 || got != want {
		t.Errorf("status %d:\n%s\nwant\n%s", status, got, want)
	}

	tests := filepath.Join(dir, "main.imaptest.hcl")
	source, err := os.ReadFile(tests)
	if err != nil {
		t.Fatal(err)
	}
	failing := strings.Replace(string(source), "    untouched  = true\n    left_alone = \"no value for move_to\"\n", "    folder = \"Tickets/Welcome\"\n", 1)
	if err := os.WriteFile(tests, []byte(failing), 0o600); err != nil {
		t.Fatal(err)
	}
	status, got = testIn(t, dir)
	if status != 1 || got != shown[1] {
		t.Errorf("status %d:\n%s\nwant\n%s", status, got, shown[1])
	}
}

func testIn(t *testing.T, dir string) (status int, output string) {
	t.Helper()
	var out, problems bytes.Buffer
	status = cli.Run(t.Context(), []string{"test"}, cli.Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problems, Dir: dir, Now: func() time.Time { return clock }, Version: "test",
	})
	if problems.Len() > 0 {
		t.Errorf("problems:\n%s", problems.String())
	}
	return status, out.String()
}

// The page names every argument of the blocks of tests, in the section of the block.
func TestTestingArguments(t *testing.T) {
	page := testingPage(t)
	var check func(b config.Block)
	check = func(b config.Block) {
		_, section, ok := strings.Cut(page, "\n## "+b.Name+"\n")
		if !ok {
			t.Errorf("there is no section on %s", b.Name)
		}
		section, _, _ = strings.Cut(section, "\n## ")
		for _, arg := range b.Arguments {
			if !strings.Contains(section, "`"+arg.Name+"`") {
				t.Errorf("%s of %s is not on the page", arg.Name, b.Name)
			}
		}
		for _, nested := range b.Blocks {
			check(nested)
		}
	}
	for _, b := range config.TestBlocks() {
		check(b)
	}
}
