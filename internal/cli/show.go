package cli

import (
	"context"
	"flag"
	"fmt"
)

func showEntry() entry {
	return entry{
		name:    "show",
		summary: "Show the live folders, the order of the rules, or a saved plan",
		args:    "[FILE]",
		text: "Without a FILE it shows the folders of the accounts as the server lists them now; with -hcl as folder blocks to start from; with -rules the rules instead, in the order in which they run. No folder is opened, and nothing is changed.\n\n" +
			"Shows the plan that imapform plan -out=FILE has saved, where it is given that FILE, as it was shown then, without samples, sizes and warnings, which the file does not hold. " +
			"It reads no configuration, uses no network, and changes nothing.\n\n" +
			"The exit status is 0 also for a plan that breaks a rail, which is shown.",
		make: func(*invocation) command { return &showCommand{live: newLiveFlags()} },
	}
}

// showCommand is the show command.
type showCommand struct {
	live     liveFlags
	json     bool
	markdown bool
	// markdownKey tells the comment from those of other configurations; empty: there
	// are none.
	markdownKey string
}

func (c *showCommand) flags(fs *flag.FlagSet) {
	c.live.flags(fs)
	fs.BoolVar(&c.json, "json", false, "Write JSON.")
	fs.BoolVar(&c.markdown, "markdown", false, "Write a saved plan as Markdown, for a comment on a pull request.")
	fs.Func("markdown-key", "Begin the Markdown with a hidden line that has this `KEY`, for each configuration in a repository to update its own comment.", markdownKey(&c.markdownKey))
}

func (c *showCommand) run(ctx context.Context, inv *invocation, args []string) Status {
	if err := c.check(args); err != nil {
		return inv.fail(err)
	}
	switch len(args) {
	case 0:
		return c.live.run(ctx, inv, c.json)
	case 1:
	default:
		return inv.fail(&problem{"The show command takes one file", fmt.Sprintf("It was given %d. Show one plan after the other.", len(args))})
	}
	if c.live.given() {
		return inv.fail(&problem{"A saved plan is shown as it is", "The flags -hcl, -rules, -account, -shard, -parallelism, -var and -var-file are for what is live, or configured: leave them out, or the file."})
	}
	saved, err := inv.readSaved(args[0])
	if err != nil {
		return inv.fail(err)
	}
	return inv.written(c.writeSaved(inv, saved))
}
