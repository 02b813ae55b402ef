package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/render"
)

// An invocation is one run of the program: its Env, with what follows from it.
type invocation struct {
	Env
	environment    map[string]string
	stdout, stderr render.Options
	text           *textWriter                   // what Stderr is
	protocol       io.Writer                     // standard error for what is asked for by IMAPFORM_LOG
	stream         atomic.Pointer[render.Stream] // nil: none

	stop     chan struct{} // closed by the first interrupt
	applying atomic.Bool   // something may have been changed
	// connecting says that servers are being talked to: an interrupt is waited for.
	connecting atomic.Bool
	limits     accountLimits
	costs      accountCosts
}

func newInvocation(env Env) *invocation {
	inv := &invocation{Env: env, environment: env.environ(), stop: make(chan struct{})}
	inv.protocol = &serialWriter{w: env.Stderr}
	inv.text = &textWriter{w: inv.protocol}
	inv.Stderr = inv.text
	inv.stdout = render.Options{Color: colour(inv.environment, env.StdoutTerminal)}
	inv.stderr = render.Options{Color: colour(inv.environment, env.StderrTerminal)}
	if env.StdoutTerminal {
		inv.stdout.Width = env.Width
	}
	if env.StderrTerminal {
		inv.stderr.Width = env.Width
	}
	return inv
}

// run reads the global options and runs the command.
func (inv *invocation) run(ctx context.Context, args []string) Status {
	global, args, err := cutGlobal(args)
	if err != nil {
		return inv.fail(err)
	}
	if global.chdir != "" {
		dir := inv.path(global.chdir)
		if info, err := os.Stat(dir); err != nil {
			return inv.fail(&problem{"Cannot change to the directory of -chdir", err.Error()})
		} else if !info.IsDir() {
			return inv.fail(&problem{"Cannot change to the directory of -chdir", fmt.Sprintf("%q is no directory.", global.chdir)})
		}
		inv.Dir = dir
	}
	name, args := commandName(global, args)
	if name == "" {
		_ = inv.help(inv.Stderr, inv.stderr)
		return StatusError
	}
	e, err := commandNamed(name)
	if err != nil {
		return inv.fail(err)
	}
	if args, err = inv.withEnvironment(name, args); err != nil {
		return e.failed(inv.fail(err))
	}
	c := e.make(inv)
	args, err = inv.parseFlags(e, c, args)
	if errors.Is(err, errHelp) {
		return inv.written(render.Help(inv.Stdout, e.page(inv), inv.stdout))
	}
	if err != nil {
		return e.failed(inv.fail(err))
	}
	inv.checkLog()
	return c.run(ctx, inv, args)
}

// commandName is the command that is asked for; empty: none.
func commandName(global globalOptions, args []string) (string, []string) {
	switch {
	case global.version:
		return "version", nil
	case global.help:
		return "help", args
	case len(args) == 0:
		return "", nil
	default:
		return args[0], args[1:]
	}
}

// path is where a path of the command line leads.
func (inv *invocation) path(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(inv.Dir, path)
}

// interrupt asks the command to end. What came of that the command tells itself.
func (inv *invocation) interrupt(o render.Options) {
	doing := "stopping"
	if inv.applying.Load() {
		doing = "the command in flight is being finished"
	}
	_ = render.Notice(inv.Stderr, "\nInterrupted: "+doing+". Interrupt again to stop at once.", o)
	inv.stream.Load().Diagnostics("", hcl.Diagnostics{{Severity: hcl.DiagWarning, Summary: "Interrupted: " + doing}}, nil)
	close(inv.stop)
}

func (inv *invocation) stopped() bool {
	select {
	case <-inv.stop:
		return true
	default:
		return false
	}
}

// untilStopped is a context that the first interrupt ends: for what changes
// nothing.
func (inv *invocation) untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-inv.stop:
			cancel(errInterrupted)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(context.Canceled) }
}

var errInterrupted = errors.New("interrupted")

func (inv *invocation) interruptedStatus() Status {
	if inv.applying.Load() {
		return StatusIncomplete
	}
	return StatusError
}

// A problem is an error with what to do about it.
type problem struct{ summary, detail string }

func (p *problem) Error() string { return strings.TrimSpace(p.summary + ": " + p.detail) }

// fail tells an error and returns the status for it. That standard error cannot be
// written to, here and elsewhere, can be told to nobody; the status still says it.
func (inv *invocation) fail(err error) Status {
	var p *problem
	if !errors.As(err, &p) {
		p = &problem{summary: err.Error()}
	}
	_ = render.Error(inv.Stderr, p.summary, p.detail, inv.stderr)
	inv.stream.Load().Error(p.summary, p.detail)
	return StatusError
}

// written returns the status for a result that was written.
func (inv *invocation) written(err error) Status {
	var known *problem
	switch {
	case errors.As(err, &known):
		return inv.fail(known)
	case err != nil:
		return inv.fail(&problem{"Cannot write to standard output", err.Error()})
	}
	return StatusOK
}

// diagnose tells what is wrong with the configuration.
func (inv *invocation) diagnose(diags hcl.Diagnostics, files config.Files) {
	o := inv.stderr
	o.Files = files
	_ = render.Diagnostics(inv.Stderr, diags, o)
	inv.stream.Load().Diagnostics("", diags, files)
}

// A serialWriter lets several goroutines write, one at a time.
type serialWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *serialWriter) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}
