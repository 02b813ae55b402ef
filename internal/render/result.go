package render

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/plan"
)

// An Applied is an account, its plan and what came of it. Err is what ended the
// apply of the account as a whole, or why it has no plan; nil: nothing did.
type Applied struct {
	Account string        // its address
	Plan    *plan.Plan    // nil: it could not be planned
	Result  *apply.Result // nil: nothing was done, or nobody knows what
	Err     error
	InDoubt bool // steps were begun, and nobody knows which were done
}

// Complete says that the plan was carried out.
func (a Applied) Complete() bool {
	return a.Plan != nil && a.Err == nil && a.Result != nil && a.Result.Complete()
}

// Result writes what an apply did, what is left to do and why, and which of several
// accounts are not done.
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
	doing := pick(o.Undoes == "", "Apply", "Undo")
	head := p.green(p.bold(doing + " complete!"))
	if !complete {
		head = p.red(p.bold(doing + " incomplete!"))
	}
	p.notes(all)
	if !complete {
		p.whatIsLeft(all)
	}
	p.line(head, " ", p.bold(done(sum)))
	p.skipped(all)
	if len(all) > 1 && !complete {
		p.accountsLeft(all)
	}
	return p.writeTo(w)
}

// notes warns of what else somebody should know of steps that were done: at once, since
// a plan that is applied again has a note on most of them.
func (p *page) notes(all []Applied) {
	var notes hcl.Diagnostics
	for _, a := range all {
		for i, o := range a.outcomes() {
			for _, note := range o.Notes {
				notes = append(notes, noted(a.prefix(len(all) > 1)+describe(a.Plan.Steps[i]), note))
			}
		}
	}
	if len(notes) > 1 {
		var lines []string
		for _, n := range notes {
			lines = append(lines, "- "+strings.TrimPrefix(n.Summary, notAsPlanned)+": "+string(oneLine(n.Detail)))
		}
		notes = hcl.Diagnostics{{Severity: hcl.DiagWarning, Summary: "Some steps went not quite as planned", Detail: strings.Join(lines, "\n")}}
	}
	p.problems(notes)
}

const notAsPlanned = "Not quite as planned: "

// noted is a warning of what else somebody should know of a step.
func noted(step safe, note string) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: notAsPlanned + string(step), Detail: note}
}

// whatIsLeft lists what failed or was cut short, then counts what was not begun.
// Of several accounts, those that were not begun at all are listed at the end.
func (p *page) whatIsLeft(all []Applied) {
	begun := all
	if len(all) > 1 {
		begun = slices.DeleteFunc(slices.Clone(all), func(a Applied) bool { return a.Complete() || !a.begun() })
	}
	if len(begun) > 0 {
		p.line("What is left:")
	}
	for _, a := range begun {
		p.left(a, a.prefix(len(all) > 1))
	}
	for _, a := range begun {
		p.notBegun(a, a.prefix(len(all) > 1))
	}
	if len(begun) > 0 {
		p.line()
	}
	if p.o.Undoes == "" {
		p.paragraph("A new plan shows what there is still to do: run imapform plan.")
	} else {
		p.paragraph("To try again, and to see what there is still to do, run: imapform undo " + clean(p.o.Undoes))
	}
	p.line()
}

// prefix names the account where there are several.
func (a Applied) prefix(named bool) safe {
	if !named {
		return ""
	}
	return clean(a.Account) + ": "
}

// outcomes has one for each step of the plan.
func (a Applied) outcomes() []apply.Outcome {
	if a.Plan == nil {
		return nil
	}
	all := make([]apply.Outcome, len(a.Plan.Steps))
	if a.Result != nil {
		copy(all, a.Result.Steps)
	}
	return all
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

// skipped says what needed nothing any more.
func (p *page) skipped(all []Applied) {
	for _, a := range all {
		for i, o := range a.outcomes() {
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

// left lists the steps of an account that were begun and not done, or could not be
// begun, and why.
func (p *page) left(a Applied, account safe) {
	if a.Err != nil && !a.ofStep() {
		p.item(account + a.ended())
	}
	for i, o := range a.outcomes() {
		step := a.Plan.Steps[i]
		for _, why := range reasons(step, o) {
			p.item(account + describe(step) + ": " + why)
		}
	}
}

// ended is what ended the apply of an account as a whole.
func (a Applied) ended() safe {
	text := oneLine(a.Err.Error())
	if a.InDoubt {
		text += " What was done before is not known."
	}
	return text
}

// notBegun counts the steps of an account that were not begun: a long list of them
// would hide what went wrong.
func (p *page) notBegun(a Applied, account safe) {
	if a.InDoubt {
		return
	}
	n := 0
	for _, o := range a.outcomes() {
		if o.Status == apply.StatusNotBegun && o.Err == nil {
			n++
		}
	}
	if n == 0 {
		return
	}
	text := account + count(n, "step") + pick(n == 1, " was", " were") + " not begun"
	if a.Result != nil && a.Result.Interrupted {
		text += ", because the apply was interrupted"
	}
	p.item(text)
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

// reasons are why a step that was begun is not done, or not all of it; none: it is.
func reasons(step plan.Step, o apply.Outcome) []safe {
	var all []safe
	part := doneMessages(o.Done)
	if part != "" {
		part += ", then: "
	}
	switch {
	case o.Err != nil:
		all = append(all, part+join(cleanLines(withoutStep(step, o.Err.Error())), "; "))
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
