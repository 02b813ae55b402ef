package render

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/rehearse"
)

// testFileOf is a file with tests of every status, whose names nobody should have.
func testFileOf() TestFile {
	named := func(name string) *config.Test {
		return &config.Test{Name: name, Title: name, Declared: hcl.Range{Filename: "a.imaptest.hcl", Start: hcl.Pos{Line: 3}}}
	}
	problem := hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Wrong \x1b[31m", Detail: "]]> & <b> \x00 \ufffe \u202e"}}
	return TestFile{
		Name: "a.imaptest.hcl",
		Results: []rehearse.Result{
			{Test: named(`passes <&"`)},
			{Test: named("fails\x01\ufffe"), Status: rehearse.Fail, Problems: problem},
			{Test: named("cannot be run"), Status: rehearse.Error, Problems: problem},
		},
		Took: []time.Duration{time.Millisecond, 1500 * time.Millisecond, 0},
	}
}

// A report is XML whatever stands in it, and counts what CI systems show.
func TestJUnit(t *testing.T) {
	var b bytes.Buffer
	begun := time.Date(2026, 11, 21, 13, 0, 0, 0, time.FixedZone("", 3600))
	if err := JUnit(&b, []TestFile{testFileOf()}, begun, nil); err != nil {
		t.Fatal(err)
	}
	var read junitReport
	if err := xml.Unmarshal(b.Bytes(), &read); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	for decoder := xml.NewDecoder(bytes.NewReader(b.Bytes())); ; {
		if _, err := decoder.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if read.Tests != 3 || read.Failures != 1 || read.Errors != 1 || read.Time != "1.501" || len(read.Suites) != 1 {
		t.Fatalf("%+v", read)
	}
	suite := read.Suites[0]
	if suite.Tests != 3 || suite.Failures != 1 || suite.Errors != 1 || suite.Begun != "2026-11-21T12:00:00" || suite.Name != "a.imaptest.hcl" {
		t.Errorf("%+v", suite)
	}
	passes, fails, broken := suite.Cases[0], suite.Cases[1], suite.Cases[2]
	if passes.Name != `passes <&"` || passes.Failure != nil || passes.Error != nil || passes.Line != 3 || passes.Class != "a" || passes.Time != "0.001" {
		t.Errorf("%+v", passes)
	}
	if fails.Failure == nil || fails.Error != nil || !strings.Contains(fails.Failure.Text, `]]> & <b> \x00`) || fails.Failure.Message != `Wrong \x1b[31m` {
		t.Errorf("%+v", fails)
	}
	if broken.Error == nil || broken.Failure != nil || broken.Error.Type != "error" {
		t.Errorf("%+v", broken)
	}
	for _, r := range b.String() {
		if r < ' ' && r != '\n' && r != '\t' {
			t.Errorf("the report has %q in it", r)
		}
	}
}

// What tests say steers no terminal, and what did not pass is counted as such.
func TestTests(t *testing.T) {
	f := testFileOf()
	var b bytes.Buffer
	if err := Tests(&b, f, false, Options{}); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	if strings.ContainsAny(got, "\x00\x01\x1b") || strings.Contains(got, "\u202e") || strings.Contains(got, "passes") {
		t.Errorf("%q", got)
	}
	for _, want := range []string{"a.imaptest.hcl... fail\n", `  test "fails\x01`, "  test \"cannot be run\"... fail\n", "Error: Wrong"} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, got)
		}
	}
	var counts TestCounts
	counts.Add(f)
	if counts != (TestCounts{Passed: 1, Failed: 2, Errored: 1}) {
		t.Errorf("%+v", counts)
	}
	b.Reset()
	counts.Skipped = 4
	if err := TestSummary(&b, counts, Options{}); err != nil || b.String() != "\nFailure! 1 passed, 2 failed, 4 skipped.\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}
