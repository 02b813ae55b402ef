// Package cli owns the command line: commands, flags, environment variables, exit
// statuses, and what is asked and told when. It puts the other packages in order:
// config reads, plan asks, server answers, apply does, render tells.
//
// It owns no words of plans and problems, which are render's, and nothing that is
// done to a mailbox. What it knows of the process it runs in comes through Env.
package cli

import (
	"context"
	"time"

	"github.com/imapform/imapform/internal/render"
)

// Run runs the program with the arguments that follow its name and returns its
// exit status.
//
// The first signal of Env.Signals lets a command that talks to a server end by
// itself, the second returns at once; of any other command the first does. A signal
// right behind the first is the same one: timeout(1) sends it to the process and to
// its group.
func Run(ctx context.Context, args []string, env Env) int {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	inv := newInvocation(env)
	told := inv.stderr // before flags are read, by the other goroutine
	told.Color = false
	ended := make(chan Status, 1)
	go func() {
		defer func() {
			if value := recover(); value != nil {
				ended <- inv.crashed(value)
			}
		}()
		ended <- inv.run(ctx, args)
	}()

	select {
	case status := <-ended:
		return int(status)
	case <-env.Signals:
	}
	if !inv.connecting.Load() {
		_ = render.Error(inv.Stderr, "Interrupted", "", told)
		inv.stream.Load().Error("Interrupted", "")
		inv.endStream(StatusError)
		return int(StatusError)
	}
	first := time.Now()
	inv.interrupt(told)
	for {
		select {
		case status := <-ended:
			return int(status)
		case <-env.Signals:
			if time.Since(first) < sameSignal {
				continue
			}
			_ = render.Error(inv.Stderr, "Stopped at once", "", told)
			status := inv.interruptedStatus()
			inv.stream.Load().Error("Stopped at once", "")
			inv.endStream(status)
			return int(status)
		}
	}
}

// sameSignal is how long after a signal another is taken for the same one.
const sameSignal = 500 * time.Millisecond
