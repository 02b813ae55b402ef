package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/lock"
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/plan"
)

// resumeOnly is apply -resume.
func (c *applyCommand) resumeOnly(ctx context.Context, inv *invocation) Status {
	cfg, files, diags := config.Load(inv.source(c.sources, false))
	inv.diagnose(diags, files)
	if diags.HasErrors() {
		return StatusError
	}
	accounts, err := c.meant(cfg.Accounts)
	if err != nil {
		return inv.fail(err)
	}
	n, err := inv.resumeAll(ctx, c, accounts)
	switch {
	case err != nil:
		return inv.fail(err)
	case n == 0:
		return inv.written(render.Notice(inv.Stdout, "No apply was cut short. Nothing was done.", inv.stdout))
	default:
		return StatusOK
	}
}

// resumeAll finishes, in the accounts that are meant, what runs that died have left in
// doubt: before anything is planned, since a plan sees what is half done and not why. It
// returns how many it has finished.
func (inv *invocation) resumeAll(ctx context.Context, c *applyCommand, accounts []*config.Account) (int, error) {
	dir, err := c.journaling.dir(inv)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, a := range accounts {
		_, open, err := journal.Unfinished(dir, stateKey(a))
		if err != nil {
			return n, &problem{"Cannot tell whether an apply of " + a.Address + " was cut short", sentence(err.Error())}
		}
		if !open {
			continue
		}
		if inv.stopped() {
			return n, errNothingChanged
		}
		done, err := inv.resumeAccount(ctx, c, dir, a)
		if n += done; err != nil {
			return n, &problem{"An apply of " + a.Address + " was cut short, and cannot be finished", sentence(err.Error()) + " Nothing else was done: what is left in doubt must be found out first."}
		}
	}
	return n, nil
}

// resumeAccount finishes what runs of one account left, the newest first.
func (inv *invocation) resumeAccount(ctx context.Context, c *applyCommand, dir string, a *config.Account) (n int, err error) {
	release, err := inv.hold(ctx, c.locking, a)
	if _, held := errors.AsType[*lock.HeldError](err); held {
		return 0, nil // it has not died after all; who wants to apply will hear of it
	}
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, release()) }()
	for {
		path, open, err := journal.Unfinished(dir, stateKey(a))
		if err != nil || !open {
			return n, err
		}
		if err := inv.resumeRun(ctx, a, path); err != nil {
			return n, err
		}
		n++
	}
}

// resumeRun finishes one run.
func (inv *invocation) resumeRun(ctx context.Context, a *config.Account, path string) error {
	w, j, err := journal.Reopen(path, inv.Now)
	if errors.Is(err, journal.ErrRunning) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(j.Records) == 1 { // it died before it began
		return w.Close(journal.End{})
	}
	_ = render.Notice(inv.Stderr, fmt.Sprintf("%s: the run %s was cut short. Finding out what it has done.", a.Address, j.Run().ID), inv.stderr)
	inv.connecting.Store(true)
	p := &planned{account: a}
	defer p.close()
	session, err := inv.dial(ctx, a, server.Options{})
	if err != nil {
		return errors.Join(err, w.Leave())
	}
	p.session = session
	inv.applying.Store(true)
	resumed, err := apply.Resume(ctx, j.Records, session, apply.Options{Stop: inv.stop, Journal: w, Reconnect: inv.reconnect(p)})
	var unwritten *apply.JournalError
	if apply.Lost(err) || errors.As(err, &unwritten) {
		return errors.Join(err, w.Leave())
	}
	end := journal.End{Error: "it was cut short, and what it left in doubt found out later"}
	if err != nil {
		end.Error += ": " + err.Error()
	}
	inv.diagnose(hcl.Diagnostics{render.Resumed(a.Address, j.Run().ID, resumed, err)}, nil)
	return w.Close(end)
}

// tellUnfinished warns, before a plan, of runs that died: what is half done looks like
// something to do.
func (inv *invocation) tellUnfinished(j journaling, accounts []*config.Account) {
	dir, err := j.dir(inv)
	if err != nil {
		return // nothing was ever applied with such an environment
	}
	for _, a := range accounts {
		path, open, err := journal.Unfinished(dir, stateKey(a))
		if err != nil || !open {
			continue // an apply says what is wrong with it
		}
		inv.diagnose(hcl.Diagnostics{render.Unfinished(a.Address, path)}, nil)
	}
}

// reconnect makes another session for an account after its own was lost.
func (inv *invocation) reconnect(p *planned) func(context.Context) (apply.Server, error) {
	return func(ctx context.Context) (apply.Server, error) {
		p.close() // of the lost one: a server may allow few connections
		session, err := inv.dial(ctx, p.account, server.Options{})
		if err != nil {
			return nil, err
		}
		p.session = session
		listing, err := session.List(ctx) // the session learns how the server writes names
		if err != nil {
			return nil, err
		}
		if err := p.same(listing); err != nil {
			return nil, err
		}
		return session, nil
	}
}

// same says whether a mailbox is still the one that was planned on.
func (p *planned) same(l plan.Listing) error {
	now := placeOf(p.account, l)
	if p.place == (plan.Place{}) || now.InboxUIDValidity == 0 || p.place.InboxUIDValidity == 0 {
		return nil
	}
	return now.Same(p.place)
}
