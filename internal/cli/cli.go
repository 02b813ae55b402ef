// Package cli owns the command line: commands, flags, environment variables, exit
// statuses, and what is asked and told when. It puts the other packages in order:
// config reads, plan asks, server answers, apply does, render tells.
//
// It owns no words of plans and problems, which are render's, and nothing that is
// done to a mailbox. What it knows of the process it runs in comes through Env.
package cli

import (
	"context"

	"github.com/imapform/imapform/internal/render"
)

// Run runs the program with the arguments that follow its name and returns its
// exit status.
//
// The first signal of Env.Signals lets the command in flight end, the second
// returns at once.
func Run(ctx context.Context, args []string, env Env) int {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	inv := newInvocation(env)
	ended := make(chan Status, 1)
	go func() { ended <- inv.run(ctx, args) }()

	select {
	case status := <-ended:
		return int(status)
	case <-env.Signals:
	}
	inv.interrupt()
	select {
	case status := <-ended:
		return int(status)
	case <-env.Signals:
		_ = render.Error(inv.Stderr, "Stopped at once", "", inv.stderr)
		return int(inv.interruptedStatus())
	}
}
