package render

import (
	"io"
	"strings"
	"time"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/rehearse"
)

// A TestFile is a file of tests that were run.
type TestFile struct {
	Name    string
	Results []rehearse.Result
	Took    []time.Duration // of each
}

// TestCounts are tests by what became of them.
type TestCounts struct {
	Passed, Failed int
	Errored        int // could not be run to their end; they are among Failed
	Skipped        int // were not asked for
}

// Add counts the tests of a file.
func (c *TestCounts) Add(f TestFile) {
	for _, r := range f.Results {
		switch r.Status {
		case rehearse.Pass:
			c.Passed++
		case rehearse.Error:
			c.Errored++
			c.Failed++
		default:
			c.Failed++
		}
	}
}

// passed says whether all of a file's tests passed.
func (f TestFile) passed() bool {
	var c TestCounts
	c.Add(f)
	return c.Failed == 0
}

// Tests writes what became of a file's tests: those that did not pass with the
// reason, and those with a warning; verbose: all of them, with what became of their
// messages.
func Tests(w io.Writer, f TestFile, verbose bool, o Options) error {
	p := newPage(o)
	p.line(clean(f.Name), "... ", p.verdict(f.passed()))
	for _, r := range f.Results {
		if r.Status == rehearse.Pass && len(r.Problems) == 0 && !verbose {
			continue
		}
		p.line("  test ", quote(r.Test.Title), clean(strings.TrimPrefix(r.Test.Name, r.Test.Title)), "... ", p.verdict(r.Status == rehearse.Pass))
		if verbose {
			p.outcomes(r)
		}
		for _, d := range r.Problems {
			p.diagnostic(d)
		}
	}
	return p.writeTo(w)
}

func (p *page) verdict(pass bool) safe {
	if pass {
		return p.green("pass")
	}
	return p.red("fail")
}

// outcomes says what became of each message.
func (p *page) outcomes(r rehearse.Result) {
	for i, o := range r.Outcomes {
		var lead safe
		if label := r.Test.Messages[i].Label; label != "" {
			lead = quote(label) + ": "
		}
		p.line("    ", lead, outcome(o))
		for _, l := range o.Left {
			p.line("      ", p.dim("left alone: "+clean(l.String())))
		}
	}
}

// outcome is what became of a message, in a line.
func outcome(o rehearse.Outcome) safe {
	said := safe("nothing happened, in ") + quote(string(o.Folder))
	switch {
	case o.Folder == "":
		said = "gone for good"
	case o.Touched:
		said = "in " + quote(string(o.Folder))
	}
	if len(o.Flags) > 0 {
		var words []safe
		for _, f := range o.Flags {
			words = append(words, quote(mailbox.FlagWord(f)))
		}
		said += ", flags " + join(words, " ")
	}
	for _, to := range o.Copies {
		said += ", copied to " + quote(string(to))
	}
	if len(o.Causes) > 0 {
		var by []safe
		for _, c := range o.Causes {
			by = append(by, clean(c))
		}
		said += ", by " + join(by, ", ")
	}
	return said
}

// TestSummary writes how many tests passed.
func TestSummary(w io.Writer, c TestCounts, o Options) error {
	p := newPage(o)
	head := p.green(p.bold("Success!"))
	if c.Failed > 0 {
		head = p.red(p.bold("Failure!"))
	}
	p.line()
	p.line(head, " ", c.words())
	return p.writeTo(w)
}

func (c TestCounts) words() safe {
	said := number(c.Passed) + " passed, " + number(c.Failed) + " failed"
	if c.Skipped > 0 {
		said += ", " + number(c.Skipped) + " skipped"
	}
	return said + "."
}
