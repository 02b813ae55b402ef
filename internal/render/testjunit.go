package render

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/rehearse"
)

// The elements of a JUnit report, as CI systems read them.
type (
	junitReport struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Time     string      `xml:"time,attr"`
		Begun    string      `xml:"timestamp,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr"`
		Line    int           `xml:"line,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitProblem `xml:"failure"`
		Error   *junitProblem `xml:"error"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes what became of tests as a JUnit report. What XML cannot hold is
// written as an escape.
func JUnit(w io.Writer, files []TestFile, begun time.Time, sources config.Files) error {
	report := junitReport{Name: "imapform test"}
	var took time.Duration
	for _, f := range files {
		suite := junitSuite{Name: string(clean(f.Name)), Begun: begun.UTC().Format("2006-01-02T15:04:05")}
		var within time.Duration
		for i, r := range f.Results {
			within += f.Took[i]
			c := junitCase{
				Name: string(clean(r.Test.Name)), Class: string(clean(strings.TrimSuffix(f.Name, ".imaptest.hcl"))),
				File: string(clean(f.Name)), Line: r.Test.Declared.Start.Line, Time: inSeconds(f.Took[i]),
			}
			switch r.Status {
			case rehearse.Fail:
				suite.Failures++
				c.Failure = junitProblemOf(r.Problems, "failure", sources)
			case rehearse.Error:
				suite.Errors++
				c.Error = junitProblemOf(r.Problems, "error", sources)
			}
			suite.Cases = append(suite.Cases, c)
		}
		suite.Tests, suite.Time = len(suite.Cases), inSeconds(within)
		took += within
		report.Tests += suite.Tests
		report.Failures += suite.Failures
		report.Errors += suite.Errors
		report.Suites = append(report.Suites, suite)
	}
	report.Time = inSeconds(took)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(report); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func inSeconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

// junitProblemOf is all that is wrong with a test, as a terminal would show it.
func junitProblemOf(diags hcl.Diagnostics, kind string, sources config.Files) *junitProblem {
	p := newPage(Options{Files: sources})
	var summaries []safe
	for _, d := range diags {
		p.diagnostic(d)
		summaries = append(summaries, clean(d.Summary))
	}
	return &junitProblem{Message: string(join(summaries, "; ")), Type: kind, Text: "\n" + p.b.String()}
}
