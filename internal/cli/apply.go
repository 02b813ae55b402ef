package cli

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"io"
	"strings"
	"time"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/render"
)

func applyEntry() entry {
	return entry{
		name:    "apply",
		summary: "Show what would change, ask, and do it",
		args:    "[FILE]",
		text: "Makes a plan, shows it, asks, and does exactly what the plan showed. Messages that changed meanwhile are left alone.\n\n" +
			"With a FILE that imapform plan -out=FILE has saved, it asks nothing, plans nothing, and does exactly what that plan says. " +
			"The configuration is still read, for the accounts' credentials: it must be valid, and name the same mailboxes; its rules count for nothing. " +
			"Messages that are gone or were changed since the plan are left alone and counted, and so is all mail that came since. To apply a plan again does nothing.\n\n" +
			"An account that cannot be planned is left alone and does not stop the others; one whose plan breaks a rail stops all of them. " +
			"What it does is written to a journal first. If an apply died, the next one finds out first what was done, finishes what was half done, and says so.\n\n" +
			"The exit status is 0 if every account is as its configuration says, 6 if only some are or if not all was done, " +
			"4 if a rail breaks, and 1 if nothing was done for any other reason.",
		make: func(inv *invocation) command { return &applyCommand{planFlags: newPlanFlags(inv)} },
	}
}

// applyCommand is the apply command.
type applyCommand struct {
	planFlags
	locking
	journaling
	approved bool
	resume   bool          // finish what runs that died left in doubt, and nothing else
	test     bool          // the tests run first
	strict   bool          // what is left alone is not done
	maxAge   time.Duration // of a saved plan; 0: any
}

func (c *applyCommand) flags(fs *flag.FlagSet) {
	c.planFlags.flags(fs)
	c.locking.flags(fs)
	c.journaling.flags(fs)
	fs.BoolVar(&c.resume, "resume", false, "Only find out what an apply that died has done, and finish what is half done; plan nothing.")
	fs.BoolVar(&c.approved, "auto-approve", false, "Do not ask before changing anything.")
	fs.BoolVar(&c.test, "test", false, "Run the tests first, before anything is connected to; if one fails, do nothing.")
	fs.BoolVar(&c.strict, "strict", false, "Exit with status 6 if any message of the plan was left alone, also because it was gone or dealt with already.")
	durationFlag(fs, &c.maxAge, "max-age", time.Nanosecond, "Refuse a saved plan that is older than this `DURATION`, such as 24h.")
}

func (c *applyCommand) run(ctx context.Context, inv *invocation, args []string) Status {
	if err := c.check(inv, args); err != nil {
		return inv.fail(err)
	}
	return inv.told(c.output, func() Status { return c.runTold(ctx, inv, args) })
}

func (c *applyCommand) runTold(ctx context.Context, inv *invocation, args []string) Status {
	switch {
	case c.resume:
		return c.resumeOnly(ctx, inv)
	case len(args) == 1:
		return c.applySaved(ctx, inv, args[0])
	}
	if err := c.mayAsk(inv); err != nil {
		return inv.fail(err)
	}
	if c.test {
		if err := inv.testedFirst(ctx, c.sources); err != nil {
			return inv.fail(err)
		}
	}
	progress, end := inv.progress()
	defer end()
	var resumed resumption
	c.first = func(accounts []*config.Account) (unfit map[string]error, err error) {
		resumed, err = inv.resumeAll(ctx, c, accounts)
		return resumed.failed, err
	}
	all, status := c.plan(ctx, inv, progress)
	defer func() {
		for _, p := range all {
			p.close()
		}
	}()
	switch {
	case status != StatusOK:
		inv.tellUnplanned(all)
		return status
	case inv.stopped() || ctx.Err() != nil:
		inv.tellUnplanned(all)
		if len(unplanned(all)) == 0 {
			inv.fail(errNothingChanged)
		}
		return StatusError
	case len(withChanges(all)) == 0: // the plan says so, where there is one
		inv.tellUnplanned(all)
		inv.stream.Load().Applied(appliedOf(all))
		return resumed.status(appliedStatus(all))
	}
	if !c.approved {
		if err := inv.approve(ctx, all); err != nil {
			return inv.fail(err)
		}
	}
	if inv.stopped() {
		return inv.fail(errNothingChanged)
	}
	return resumed.status(inv.partial(inv.applyAll(ctx, all, c, progress), hiddenOf(all)))
}

// mayAsk says whether the plan can be approved, before any time is spent on it.
func (c *applyCommand) mayAsk(inv *invocation) error {
	const detail = "To apply without being asked, use the flag -auto-approve."
	switch {
	case c.approved:
		return nil
	case c.json:
		return &problem{"The plan must be approved, and -json leaves no text to ask with", detail}
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
func (inv *invocation) approve(ctx context.Context, all []*planned) error {
	o := inv.stderr
	o.Missing = addressesOf(unplanned(all))
	if err := render.Prompt(inv.Stderr, len(all), o); err != nil {
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
