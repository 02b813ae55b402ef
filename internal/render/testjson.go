package render

import (
	"encoding/json"
	"io"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/document"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/rehearse"
)

// A TestStream writes what becomes of tests as JSON, one object a line, as
// Terraform's test command does.
type TestStream struct {
	w     io.Writer
	files config.Files
	now   func() time.Time
}

// The objects of the stream; each is an event with what its type says.
type (
	event struct {
		Level   string `json:"@level"`
		Message string `json:"@message"`
		Module  string `json:"@module"`
		File    string `json:"@testfile,omitempty"`
		Test    string `json:"@testrun,omitempty"`
		Time    string `json:"@timestamp"`
		Type    string `json:"type"`

		Program    string              `json:"imapform,omitempty"`
		Format     string              `json:"ui,omitempty"`
		Abstract   map[string][]string `json:"test_abstract,omitempty"`
		Run        *testRun            `json:"test_run,omitempty"`
		TestFile   *testFile           `json:"test_file,omitempty"`
		Summary    *testSummary        `json:"test_summary,omitempty"`
		Diagnostic *diagnostic         `json:"diagnostic,omitempty"`
	}
	testFile struct {
		Path     string `json:"path"`
		Progress string `json:"progress"`
		Status   string `json:"status"`
	}
	testRun struct {
		Path     string        `json:"path"`
		Run      string        `json:"run"`
		Progress string        `json:"progress"`
		Status   string        `json:"status"`
		Elapsed  int64         `json:"elapsed"` // in milliseconds
		Messages []testMessage `json:"messages,omitempty"`
	}
	testMessage struct {
		Name    string     `json:"name,omitempty"`
		Folder  *string    `json:"folder"` // null: it is gone for good
		Flags   []string   `json:"flags"`
		Copies  []string   `json:"copies"`
		Touched bool       `json:"touched"`
		Causes  []string   `json:"causes"`
		Left    []testLeft `json:"left_alone"`
	}
	testLeft struct {
		Rule   string `json:"rule,omitempty"`
		Reason string `json:"reason"`
	}
	testSummary struct {
		Status  string `json:"status"`
		Passed  int    `json:"passed"`
		Failed  int    `json:"failed"`
		Errored int    `json:"errored"`
		Skipped int    `json:"skipped"`
	}
)

// NewTestStream begins a stream; the files are those that diagnostics point into.
func NewTestStream(w io.Writer, version string, files config.Files, now func() time.Time) (*TestStream, error) {
	s := &TestStream{w: w, files: files, now: now}
	return s, s.write(event{Type: "version", Message: "imapform " + version, Program: version, Format: "1.0"})
}

func (s *TestStream) write(e event) error {
	e.Module, e.Time = "imapform.ui", s.now().UTC().Format(time.RFC3339Nano)
	if e.Level == "" {
		e.Level = "info"
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return ValueJSON(s.w, line)
}

// Problems writes problems that are about no single test.
func (s *TestStream) Problems(diags hcl.Diagnostics) error { return s.problems(diags, "", "") }

func (s *TestStream) problems(diags hcl.Diagnostics, file, test string) error {
	for _, d := range diags {
		shown := diagnosticOf(d, s.files)
		level := map[document.Severity]string{document.SeverityError: "error", document.SeverityWarning: "warn"}[shown.Severity]
		e := event{Type: "diagnostic", Level: level, Message: string(pick(level == "error", "Error: ", "Warning: ")) + d.Summary, File: file, Test: test, Diagnostic: &shown}
		if err := s.write(e); err != nil {
			return err
		}
	}
	return nil
}

// Abstract writes which tests are about to be run, by file.
func (s *TestStream) Abstract(tests map[string][]string) error {
	n := 0
	for _, names := range tests {
		n += len(names)
	}
	return s.write(event{Type: "test_abstract", Message: string("Found " + count(len(tests), "file") + " and " + count(n, "test")), Abstract: tests})
}

// Tests writes what became of a file's tests.
func (s *TestStream) Tests(f TestFile) error {
	status := "pass"
	for i, r := range f.Results {
		said := statusWord(r.Status)
		if r.Status != rehearse.Pass {
			status = "fail"
		}
		run := &testRun{Path: f.Name, Run: r.Test.Name, Progress: "complete", Status: said, Elapsed: f.Took[i].Milliseconds(), Messages: testMessages(r)}
		if err := s.write(event{Type: "test_run", Message: "  \"" + r.Test.Name + "\"... " + said, File: f.Name, Test: r.Test.Name, Run: run}); err != nil {
			return err
		}
		if err := s.problems(r.Problems, f.Name, r.Test.Name); err != nil {
			return err
		}
	}
	return s.write(event{Type: "test_file", Message: f.Name + "... " + status, File: f.Name, TestFile: &testFile{f.Name, "complete", status}})
}

func statusWord(s rehearse.Status) string {
	return map[rehearse.Status]string{rehearse.Pass: "pass", rehearse.Fail: "fail", rehearse.Error: "error"}[s]
}

func testMessages(r rehearse.Result) []testMessage {
	var all []testMessage
	for i, o := range r.Outcomes {
		m := testMessage{
			Name: r.Test.Messages[i].Label, Touched: o.Touched,
			Flags: []string{}, Copies: []string{}, Causes: append([]string{}, o.Causes...), Left: []testLeft{},
		}
		if o.Folder != "" {
			folder := string(o.Folder)
			m.Folder = &folder
		}
		for _, f := range o.Flags {
			m.Flags = append(m.Flags, mailbox.FlagWord(f))
		}
		for _, to := range o.Copies {
			m.Copies = append(m.Copies, string(to))
		}
		for _, l := range o.Left {
			m.Left = append(m.Left, testLeft{l.Rule, l.Reason})
		}
		all = append(all, m)
	}
	return all
}

// Summary ends the stream.
func (s *TestStream) Summary(c TestCounts) error {
	status, head := "pass", "Success! "
	if c.Failed > 0 {
		status, head = "fail", "Failure! "
	}
	return s.write(event{Type: "test_summary", Message: head + string(c.words()), Summary: &testSummary{status, c.Passed, c.Failed - c.Errored, c.Errored, c.Skipped}})
}
