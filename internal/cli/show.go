package cli

import (
	"context"
	"flag"
	"fmt"

	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/plan"
)

func showEntry() entry {
	return entry{
		name:    "show",
		summary: "Show a saved plan",
		args:    "FILE",
		text: "Shows the plan that imapform plan -out=FILE has saved, as it was shown then, without samples, sizes and warnings, which the file does not hold. " +
			"It reads no configuration, uses no network, and changes nothing.\n\n" +
			"The exit status is 0 also for a plan that breaks a rail, which is shown.",
		make: func(*invocation) command { return showCommand{} },
	}
}

// showCommand is the show command.
type showCommand struct{}

func (showCommand) flags(*flag.FlagSet) {}

func (showCommand) run(_ context.Context, inv *invocation, args []string) Status {
	switch len(args) {
	case 0:
		return inv.fail(&problem{"Which plan is to be shown?", "There is no state to show. Name a plan that imapform plan -out=FILE has saved: imapform show FILE; or run imapform plan, which reads the live mailboxes."})
	case 1:
	default:
		return inv.fail(&problem{"The show command takes one file", fmt.Sprintf("It was given %d. Show one plan after the other.", len(args))})
	}
	saved, err := inv.readSaved(args[0])
	if err != nil {
		return inv.fail(err)
	}
	var plans []*plan.Plan
	for _, a := range saved.Accounts {
		plans = append(plans, a.Plan)
	}
	return inv.written(render.Plan(inv.Stdout, plans, inv.stdout))
}
