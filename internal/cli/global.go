package cli

import (
	"fmt"
	"strings"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/render"
)

// globalOptions stand before the command.
type globalOptions struct {
	chdir         string
	help, version bool
}

var globalRows = []render.HelpRow{
	{Word: "-chdir=DIR", Meaning: "Change to this directory first: the configuration is read there."},
	{Word: "-help", Meaning: "Show this help, or that of the command that follows."},
	{Word: "-version", Meaning: "The same as the version command."},
}

// cutGlobal takes the options before the command from the arguments.
func cutGlobal(args []string) (globalOptions, []string, error) {
	var global globalOptions
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		name, value, hasValue := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(args[0], "-"), "-"), "=")
		switch {
		case name == "help" || name == "h":
			global.help = true
		case name == "version" || name == "v":
			global.version = true
		case name == "chdir" && hasValue && value != "":
			global.chdir = value
		case name == "chdir" && len(args) > 1 && !hasValue:
			global.chdir = args[1]
			args = args[1:]
		case name == "chdir":
			return global, nil, &problem{"The option -chdir needs a directory", "Write -chdir=DIR before the command."}
		default:
			return global, nil, unknownGlobal(name)
		}
		args = args[1:]
	}
	return global, args, nil
}

func unknownGlobal(name string) error {
	for _, e := range commands() {
		for _, f := range e.flagNames() {
			if f == name {
				return &problem{fmt.Sprintf("The option -%s must stand after the command", name), fmt.Sprintf("For example: imapform %s -%s", e.name, name)}
			}
		}
	}
	detail := "Run imapform -help for the global options."
	if near := config.Nearest(name, []string{"chdir", "help", "version"}); near != "" {
		detail = fmt.Sprintf("Did you mean -%s?", near)
	}
	return &problem{fmt.Sprintf("There is no global option -%s", name), detail}
}
