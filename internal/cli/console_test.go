package cli

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// runConsole runs the console command in an empty directory.
func runConsole(t *testing.T, stdin io.Reader, stdout io.Writer, args ...string) (Status, string) {
	t.Helper()
	var problems bytes.Buffer
	status := Run(t.Context(), append([]string{"console"}, args...), Env{Stdin: stdin, Stdout: stdout, Stderr: &problems, Dir: t.TempDir(), Now: time.Now})
	return Status(status), problems.String()
}

// refusing is a writer that nothing can be written to.
type refusing struct{}

func (refusing) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestConsoleStreams: what cannot be read or written is an error, told once.
func TestConsoleStreams(t *testing.T) {
	for name, test := range map[string]struct {
		stdin  io.Reader
		stdout io.Writer
		args   []string
		want   string
	}{
		"reading":          {iotest.ErrReader(errors.New("gone")), io.Discard, nil, "gone"},
		"reading the rest": {io.MultiReader(strings.NewReader("[\n"), iotest.ErrReader(errors.New("gone"))), io.Discard, nil, "gone"},
		"writing":          {strings.NewReader("1\n2\n3\n"), refusing{}, nil, "no space left"},
		"writing -e":       {strings.NewReader(""), refusing{}, []string{"-e", "1", "-e", "2"}, "no space left"},
		"writing JSON":     {strings.NewReader("1\n2\n"), refusing{}, []string{"-json"}, "no space left"},
	} {
		status, problems := runConsole(t, test.stdin, test.stdout, test.args...)
		if status != StatusError || strings.Count(problems, test.want) != 1 {
			t.Errorf("%s: status %d\n%s", name, status, problems)
		}
	}
}

// TestConsoleReadsLines: an expression of many lines takes no longer than as many
// of one.
func TestConsoleReadsLines(t *testing.T) {
	const lines = 20000
	var out bytes.Buffer
	status, problems := runConsole(t, strings.NewReader("length([\n"+strings.Repeat("  { a = \"(\" }, # ]\n", lines)+"])"), &out)
	if status != StatusOK || out.String() != "20000\n" {
		t.Errorf("status %d: %s%s", status, out.String(), problems)
	}
	out.Reset()
	if status, problems = runConsole(t, strings.NewReader(strings.Repeat("# none\n\n", lines)), &out); status != StatusOK || out.Len() > 0 {
		t.Errorf("status %d: %s%s", status, out.String(), problems)
	}
}
