package cli

import (
	"context"
	"flag"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/check"
	"github.com/imapform/imapform/internal/render"
)

func validateEntry() entry {
	return entry{
		name:    "validate",
		summary: "Check whether the configuration is valid",
		text: "Checks the configuration of the current directory and its tests, without a network and without credentials. " +
			"Variables need no values for it.",
		make: func(*invocation) command { return &validateCommand{} },
	}
}

// validateCommand is the validate command.
type validateCommand struct {
	variableFlags
	json bool
}

func (c *validateCommand) flags(fs *flag.FlagSet) {
	c.variableFlags.flags(fs)
	fs.BoolVar(&c.json, "json", false, "Write one JSON object, in the shape of Terraform's.")
}

func (c *validateCommand) run(_ context.Context, inv *invocation, _ []string) Status {
	tests, files, diags := config.LoadTests(inv.source(c.sources, true))
	if tests != nil {
		diags = append(diags, check.Config(tests.Config)...)
	}
	status := StatusOK
	if diags.HasErrors() {
		status = StatusError
	}
	if c.json {
		return max(status, inv.written(render.ValidationJSON(inv.Stdout, diags, files)))
	}
	inv.diagnose(diags, files)
	if status != StatusOK {
		return status
	}
	return inv.written(render.Valid(inv.Stdout, len(diags) > 0, inv.stdout))
}
