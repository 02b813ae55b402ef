package render

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/plan"
)

// An Applied is a plan and what came of it. Err is what ended the apply of the
// account as a whole; nil: nothing did.
type Applied struct {
	Plan   *plan.Plan
	Result *apply.Result // nil: nothing was done
	Err    error
}

// Complete says that the plan was carried out.
func (a Applied) Complete() bool {
	return a.Err == nil && a.Result != nil && a.Result.Complete()
}

// Result writes what an apply did, and what is left to do and why.
func Result(w io.Writer, all []Applied, o Options) error {
	p := newPage(o)
	var sum apply.Result
	complete := true
	for _, a := range all {
		complete = complete && a.Complete()
		if a.Result != nil {
			sum.Added += a.Result.Added
			sum.Changed += a.Result.Changed
			sum.Destroyed += a.Result.Destroyed
			sum.Messages = addCounts(sum.Messages, a.Result.Messages)
		}
	}
	head := p.green(p.bold("Apply complete!"))
	if !complete {
		head = p.red(p.bold("Apply incomplete!"))
	}
	p.line(head, " ", p.bold(done(sum)))
	p.skipped(all)
	if !complete {
		p.line()
		p.line("What is left:")
		for _, a := range all {
			p.left(a, len(all) > 1)
		}
		p.line()
		p.paragraph("A new plan shows what there is still to do: run imapform plan.")
	}
	return p.writeTo(w)
}

func addCounts(a, b apply.Counts) apply.Counts {
	return apply.Counts{
		Copied: a.Copied + b.Copied, Moved: a.Moved + b.Moved, Trashed: a.Trashed + b.Trashed,
		Deleted: a.Deleted + b.Deleted, Flagged: a.Flagged + b.Flagged,
	}
}

// done sums up what was done: "Resources: 1 added, …. Messages: 40 moved."
func done(r apply.Result) safe {
	line := "Resources: " + number(r.Added) + " added, " + number(r.Changed) + " changed, " + number(r.Destroyed) + " destroyed."
	if m := doneMessages(r.Messages); m != "" {
		line += " Messages: " + m + "."
	}
	return line
}

func doneMessages(c apply.Counts) safe {
	var parts []safe
	for _, kind := range []struct {
		n    int
		verb safe
	}{{c.Copied, "copied"}, {c.Moved, "moved"}, {c.Trashed, "trashed"}, {c.Deleted, "deleted"}, {c.Flagged, "flagged"}} {
		if kind.n > 0 {
			parts = append(parts, number(kind.n)+" "+kind.verb)
		}
	}
	return join(parts, ", ")
}

// skipped says what needed nothing any more, and what else is worth knowing.
func (p *page) skipped(all []Applied) {
	for _, a := range all {
		if a.Result == nil {
			continue
		}
		for i, o := range a.Result.Steps {
			if i >= len(a.Plan.Steps) {
				continue
			}
			for _, note := range o.Notes {
				p.line("  (", describe(a.Plan.Steps[i]), ": ", clean(note), ")")
			}
			for _, skip := range o.Skipped {
				if skip.Harmless {
					p.line("  (", describe(a.Plan.Steps[i]), ": ", count(skip.Messages, "message"), " left alone: ", clean(skip.Reason), ")")
				}
			}
		}
	}
}

// ofStep says whether the error that ended the apply is that of a step, which
// tells it already.
func (a Applied) ofStep() bool {
	return a.Result != nil && slices.ContainsFunc(a.Result.Steps, func(o apply.Outcome) bool { return errors.Is(o.Err, a.Err) })
}

// left lists the steps of an account that were not done, and why.
func (p *page) left(a Applied, named bool) {
	var account safe
	if named {
		account = clean(a.Plan.Account) + ": "
	}
	if a.Err != nil && !a.ofStep() {
		p.item(account + join(cleanLines(a.Err.Error()), " "))
	}
	for i, step := range a.Plan.Steps {
		o := apply.Outcome{}
		if a.Result != nil && i < len(a.Result.Steps) {
			o = a.Result.Steps[i]
		}
		for _, why := range reasons(o, a.Result != nil && a.Result.Interrupted) {
			what := describe(step) + ": "
			p.item(account + what + safe(strings.TrimPrefix(string(why), string(what)))) // an error may say it itself
		}
	}
}

func (p *page) item(text safe) {
	limit := p.o.Width
	if limit > 0 {
		limit = max(20, limit-4)
	}
	for i, line := range wrap(text, limit) {
		if i == 0 {
			p.line("  - ", line)
		} else {
			p.line("    ", line)
		}
	}
}

// reasons are why a step is not done, or not all of it; none: it is.
func reasons(o apply.Outcome, interrupted bool) []safe {
	var all []safe
	part := doneMessages(o.Done)
	if part != "" {
		part += ", then: "
	}
	switch {
	case o.Err != nil:
		all = append(all, part+join(cleanLines(o.Err.Error()), " "))
	case o.Status == apply.StatusNotBegun && interrupted:
		all = append(all, "not begun, because the apply was interrupted")
	case o.Status == apply.StatusNotBegun:
		all = append(all, "not begun")
	case o.Status == apply.StatusFailed || o.Status == apply.StatusBlocked:
		all = append(all, part+"failed")
	}
	for _, skip := range o.Skipped {
		if !skip.Harmless {
			all = append(all, count(skip.Messages, "message")+" left alone: "+clean(skip.Reason))
		}
	}
	return all
}
