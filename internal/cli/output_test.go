package cli

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/imapform/imapform/internal/document"
)

// definition compiles a type of the schema of what is written for machines.
func definition(name string) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	return c.Compile(filepath.Join("..", "..", "docs", "plan.schema.json") + "#/$defs/" + name)
}

// holdsSchema holds a file against a type of the schema: Plan for a document, Line for
// a stream.
func holdsSchema(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: jsonschema TYPE FILE")
	}
	validator, err := definition(args[0])
	ts.Check(err)
	texts := []string{ts.ReadFile(args[1])}
	if args[0] == "Line" {
		texts = strings.SplitAfter(strings.TrimSuffix(texts[0], "\n"), "\n")
	}
	for _, text := range texts {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		ts.Check(err)
		ts.Check(validator.Validate(v))
	}
}

// linesOf are the lines of a stream, which is whole: it begins with the version, and
// its last line has the exit status.
func linesOf(t *testing.T, stream string, status Status) []document.Line {
	t.Helper()
	validator, err := definition("Line")
	if err != nil {
		t.Fatal(err)
	}
	var all []document.Line
	for text := range strings.Lines(stream) {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if err := validator.Validate(v); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		var line document.Line
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	if len(all) < 2 || all[0].Type != document.LineVersion || all[len(all)-1].Outcome == nil {
		t.Fatalf("this is no whole stream:\n%s", stream)
	}
	if o := all[len(all)-1].Outcome; o.ExitStatus != int(status) || o.Status != outcomes[status] {
		t.Errorf("the last line has %+v, the exit status is %d", o, status)
	}
	return all
}

func count(all []document.Line, kind document.LineType) int {
	n := 0
	for _, line := range all {
		if line.Type == kind {
			n++
		}
	}
	return n
}

// Of several accounts, those that fail are told with the others.
func TestStreamOfFleet(t *testing.T) {
	f := &fakeRun{accounts: map[string]*fakeAccount{"a": newFake(), "b": newFake(), "c": newFake()}}
	f.accounts["b"].refuse = errors.New("no route to host")
	status := f.run(t, "plan", "-json")
	if status != StatusError || f.stderr.String() != "" {
		t.Errorf("status %d, told:\n%s", status, f.stderr.String())
	}
	all := linesOf(t, f.stdout.String(), status)
	if n := count(all, document.LinePlannedChange); n != 4 {
		t.Errorf("%d changes are planned", n)
	}
	if !strings.Contains(f.stdout.String(), `"summary":"Cannot connect to account.b","detail":"no route to host","account":"account.b"`) {
		t.Errorf("it is not told that b failed:\n%s", f.stdout.String())
	}

	status = f.run(t, "apply", "-json", "-auto-approve")
	if status != StatusIncomplete || f.stderr.String() != "" {
		t.Errorf("status %d, told:\n%s", status, f.stderr.String())
	}
	all = linesOf(t, f.stdout.String(), status)
	started, completed, sums := count(all, document.LineApplyStart), count(all, document.LineApplyComplete), count(all, document.LineChangeSummary)
	if started == 0 || started != completed || sums != 2 {
		t.Errorf("%d steps began, %d are complete, %d sums:\n%s", started, completed, sums, f.stdout.String())
	}
	if !f.accounts["c"].has("B") {
		t.Error("nothing was applied")
	}
}

// A step that fails is a line, with the reason.
func TestStreamOfFailure(t *testing.T) {
	f := &fakeRun{accounts: map[string]*fakeAccount{"a": newFake()}}
	f.accounts["a"].creating = func(context.Context) error { return errors.New("over quota") }
	status := f.run(t, "apply", "-json", "-auto-approve")
	all := linesOf(t, f.stdout.String(), status)
	if count(all, document.LineApplyErrored) == 0 || !strings.Contains(f.stdout.String(), "over quota") || status == StatusOK {
		t.Errorf("status %d:\n%s", status, f.stdout.String())
	}
}

// Flags that cannot be meant together are refused before anything is done: no server is
// asked, and no file is touched.
func TestOutputRefuses(t *testing.T) {
	f := &fakeRun{accounts: map[string]*fakeAccount{"a": newFake()}}
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	if status := f.run(t, "plan", "-out="+in("x.plan")); status != StatusOK {
		t.Fatal(f.stderr.String())
	}
	if err := os.Link(in("x.plan"), in("linked.plan")); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(in("x.plan"))
	if err != nil {
		t.Fatal(err)
	}
	dialed := f.accounts["a"].dialed
	for _, c := range []struct {
		args string
		want string
	}{
		{"plan -json -markdown", "The flags -json and -markdown exclude each other"},
		{"plan -json -summary", "The flags -json and -summary exclude each other"},
		{"plan -markdown -summary", "The flags -markdown and -summary exclude each other"},
		{"plan -markdown -markdown-into=DIR/x.md", "The flags -markdown and -markdown-into exclude each other"},
		{"plan -json -json-into=DIR/x.jsonl", "The flags -json and -json-into exclude each other"},
		{"plan -json -samples=3", "The flags -json and -samples exclude each other"},
		{"plan -summary -samples=3", "The flags -summary and -samples exclude each other"},
		{"apply -json -auto-approve -json-into=DIR/x.jsonl", "The flags -json and -json-into exclude each other"},
		{"apply -json -auto-approve -samples=3", "The flags -json and -samples exclude each other"},
		{"plan -out=DIR/x.plan -json-into=DIR/x.plan", "A file is named twice"},
		{"plan -out=DIR/x.plan -json-into=DIR/linked.plan", "A file is named twice"},
		{"plan -markdown-into=DIR/new -json-into=DIR/./new", "A file is named twice"},
		{"plan -markdown-into=DIR/x.plan -out=DIR/x.plan", "A file is named twice"},
		{"apply -json-into=DIR/x.plan DIR/x.plan", "A file is named twice"},
		{"plan -json-into=DIR/gone/x.jsonl", "Cannot write to DIR/gone/x.jsonl"},
		{"plan -json-into=DIR", "Cannot write to DIR"},
		{"plan -json-into=DIR/main.imap.hcl", "would be read as a part of the configuration"},
		{"plan -json-into=", "write it as -json-into=FILE"},
		{"plan -markdown-into=", "write it as -markdown-into=FILE"},
		{"plan -markdown-into=DIR/gone/x.md", "Cannot write to DIR/gone/x.md"},
		{"show -json -markdown DIR/x.plan", "The flags -json and -markdown exclude each other"},
		{"show -markdown", "The flag -markdown is for saved plans"},
	} {
		args := strings.Fields(strings.ReplaceAll(c.args, "DIR", dir))
		status := f.run(t, args...)
		told := strings.Join(strings.Fields(f.stderr.String()), " ")
		if status != StatusError || f.stdout.String() != "" || !strings.Contains(strings.ReplaceAll(told, dir, "DIR"), c.want) {
			t.Errorf("%s: status %d\n%s\n%s", c.args, status, f.stdout.String(), f.stderr.String())
		}
	}
	if f.accounts["a"].dialed != dialed {
		t.Error("a server was asked")
	}
	if after, err := os.ReadFile(in("x.plan")); err != nil || string(after) != string(before) {
		t.Errorf("the plan was changed: %v", err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Errorf("files were made: %v, %v", files, err)
	}
}

// limitedWriter writes so many octets.
type limitedWriter struct{ left int }

var errFull = errors.New("no space left")

func (w *limitedWriter) Write(b []byte) (int, error) {
	if w.left < len(b) {
		return 0, errFull
	}
	w.left -= len(b)
	return len(b), nil
}

// A stream that cannot be written is an error, which is told as text; what was done is
// done, and the status of that counts for more.
func TestStreamThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.imap.hcl"), []byte("account \"a\" {\n  maildir = \"mail\"\n}\nfolder \"x\" {\n  name = \"X\"\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	emptyMaildir(t, dir)
	for _, octets := range []int{0, 200} {
		var told transcript
		status := Run(t.Context(), []string{"plan", "-json"}, Env{Stdin: strings.NewReader(""), Stdout: &limitedWriter{octets}, Stderr: &told, Dir: dir, Now: time.Now, Version: "0.1.0"})
		if status != int(StatusError) || !strings.Contains(told.String(), "Cannot write to standard output") || !strings.Contains(told.String(), "no space left") {
			t.Errorf("after %d octets: status %d:\n%s", octets, status, told.String())
		}
	}
	if got := worse(StatusIncomplete, StatusError); got != StatusIncomplete {
		t.Errorf("the status of an apply became %d", got)
	}
}

// However a run ends, its stream ends with the status.
func TestStreamEnds(t *testing.T) {
	t.Run("bug", func(t *testing.T) {
		var out, told transcript
		inv := newInvocation(Env{Stdout: &out, Stderr: &told, Now: time.Now, Version: "0.1.0"})
		var status Status
		func() {
			defer func() { status = inv.crashed(recover()) }()
			inv.told(output{json: true}, func() Status { panic("boom") })
		}()
		if all := linesOf(t, out.String(), status); count(all, document.LineDiagnostic) != 1 || !strings.Contains(out.String(), "This is a bug") {
			t.Errorf("written:\n%s", out.String())
		}
	})
	t.Run("stopped at once", func(t *testing.T) {
		f := &fakeRun{accounts: map[string]*fakeAccount{"a": newFake()}, signals: make(chan os.Signal)}
		waiting, release := make(chan struct{}), make(chan struct{})
		defer close(release)
		f.accounts["a"].listing = waits(waiting, release)
		go func() {
			<-waiting
			f.signals <- os.Interrupt
			time.Sleep(sameSignal + 50*time.Millisecond)
			f.signals <- os.Interrupt
		}()
		status := f.run(t, "plan", "-json")
		linesOf(t, f.stdout.String(), status)
		if status != StatusError || f.stderr.String() != "" || !strings.Contains(f.stdout.String(), "Stopped at once") {
			t.Errorf("status %d\n%s\n%s", status, f.stdout.String(), f.stderr.String())
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		f := &fakeRun{accounts: map[string]*fakeAccount{"a": newFake()}, signals: make(chan os.Signal)}
		waiting := make(chan struct{})
		f.accounts["a"].listing = waits(waiting, nil)
		go func() {
			<-waiting
			f.signals <- os.Interrupt
		}()
		status := f.run(t, "plan", "-json")
		linesOf(t, f.stdout.String(), status)
		if status != StatusError || !strings.Contains(f.stdout.String(), `"summary":"Interrupted: stopping"`) || !strings.Contains(f.stdout.String(), `"summary":"Interrupted","detail":"Nothing was changed."`) {
			t.Errorf("status %d\n%s", status, f.stdout.String())
		}
	})
}

// waits tells that a server is being asked, and answers only once it is released or
// the run does not want to know any more. Without a release only the latter.
func waits(waiting chan<- struct{}, release <-chan struct{}) func(context.Context) error {
	return func(ctx context.Context) error {
		close(waiting)
		if release != nil {
			<-release
			return errLost
		}
		<-ctx.Done()
		return ctx.Err()
	}
}
