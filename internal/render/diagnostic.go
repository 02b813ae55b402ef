package render

import (
	"io"

	"github.com/hashicorp/hcl/v2"
)

// Diagnostics writes problems as Terraform shows them, each with the lines of the
// configuration that it is about.
func Diagnostics(w io.Writer, diags hcl.Diagnostics, o Options) error {
	p := newPage(o)
	p.problems(diags)
	return p.writeTo(w)
}

// Error writes one error that is about no place in the configuration. The detail
// may be empty.
func Error(w io.Writer, summary, detail string, o Options) error {
	return Diagnostics(w, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: summary, Detail: detail}}, o)
}

// diagnostic writes one problem in its box.
func (p *page) diagnostic(d *hcl.Diagnostic) {
	colour, kind := p.red, safe("Error:")
	if d.Severity == hcl.DiagWarning {
		colour, kind = p.yellow, "Warning:"
	}
	inside := p.o.Width
	if inside > 0 {
		inside = max(20, inside-2)
	}
	var lines []safe
	for i, line := range wrap(kind+" "+oneLine(d.Summary), inside) {
		if i == 0 {
			line = colour(p.bold(kind)) + p.bold(line[len(kind):])
		}
		lines = append(lines, line)
	}
	if snippet := p.snippet(d); len(snippet) > 0 {
		lines = append(append(lines, ""), snippet...)
	}
	if d.Detail != "" {
		lines = append(lines, "")
		for _, line := range cleanLines(d.Detail) {
			lines = append(lines, wrap(line, inside)...)
		}
	}
	p.line(colour("╷"))
	for _, line := range lines {
		if line == "" {
			p.line(colour("│"))
			continue
		}
		p.line(colour("│"), " ", line)
	}
	p.line(colour("╵"))
}
