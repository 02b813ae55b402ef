package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/render"
)

// A command does what one word of the command line asks for.
type command interface {
	// flags declares the command's flags.
	flags(fs *flag.FlagSet)
	// run runs the command with the arguments that follow its flags.
	run(ctx context.Context, inv *invocation, args []string) Status
}

// An entry is a command in the table of commands.
type entry struct {
	name    string
	summary string // for the list of commands
	args    string // after the flags, for its usage; empty: it takes none
	text    string // paragraphs for its help
	make    func(inv *invocation) command
	// failure is the status for what is wrong with its flags; 0: StatusError.
	failure Status
}

// commands is the table of commands, in the order of help.
func commands() []entry {
	return []entry{
		validateEntry(), planEntry(), applyEntry(), undoEntry(), historyEntry(), showEntry(), graphEntry(), explainEntry(), testEntry(), fmtEntry(), consoleEntry(), schemaEntry(), versionEntry(), helpEntry(),
	}
}

func commandNamed(name string) (entry, error) {
	var names []string
	for _, e := range commands() {
		if e.name == name {
			return e, nil
		}
		names = append(names, e.name)
	}
	if instead, ok := terraformCommands[name]; ok {
		return entry{}, &problem{fmt.Sprintf("imapform has no command %q", name), instead}
	}
	detail := "Run imapform -help for a list of the commands."
	if near := config.Nearest(name, names); near != "" {
		detail = fmt.Sprintf("Did you mean %q?", near)
	}
	return entry{}, &problem{fmt.Sprintf("imapform has no command %q", name), detail}
}

// failed is the entry's own status for a failure.
func (e entry) failed(status Status) Status {
	if status != StatusOK && e.failure != StatusOK {
		return e.failure
	}
	return status
}

// flagSet has the command's flags, and those that every command has.
func (e entry) flagSet(inv *invocation, c command) *flag.FlagSet {
	fs := flag.NewFlagSet(e.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	c.flags(fs)
	fs.BoolFunc("no-color", "Use no colour.", func(s string) error {
		off, err := strconv.ParseBool(s)
		if err != nil {
			return errors.New("write true or false")
		}
		if off {
			inv.stdout.Color, inv.stderr.Color = false, false
		}
		return nil
	})
	return fs
}

func (e entry) flagNames() []string {
	var names []string
	inv := &invocation{}
	e.flagSet(inv, e.make(inv)).VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return names
}

// page is the command's help.
func (e entry) page(inv *invocation) render.HelpPage {
	page := render.HelpPage{Usage: "imapform [global options] " + e.name, Text: e.text}
	options := render.HelpSection{Title: "Options"}
	e.flagSet(inv, e.make(inv)).VisitAll(func(f *flag.Flag) {
		options.Rows = append(options.Rows, flagRow(f))
	})
	if len(options.Rows) > 0 {
		page.Usage += " [options]"
		page.Sections = append(page.Sections, options)
	}
	if e.args != "" {
		page.Usage += " " + e.args
	}
	return page
}

// flagRow is a flag's line of help: -samples=N for a flag with a value. A flag
// that is true unless told otherwise is shown as the way to tell it.
func flagRow(f *flag.Flag) render.HelpRow {
	value, usage := flag.UnquoteUsage(f)
	word := "-" + f.Name
	boolean, isBool := f.Value.(interface{ IsBoolFlag() bool })
	switch {
	case isBool && boolean.IsBoolFlag() && f.DefValue == "true":
		word += "=false"
	case !isBool || !boolean.IsBoolFlag():
		word += "=" + value
	}
	return render.HelpRow{Word: word, Meaning: usage}
}
