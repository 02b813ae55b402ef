package render

import (
	"math"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/document"
	"github.com/imapform/imapform/plan"
)

// planSteps are the steps of a plan that is being applied, as the stream tells them.
type planSteps struct {
	hooks []document.Hook // as they begin
	began map[int]time.Time
}

func stepsOf(pl *plan.Plan) *planSteps {
	steps := &planSteps{began: map[int]time.Time{}}
	operations := document.Of([]*plan.Plan{pl}, document.Run{}).Operations
	for i, r := range document.StepResources(pl) {
		hook := document.Hook{
			Resource: r.Named(), Action: r.Change.Actions[0], Step: i,
			Operation: operations[i].Action, Messages: operations[i].Messages,
		}
		steps.hooks = append(steps.hooks, hook)
	}
	return steps
}

// lineTypes are what the stream calls what happens to a step.
var lineTypes = map[apply.EventKind]document.LineType{
	apply.StepBegun:    document.LineApplyStart,
	apply.StepProgress: document.LineApplyProgress,
	apply.StepEnded:    document.LineApplyComplete,
}

// Applying writes an event of an apply.
func (s *Stream) Applying(pl *plan.Plan, e apply.Event) {
	if s == nil || e.Kind == apply.Waiting || e.Step < 0 || e.Step >= len(pl.Steps) {
		return
	}
	hook, elapsed := s.hook(pl, e)
	line := document.Line{Type: lineTypes[e.Kind], Hook: &hook}
	words := ": begun"
	switch e.Kind {
	case apply.StepProgress:
		hook.Elapsed, hook.Handled = &elapsed, &e.Messages
		words = ": " + string(number(e.Messages)) + " done so far"
	case apply.StepEnded:
		hook.Elapsed = &elapsed
		words = ": complete"
		if e.Outcome != nil {
			done := messagesDone(e.Outcome.Done)
			hook.Done, hook.Skipped = &done, skippedOf(e.Outcome)
			words += leftAlone(e.Outcome.Skipped)
			if failed(*e.Outcome) {
				line.Type, line.Level, words = document.LineApplyErrored, document.LevelError, ": errored"
			}
		}
	}
	line.Message = hook.Resource.Addr + ": " + string(describe(plan.Step{Op: pl.Steps[e.Step].Op})) + words
	s.write(line)
	if line.Type == document.LineApplyErrored && e.Outcome.Err != nil {
		s.Diagnostics(pl.Account, hcl.Diagnostics{{
			Severity: hcl.DiagError, Summary: sentenceOf(pl.Steps[e.Step]), Detail: withoutStep(pl.Steps[e.Step], e.Outcome.Err.Error()),
		}}, nil)
	}
}

// hook is a step as it begins, and the seconds since it began.
func (s *Stream) hook(pl *plan.Plan, e apply.Event) (document.Hook, float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	steps := s.steps[pl]
	if steps == nil {
		steps = stepsOf(pl)
		s.steps[pl] = steps
	}
	if _, begun := steps.began[e.Step]; !begun {
		steps.began[e.Step] = s.now()
	}
	elapsed := s.now().Sub(steps.began[e.Step]).Seconds()
	return steps.hooks[e.Step], math.Round(elapsed*1000) / 1000
}

func failed(o apply.Outcome) bool {
	return o.Err != nil || o.Status == apply.StatusFailed || o.Status == apply.StatusBlocked
}

// sentenceOf is what a step was to do, as the summary of what went wrong with it.
func sentenceOf(step plan.Step) string { return "Cannot " + string(describe(plan.Step{Op: step.Op})) }

// leftAlone counts the messages that a step left alone: ", 3 messages left alone".
func leftAlone(skipped []apply.Skip) string {
	n := 0
	for _, skip := range skipped {
		n += skip.Messages
	}
	if n == 0 {
		return ""
	}
	return ", " + string(count(n, "message")) + " left alone"
}

func skippedOf(o *apply.Outcome) []document.Skipped {
	var all []document.Skipped
	for _, skip := range o.Skipped {
		all = append(all, document.Skipped(skip))
	}
	return all
}

func messagesDone(c apply.Counts) document.MessageCounts {
	return document.MessageCounts{Copy: c.Copied, Move: c.Moved, Trash: c.Trashed, Delete: c.Deleted, Flag: c.Flagged}
}

// Applied writes what became of all accounts: what else somebody should know of their
// steps, what ended the apply of one as a whole, how many steps were not begun, and
// what was done.
func (s *Stream) Applied(all []Applied) {
	if s == nil {
		return
	}
	var sum apply.Result
	complete := true
	for _, a := range all {
		s.Diagnostics(a.Account, a.problems(), nil)
		complete = complete && a.Complete()
		if a.Result != nil {
			sum.Added += a.Result.Added
			sum.Changed += a.Result.Changed
			sum.Destroyed += a.Result.Destroyed
			sum.Messages = addCounts(sum.Messages, a.Result.Messages)
		}
	}
	counts := document.Counts{Add: sum.Added, Change: sum.Changed, Destroy: sum.Destroyed, Messages: messagesDone(sum.Messages)}
	line := document.Line{
		Type: document.LineChangeSummary, Message: "Apply complete! " + string(done(sum)),
		Changes: changesOf(counts, document.RunApply),
	}
	if !complete {
		line.Level, line.Message = document.LevelError, "Apply incomplete! "+string(done(sum))
	}
	s.write(line)
}

// problems are what is to be known of an apply besides what its steps have told: an
// account without a plan has told why it has none.
func (a Applied) problems() hcl.Diagnostics {
	if a.Plan == nil {
		return nil
	}
	var diags hcl.Diagnostics
	for i, o := range a.outcomes() {
		for _, note := range o.Notes {
			diags = append(diags, noted(describe(a.Plan.Steps[i]), note))
		}
	}
	if a.Err != nil && !a.ofStep() {
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "The plan for " + a.Account + " was not carried out", Detail: string(a.ended())})
	}
	return append(diags, a.unbegun()...)
}

// unbegun tells how many steps were not begun.
func (a Applied) unbegun() hcl.Diagnostics {
	n := 0
	for _, o := range a.outcomes() {
		if o.Status == apply.StatusNotBegun && o.Err == nil {
			n++
		}
	}
	if n == 0 || a.InDoubt {
		return nil
	}
	detail := "A new plan shows what there is still to do."
	if a.Result != nil && a.Result.Interrupted {
		detail = "The apply was interrupted. " + detail
	}
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: string(number(n) + " of " + count(len(a.Plan.Steps), "step") + pick(n == 1, " was", " were") + " not begun"), Detail: detail,
	}}
}
