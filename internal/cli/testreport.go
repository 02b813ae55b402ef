package cli

import (
	"io"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/render"
)

// A testReport tells what becomes of tests.
type testReport interface {
	problems(hcl.Diagnostics) error
	begin([]*config.Test) error
	file(render.TestFile) error
	end(render.TestCounts) error
}

func (c *testCommand) report(inv *invocation, files config.Files) (testReport, error) {
	if !c.json {
		return &testPage{inv: inv, w: inv.Stdout, o: inv.stdout, files: files, verbose: c.verbose}, nil
	}
	stream, err := render.NewTestStream(inv.Stdout, inv.Version, files, inv.Now)
	return testLines{stream}, err
}

// A testPage tells it to people.
type testPage struct {
	inv     *invocation
	w       io.Writer
	o       render.Options
	files   config.Files
	verbose bool
}

func (p *testPage) problems(diags hcl.Diagnostics) error {
	p.inv.diagnose(diags, p.files)
	return nil
}

func (p *testPage) begin([]*config.Test) error { return nil }

func (p *testPage) file(f render.TestFile) error {
	o := p.o
	o.Files = p.files
	return render.Tests(p.w, f, p.verbose, o)
}

func (p *testPage) end(c render.TestCounts) error { return render.TestSummary(p.w, c, p.o) }

// testLines tell it to programs.
type testLines struct{ stream *render.TestStream }

func (l testLines) problems(diags hcl.Diagnostics) error { return l.stream.Problems(diags) }
func (l testLines) file(f render.TestFile) error         { return l.stream.Tests(f) }
func (l testLines) end(c render.TestCounts) error        { return l.stream.Summary(c) }

func (l testLines) begin(tests []*config.Test) error {
	names := map[string][]string{}
	for _, t := range tests {
		names[t.Declared.Filename] = append(names[t.Declared.Filename], t.Name)
	}
	return l.stream.Abstract(names)
}
