package render

import (
	"io"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/plan"
)

// Summary writes only how much plans would do: a line an account where there are
// several, and the total; then what else there is to know of them, as Plan does.
func Summary(w io.Writer, plans []*plan.Plan, o Options) error {
	p := newPage(o)
	changes := false
	for _, pl := range plans {
		changes = changes || !pl.Empty()
	}
	if p.several(plans) {
		for _, pl := range plans {
			p.line(p.bold(clean(pl.Account)), ": ", clean(pl.Summary().String()))
		}
		for _, account := range o.Missing {
			p.line(p.bold(clean(account)), ": could not be planned")
		}
		p.line()
	}
	p.total(plans, changes)
	p.remarks(plans)
	return p.writeTo(w)
}

// problems writes problems one after the other, or warnings as a list of their
// summaries. Where there is an error beside them, all are written as they are, since a
// warning may be what explains it.
func (p *page) problems(diags hcl.Diagnostics) {
	if !p.o.CompactWarnings || diags.HasErrors() || len(diags) == 0 {
		for _, d := range diags {
			p.diagnostic(d)
		}
		return
	}
	p.line(p.yellow(p.bold("Warnings:")))
	p.line()
	for _, d := range diags {
		p.line("- ", oneLine(d.Summary))
		if d.Subject != nil && d.Subject.Filename != "" {
			p.line("  on ", clean(d.Subject.Filename), " line ", number(d.Subject.Start.Line))
		}
	}
	p.line()
	p.line("To see the whole warnings, leave out -compact-warnings.")
}
