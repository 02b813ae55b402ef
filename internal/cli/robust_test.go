package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPanic: a bug ends with a message and a status, and shows no value.
func TestPanic(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
	}{{"plan", []string{"plan"}}, {"apply", []string{"apply", "-auto-approve"}}} {
		account := newFake()
		run := fakeRun{accounts: map[string]*fakeAccount{"work": account}}
		if c.name == "plan" {
			account.listing = func(context.Context) error { panic("hunter2") }
		} else {
			account.creating = func(context.Context) error { panic("hunter2") }
		}
		status := run.run(t, c.args...)
		got := run.stderr.String()
		if !strings.Contains(got, "This is a bug in imapform") && !strings.Contains(got, "Please report it") || !strings.Contains(got, "robust_test.go:") || strings.Contains(got, "hunter2") {
			t.Errorf("%s: got %s", c.name, got)
		}
		if want := map[string]Status{"plan": StatusError, "apply": StatusIncomplete}[c.name]; status != want {
			t.Errorf("%s: status %d", c.name, status)
		}
	}
}

// TestInterruptedWhileReading: what talks to no server ends at once.
func TestInterruptedWhileReading(t *testing.T) {
	signals := make(chan os.Signal, 1)
	signals <- os.Interrupt
	stdin, w := io.Pipe()
	defer w.Close()
	var out, err transcript
	ended := make(chan int, 1)
	go func() {
		ended <- Run(t.Context(), []string{"fmt", "-"}, Env{Stdin: stdin, Stdout: &out, Stderr: &err, Dir: t.TempDir(), Now: time.Now, Signals: signals})
	}()
	select {
	case status := <-ended:
		if status != int(StatusError) || !strings.Contains(err.String(), "Interrupted") {
			t.Errorf("status %d: %s", status, err.String())
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the interrupt did nothing")
	}
}

// runIn runs the program in a directory.
func runIn(t *testing.T, dir, stdin string, environ []string, args ...string) (int, string) {
	t.Helper()
	var out transcript
	status := Run(t.Context(), args, Env{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &out, Dir: dir, Environ: environ, Now: time.Now})
	return status, out.String()
}

func TestFormatRefuses(t *testing.T) {
	dir := t.TempDir()
	if status, got := runIn(t, dir, strings.Repeat("[", 100_000), nil, "fmt", "-"); status != int(StatusFormatError) || !strings.Contains(got, "Too deep") {
		t.Errorf("deep: status %d: %.300s", status, got)
	}
	if status, got := runIn(t, dir, "x = \"hunter2\n", nil, "fmt", "-"); status != int(StatusFormatError) || strings.Contains(got, "hunter2") {
		t.Errorf("a line of standard input is shown: status %d: %s", status, got)
	}
	if status, _ := runIn(t, dir, "", []string{`IMAPFORM_CLI_ARGS="x`}, "fmt"); status != int(StatusFormatError) {
		t.Errorf("quotation mark in IMAPFORM_CLI_ARGS: status %d", status)
	}
	if _, got := runIn(t, dir, "", nil, "version", "-no-color=zz"); !strings.Contains(got, "write true or false") {
		t.Errorf("got %s", got)
	}
	name := filepath.Join(dir, "a\x1b[2J.imap.hcl")
	if err := os.WriteFile(name, []byte("a=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, got := runIn(t, dir, "", nil, "fmt"); strings.Contains(got, "\x1b") || !strings.Contains(got, `a\x1b[2J.imap.hcl`) {
		t.Errorf("got %q", got)
	}
}

// TestFormatGoesOn: one directory that cannot be read does not stop the others.
func TestFormatGoesOn(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("the superuser can read everything")
	}
	dir := t.TempDir()
	for _, below := range []string{"a", "b"} {
		if err := os.Mkdir(filepath.Join(dir, below), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, below, "x.imap.hcl"), []byte("a=1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "a"), 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Join(dir, "a"), 0o700)
	status, got := runIn(t, dir, "", nil, "fmt", "-recursive")
	if status != int(StatusFormatError) || !strings.Contains(got, "Cannot format a") || !strings.Contains(got, "b/x.imap.hcl") {
		t.Errorf("status %d: %s", status, got)
	}
}

func TestInputEnvironment(t *testing.T) {
	for value, want := range map[string]bool{"": true, "1": true, "true": true, "0": false, "no": false, "False": false, "off": false} {
		inv := newInvocation(Env{Environ: []string{"IMAPFORM_INPUT=" + value}})
		e := planEntry()
		c := e.make(inv).(*planCommand)
		page := e.page(inv)
		if _, err := inv.parseFlags(e, c, nil); err != nil || c.input != want {
			t.Errorf("%q: %t, %v", value, c.input, err)
		}
		found := false
		for _, row := range page.Sections[0].Rows {
			found = found || row.Word == "-input=false"
		}
		if !found {
			t.Errorf("%q: the help does not show -input=false", value)
		}
	}
}

// TestMayAskOnlyWhereTheQuestionIsSeen: the question stands on standard error.
func TestMayAskOnlyWhereTheQuestionIsSeen(t *testing.T) {
	for _, seen := range []bool{true, false} {
		c := &applyCommand{planFlags: planFlags{input: true}}
		if err := c.mayAsk(newInvocation(Env{StdinTerminal: true, StderrTerminal: seen})); (err == nil) != seen {
			t.Errorf("seen: %t: %v", seen, err)
		}
	}
}
