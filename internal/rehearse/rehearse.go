// Package rehearse owns running the tests that stand beside a configuration: each on
// a mailbox in memory, which plan and apply treat like any other.
//
// How tests are written belongs to config, what is told of them to render. The
// package reads no file and no clock, and uses no network.
package rehearse

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// Status says how a test ended.
type Status int

// The ways a test ends.
const (
	Pass  Status = iota
	Fail         // something is not as expected
	Error        // it could not be run to its end
)

// A Result is what came of a test.
type Result struct {
	Test     *config.Test
	Status   Status
	Outcomes []Outcome       // of its messages, in their order; none with Error
	Problems hcl.Diagnostics // why it did not pass, and warnings
}

// Run runs a test: it plans and applies on a mailbox that holds nothing but the
// test's messages, makes sure that nothing is left to do, and compares.
func Run(ctx context.Context, policy config.Policy, t *config.Test) Result {
	r := &rehearsal{policy: policy, test: t, account: t.Account, result: Result{Test: t}}
	if err := r.run(ctx); err != nil {
		r.result.Status, r.result.Outcomes = Error, nil
		var refused *refusal
		if !errors.As(err, &refused) {
			refused = &refusal{hcl.Diagnostics{{
				Severity: hcl.DiagError, Summary: "The test could not be run", Detail: err.Error(), Subject: t.Declared.Ptr(),
			}}}
		}
		r.result.Problems = refused.diags
		return r.result
	}
	for _, e := range t.Expects {
		i := slices.Index(t.Messages, e.Message)
		r.result.Problems = append(r.result.Problems, r.compare(e, r.result.Outcomes[i])...)
	}
	if r.result.Problems.HasErrors() {
		r.result.Status = Fail
	}
	return r.result
}

// A refusal is an error that stands in the configuration, or in the test.
type refusal struct{ diags hcl.Diagnostics }

func (r *refusal) Error() string { return r.diags.Error() }

// A rehearsal is one test in progress.
type rehearsal struct {
	policy  config.Policy
	test    *config.Test
	account *config.Account
	byUse   map[mailbox.Use]mailbox.Name
	there   []string // the folders that there are after the apply
	result  Result
}

func (r *rehearsal) run(ctx context.Context) error {
	s, places, err := r.stage(r.test.Messages)
	if err != nil {
		return err
	}
	made, err := r.plan(ctx, s)
	if err != nil {
		return err
	}
	if len(made.Broken) > 0 {
		return r.broken(made)
	}
	if !made.Empty() { // else a second plan is the first
		if err := r.apply(ctx, made, s); err != nil {
			return err
		}
		if err := r.done(ctx, s); err != nil {
			return err
		}
	}
	for _, f := range s.Listing().Folders {
		r.there = append(r.there, string(f.Name))
	}
	for i, at := range places {
		outcome, err := r.outcome(made, s.Account, at)
		if err != nil {
			return err
		}
		if outcome.Left, outcome.Matched, err = r.why(ctx, i, made); err != nil {
			return err
		}
		r.result.Outcomes = append(r.result.Outcomes, outcome)
	}
	return nil
}

// plan makes a plan as the plan command does.
func (r *rehearsal) plan(ctx context.Context, s *stage) (*plan.Plan, error) {
	listing, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	planner, diags := plan.New(r.account, r.policy, listing, r.test.Now)
	if diags.HasErrors() {
		return nil, r.refuse(diags)
	}
	for round := planner.Ask(); len(round) > 0; round = planner.Ask() {
		for _, q := range round {
			state, err := s.Answer(ctx, q, func(m *message.Message) { planner.Tell(q, m) })
			if err != nil {
				return nil, err
			}
			planner.Told(q, state)
		}
	}
	made, diags := planner.Plan()
	if diags.HasErrors() {
		return nil, r.refuse(diags)
	}
	return made, nil
}

// apply carries a plan out, all of it.
func (r *rehearsal) apply(ctx context.Context, made *plan.Plan, s *stage) error {
	done, err := apply.Run(ctx, made, s, apply.Options{})
	if err != nil {
		return fmt.Errorf("apply the plan: %w", err)
	}
	for _, step := range done.Steps {
		if step.Err != nil {
			return fmt.Errorf("apply the plan: %w", step.Err)
		}
	}
	if wrong := s.Violations(); !done.Complete() || len(wrong) > 0 {
		return fmt.Errorf("the apply did not do all that the plan showed, or more; this is a mistake of imapform: %q", wrong)
	}
	return nil
}

// done makes sure that a second plan finds nothing to do.
func (r *rehearsal) done(ctx context.Context, s *stage) error {
	again, err := r.plan(ctx, s)
	if err != nil {
		return err
	}
	if !again.Empty() {
		return fmt.Errorf("after the apply a second plan would still do %d steps, the first of them for %s; this is a mistake of imapform", len(again.Steps), causes(again.Steps[0].Because))
	}
	return nil
}

// refuse is the error for what a plan says of the configuration; what has no place
// in it is said of the test.
func (r *rehearsal) refuse(diags hcl.Diagnostics) error {
	var errs hcl.Diagnostics
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		if d.Subject == nil {
			placed := *d
			placed.Subject = r.test.Declared.Ptr()
			d = &placed
		}
		errs = append(errs, d)
	}
	return &refusal{errs}
}

// broken is the error for a plan that breaks rails: nobody could apply it.
func (r *rehearsal) broken(made *plan.Plan) error {
	refused := &refusal{}
	for _, b := range made.Broken {
		detail := b.Detail + " Such a plan is not applied."
		if b.Allow != "" {
			detail += fmt.Sprintf(" To allow it, say %s.", b.Allow)
		}
		refused.diags = append(refused.diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "The plan breaks the rail " + b.Rail, Detail: detail, Subject: r.test.Declared.Ptr(),
		})
	}
	return refused
}
