package cli

import (
	"context"
	"flag"
	"fmt"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/render"
)

func undoEntry() entry {
	return entry{
		name:    "undo",
		summary: "Turn around what an apply did",
		args:    "[RUN]",
		text: "Reads the journal of a run, shows a plan that turns the run around, asks, and does exactly what the plan showed: messages go back to where they were, " +
			"flags, names of folders and subscriptions are as before, folders that the run created are removed if they are empty, those that it removed are created. " +
			"Without RUN it is the last apply; imapform history lists the runs, and the beginning of an ID is enough.\n\n" +
			"Messages that somebody has moved, deleted or changed since are left alone. Copies stay, and what was deleted for good comes back only from a backup. " +
			"The configuration is read for the accounts' credentials alone: while it says what it said, the next apply does the same again.\n\n" +
			"An undo is a run like any other, and can be undone. The exit status is 0 if all was done that the plan showed, 6 if not, and 1 if nothing was done.",
		make: func(inv *invocation) command {
			return &undoCommand{applying: applyCommand{planFlags: newPlanFlags(inv)}}
		},
	}
}

// undoCommand is the undo command.
type undoCommand struct {
	applying applyCommand // what there is of apply in it
}

func (c *undoCommand) flags(fs *flag.FlagSet) {
	a := &c.applying
	a.variableFlags.flags(fs)
	a.accountFlags.flags(fs)
	asks := a.input // the flag's own default is the same whatever the environment says
	fs.BoolVar(&a.input, "input", true, "Ask nothing: fail where an answer is needed.")
	a.input = asks
	a.locking.flags(fs)
	a.journaling.flags(fs)
	fs.BoolVar(&a.approved, "auto-approve", false, "Do not ask before changing anything.")
	a.verbosity.flags(fs)
}

func (c *undoCommand) run(ctx context.Context, inv *invocation, args []string) Status {
	run := ""
	switch len(args) {
	case 0:
	case 1:
		run = args[0]
	default:
		return inv.fail(&problem{"The undo command takes one run", fmt.Sprintf("It was given %d. Undo one after the other, the latest first.", len(args))})
	}
	if err := c.applying.mayAsk(inv); err != nil {
		return inv.fail(err)
	}
	cfg, files, diags := config.Load(inv.source(c.applying.sources, false))
	inv.diagnose(diags, files)
	if diags.HasErrors() {
		return StatusError
	}
	turns, err := c.turns(inv, cfg, run)
	if err != nil {
		return inv.fail(err)
	}
	status := c.turn(ctx, inv, turns, files)
	inv.tellCosts(c.applying.verbosity)
	return status
}

// turn plans, shows, asks and applies.
func (c *undoCommand) turn(ctx context.Context, inv *invocation, t *turnaround, files config.Files) Status {
	if len(t.all) == 0 {
		return inv.written(render.Notice(inv.Stdout, fmt.Sprintf("The run %s was undone already, by the run %s. Nothing was done.", t.run, t.by), inv.stdout))
	}
	progress, end := inv.progress()
	defer end()
	inv.connecting.Store(true)
	all := inv.planUndo(ctx, t, c.applying.parallelism, progress)
	defer func() {
		for _, p := range all {
			p.close()
		}
	}()
	inv.stdout.Undoes, inv.stderr.Undoes = t.run, t.run
	status := inv.showUndo(all, files)
	inv.tellUnplanned(all)
	switch {
	case status != StatusOK:
		return status
	case inv.stopped() || ctx.Err() != nil:
		if len(unplanned(all)) == 0 {
			inv.fail(errNothingChanged)
		}
		return StatusError
	case len(withChanges(all)) == 0:
		return appliedStatus(all)
	}
	if !c.applying.approved {
		if err := inv.approve(ctx, all); err != nil {
			return inv.fail(err)
		}
	}
	if inv.stopped() {
		return inv.fail(errNothingChanged)
	}
	status = inv.applyAll(ctx, all, &c.applying, progress)
	back := 0
	for _, p := range all {
		back += p.back
	}
	if back > 0 {
		_ = render.Notice(inv.Stderr, fmt.Sprintf("Put back from the backup: %d.", back), inv.stderr)
	}
	return status
}

// showUndo writes the plans that there are, and why there are no others.
func (inv *invocation) showUndo(all []*planned, files config.Files) Status {
	o := inv.stdout
	o.Files, o.Missing = files, addressesOf(unplanned(all))
	status := StatusOK
	if plans := plansOf(all); len(plans) > 0 {
		status = inv.written(render.Plan(inv.Stdout, plans, o))
	}
	told := inv.stderr
	told.Files = files
	_ = render.ProblemsOf(inv.Stderr, problemsOf(all), told)
	return status
}
