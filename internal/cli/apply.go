package cli

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/render"
)

func applyEntry() entry {
	return entry{
		name:    "apply",
		summary: "Show what would change, ask, and do it",
		text: "Makes a plan, shows it, asks, and does exactly what the plan showed. Messages that changed meanwhile are left alone. " +
			"With several accounts, nothing is applied unless all of them could be planned.",
		make: func(inv *invocation) command { return &applyCommand{planFlags: newPlanFlags(inv)} },
	}
}

// applyCommand is the apply command.
type applyCommand struct {
	planFlags
	approved bool
}

func (c *applyCommand) flags(fs *flag.FlagSet) {
	c.planFlags.flags(fs)
	fs.BoolVar(&c.approved, "auto-approve", false, "Do not ask before changing anything.")
}

func (c *applyCommand) run(ctx context.Context, inv *invocation, _ []string) Status {
	if err := c.mayAsk(inv); err != nil {
		return inv.fail(err)
	}
	progress, end := inv.progress()
	defer end()
	all, status := c.plan(ctx, inv, progress)
	defer func() {
		for _, p := range all {
			p.close()
		}
	}()
	if status != StatusOK {
		inv.tellNotApplied(all)
		return status
	}
	if !slices.ContainsFunc(all, func(p *planned) bool { return !p.plan.Empty() }) {
		return StatusOK // the plan says so
	}
	if !c.approved {
		if err := inv.approve(ctx); err != nil {
			return inv.fail(err)
		}
	}
	if inv.stopped() {
		return inv.fail(&problem{"Interrupted", "Nothing was changed."})
	}
	return inv.applyAll(ctx, all, progress)
}

// tellNotApplied says what the plans that are shown came to if others are missing.
func (inv *invocation) tellNotApplied(all []*planned) {
	missing := 0
	for _, p := range all {
		if p.plan == nil {
			missing++
		}
	}
	if missing == 0 || missing == len(all) {
		return // a broken rail, or no plan that could look as if it were applied
	}
	inv.fail(&problem{"Nothing was applied", fmt.Sprintf(
		"Of %d accounts, %d could not be planned, as shown above, and nothing is applied unless all of them could. "+
			"To apply the others alone, name them by the flag -account.", len(all), missing)})
}

// mayAsk says whether the plan can be approved, before any time is spent on it.
func (c *applyCommand) mayAsk(inv *invocation) error {
	const detail = "To apply without being asked, use the flag -auto-approve."
	switch {
	case c.approved:
		return nil
	case !c.input:
		return &problem{"The plan must be approved, and -input=false (or IMAPFORM_INPUT) forbids to ask", detail}
	case !inv.StdinTerminal:
		return &problem{"The plan must be approved, and standard input is no terminal to ask on", detail}
	case !inv.StderrTerminal:
		return &problem{"The plan must be approved, and standard error, where the question stands, is no terminal", detail}
	default:
		return nil
	}
}

// approve asks whether to apply; only "yes" is a yes.
func (inv *invocation) approve(ctx context.Context) error {
	if err := render.Prompt(inv.Stderr, inv.stderr); err != nil {
		return &problem{"Cannot ask", err.Error()}
	}
	type answer struct {
		line string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(inv.Stdin).ReadString('\n')
		answers <- answer{line, err}
	}()
	select {
	case a := <-answers:
		if a.err != nil && !errors.Is(a.err, io.EOF) {
			return &problem{"Cannot read the answer", a.err.Error()}
		}
		if strings.TrimSpace(a.line) != "yes" {
			return &problem{"Apply cancelled", "The answer was not \"yes\". Nothing was changed."}
		}
		return nil
	case <-inv.stop:
		return &problem{"Apply cancelled", "Interrupted. Nothing was changed."}
	case <-ctx.Done():
		return &problem{"Apply cancelled", context.Cause(ctx).Error()}
	}
}

// applyAll applies the plans, one account after the other. What goes wrong in one
// does not stop the others; an interrupt does.
func (inv *invocation) applyAll(ctx context.Context, all []*planned, progress *render.Progress) Status {
	var done []render.Applied
	for _, p := range all {
		a := render.Applied{Plan: p.plan, Result: &apply.Result{}}
		if !p.plan.Empty() {
			a.Result, a.Err = inv.applyOne(ctx, p, progress)
		}
		done = append(done, a)
	}
	progress.Pause()
	if inv.StderrTerminal {
		_, _ = io.WriteString(inv.Stderr, "\n") // below the plan, or the answer
	}
	_ = render.Result(inv.Stderr, done, inv.stderr)
	return appliedStatus(done)
}

// appliedStatus is the status for what applies did. One of which nothing was done,
// and nothing may have been done, is an error like any other.
func appliedStatus(done []render.Applied) Status {
	status := StatusOK
	for _, a := range done {
		switch {
		case a.Complete():
		case a.Result != nil && (a.Result.Interrupted || didSomething(a.Result)):
			return StatusIncomplete
		default:
			status = StatusError
		}
	}
	if status == StatusError && slices.ContainsFunc(done, func(a render.Applied) bool { return a.Result != nil && didSomething(a.Result) }) {
		return StatusIncomplete
	}
	return status
}

// didSomething says whether anything was changed, or may have been.
func didSomething(r *apply.Result) bool {
	if r.Added+r.Changed+r.Destroyed > 0 || r.Messages != (apply.Counts{}) {
		return true
	}
	return slices.ContainsFunc(r.Steps, func(o apply.Outcome) bool {
		var unknown *apply.UnknownError
		return o.Done != (apply.Counts{}) || errors.As(o.Err, &unknown)
	})
}

func (inv *invocation) applyOne(ctx context.Context, p *planned, progress *render.Progress) (*apply.Result, error) {
	if inv.stopped() {
		return &apply.Result{Interrupted: true}, nil
	}
	if err := inv.connected(ctx, p, progress); err != nil {
		return nil, err
	}
	inv.applying.Store(true)
	return apply.Run(ctx, p.plan, p.session, apply.Options{
		Stop:   inv.stop,
		Report: func(e apply.Event) { progress.Applying(p.plan, e) },
	})
}

// restless is how long a session may idle before it is tried.
const restless = 5 * time.Second

// connected sees to it that there is a session: people think about a plan for
// longer than servers wait. A new one is as good, since an apply looks at
// everything again before it changes it.
func (inv *invocation) connected(ctx context.Context, p *planned, progress *render.Progress) error {
	if p.session != nil && inv.Now().Sub(p.idle) < restless {
		return nil
	}
	ctx, cancel := inv.untilStopped(ctx)
	defer cancel()
	if p.session != nil {
		if _, err := p.session.Status(ctx, mailbox.Inbox); err == nil {
			return nil
		}
		p.close()
	}
	progress.Connecting(p.account.Address)
	session, err := inv.dial(ctx, p.account, nil)
	if err != nil {
		return err
	}
	p.session = session
	// The session learns how the server writes names from its list of folders.
	_, err = session.List(ctx)
	return err
}
