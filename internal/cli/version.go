package cli

import (
	"context"
	"flag"
	"runtime"

	"github.com/imapform/imapform/internal/render"
)

func versionEntry() entry {
	return entry{
		name:    "version",
		summary: "Show the version of imapform",
		text:    "Shows the version of imapform and the platform that it was built for.",
		make:    func(*invocation) command { return &versionCommand{} },
	}
}

// versionCommand is the version command.
type versionCommand struct{ json bool }

func (c *versionCommand) flags(fs *flag.FlagSet) {
	fs.BoolVar(&c.json, "json", false, "Write one JSON object.")
}

func (c *versionCommand) run(_ context.Context, inv *invocation, _ []string) Status {
	v := render.Version{Version: inv.Version, Platform: runtime.GOOS + "_" + runtime.GOARCH, Go: runtime.Version()}
	if c.json {
		return inv.written(v.JSON(inv.Stdout))
	}
	v.Version = "v" + v.Version
	return inv.written(v.Text(inv.Stdout, inv.stdout))
}
