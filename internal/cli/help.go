package cli

import (
	"context"
	"flag"
	"io"

	"github.com/imapform/imapform/internal/render"
)

func helpEntry() entry {
	return entry{
		name:    "help",
		summary: "Show help, also of a command",
		args:    "[command]",
		text:    "Shows what commands there are, or the help of one command.",
		make:    func(*invocation) command { return helpCommand{} },
	}
}

// helpCommand is the help command.
type helpCommand struct{}

func (helpCommand) flags(*flag.FlagSet) {}

func (helpCommand) run(_ context.Context, inv *invocation, args []string) Status {
	if len(args) == 0 {
		return inv.written(inv.help(inv.Stdout, inv.stdout))
	}
	e, err := commandNamed(args[0])
	if err != nil {
		return inv.fail(err)
	}
	return inv.written(render.Help(inv.Stdout, e.page(inv), inv.stdout))
}

// help writes the help of the program.
func (inv *invocation) help(w io.Writer, o render.Options) error {
	list := render.HelpSection{Title: "Commands"}
	for _, e := range commands() {
		list.Rows = append(list.Rows, render.HelpRow{Word: e.name, Meaning: e.summary})
	}
	return render.Help(w, render.HelpPage{
		Usage: "imapform [global options] <command> [options]",
		Text: "imapform files, flags and tidies the mail of IMAP accounts the way a configuration in HCL says. " +
			"A plan shows what would change and changes nothing; an apply does what the plan showed.",
		Sections: []render.HelpSection{
			list,
			{Title: "Global options, before the command", Rows: globalRows},
			{Title: "Environment variables", Rows: environmentRows},
			statusSection(),
		},
	}, o)
}

var environmentRows = []render.HelpRow{
	{Word: "IMAPFORM_VAR_name", Meaning: "The value of a variable."},
	{Word: "IMAPFORM_CLI_ARGS", Meaning: "Flags for every command; IMAPFORM_CLI_ARGS_plan: for plan, and so on."},
	{Word: "IMAPFORM_INPUT", Meaning: "no, false or 0: never ask, like -input=false."},
	{Word: "IMAPFORM_LOG", Meaning: "debug or trace: show the protocol on standard error, without credentials."},
	{Word: "NO_COLOR, FORCE_COLOR", Meaning: "Never, or always, use colour."},
}
