package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/document"
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
	all, err := inv.resumeAll(ctx, c, accounts)
	if err != nil {
		return inv.fail(err)
	}
	for _, a := range accounts {
		if err := all.failed[a.Address]; err != nil {
			inv.fail(&problem{"A run of " + a.Address + " was cut short, and cannot be finished", sentence(err.Error())})
		}
	}
	switch {
	case len(all.failed) > 0 && all.runs > 0:
		return StatusIncomplete
	case len(all.failed) > 0:
		return StatusError
	case all.runs == 0:
		return inv.written(render.Notice(inv.Stdout, "No apply was cut short. Nothing was done.", inv.stdout))
	case all.doubtful > 0:
		inv.fail(&problem{"Not all could be found out", "What is still in doubt is told above, and is left as it is: look at the folders that it names. A new plan shows what there is still to do."})
		return StatusIncomplete
	default:
		return StatusOK
	}
}

// A resumption counts runs that died and that were dealt with. Of the doubtful ones not
// all could be found out, which was told. Of the accounts that failed, by their
// addresses, nothing is known: nothing else may be done there.
type resumption struct {
	runs, doubtful int
	failed         map[string]error
}

// status is that of an apply after it, whose own is given: as long as it is in doubt what
// an earlier run has done, not all is done.
func (r resumption) status(own Status) Status {
	if own == StatusOK && r.doubtful > 0 {
		return StatusIncomplete
	}
	return own
}

// cannotResume is the error of an account in which nothing may be done.
func cannotResume(err error) error {
	return fmt.Errorf("a run was cut short, and cannot be finished: %w; nothing else is done there: what is left in doubt must be found out first", err)
}

// resumeAll finishes, in the accounts that are meant, what runs that died have left in
// doubt: before anything is planned, since a plan sees what is half done and not why.
func (inv *invocation) resumeAll(ctx context.Context, c *applyCommand, accounts []*config.Account) (resumption, error) {
	all := resumption{failed: map[string]error{}}
	dir, err := c.journaling.dir(inv)
	if err != nil {
		return all, err
	}
	for _, a := range accounts {
		_, open, err := journal.Unfinished(dir, stateKey(a))
		switch {
		case err != nil:
			all.failed[a.Address] = err
		case open && inv.stopped():
			return all, errNothingChanged
		case open:
			if err := inv.resumeAccount(ctx, c, dir, a, &all); err != nil {
				all.failed[a.Address] = err
			}
		}
	}
	return all, nil
}

// resumeAccount finishes what runs of one account left, the newest first, and counts
// them.
func (inv *invocation) resumeAccount(ctx context.Context, c *applyCommand, dir string, a *config.Account, all *resumption) (err error) {
	release, err := inv.hold(ctx, c.locking, a)
	if _, held := errors.AsType[*lock.HeldError](err); held {
		return nil // it has not died after all; who wants to apply will hear of it
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	for {
		path, open, err := journal.Unfinished(dir, stateKey(a))
		if err != nil || !open {
			return err
		}
		doubtful, err := inv.resumeRun(ctx, a, path)
		if err != nil {
			return err
		}
		all.runs++
		if doubtful {
			all.doubtful++
		}
	}
}

// resumeRun finishes one run, and says whether not all of it could be found out.
func (inv *invocation) resumeRun(ctx context.Context, a *config.Account, path string) (doubtful bool, err error) {
	w, j, err := journal.Reopen(path, inv.Now)
	if errors.Is(err, journal.ErrRunning) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if len(j.Records) == 1 {
		_ = render.Notice(inv.Stderr, fmt.Sprintf("%s: the run %s was cut short before it changed anything.", a.Address, j.Run().ID), inv.stderr)
		return false, w.Close(journal.End{Error: "it was cut short before it changed anything"})
	}
	_ = render.Notice(inv.Stderr, fmt.Sprintf("%s: the run %s was cut short. Finding out what it has done.", a.Address, j.Run().ID), inv.stderr)
	inv.connecting.Store(true)
	p := &planned{account: a}
	defer inv.begin(p, document.PhaseResume)()
	defer p.close()
	session, err := inv.dial(ctx, a, server.Options{})
	if err != nil {
		return false, errors.Join(err, w.Leave())
	}
	p.session = session
	inv.applying.Store(true)
	resumed, err := apply.Resume(ctx, j.Records, session, apply.Options{Stop: inv.stop, Journal: w, Reconnect: inv.reconnect(p)})
	if apply.Later(err) {
		return false, errors.Join(err, w.Leave())
	}
	end := journal.End{Error: "it was cut short, and what it left in doubt found out later"}
	if err != nil {
		end.Error += ": " + err.Error()
	}
	inv.diagnose(hcl.Diagnostics{render.Resumed(a.Address, j.Run().ID, resumed, err)}, nil)
	return err != nil, w.Close(end)
}

// nothingUnfinished fails if a run of the account, which is locked, has died since it was
// looked for.
func (inv *invocation) nothingUnfinished(j journaling, a *config.Account) error {
	dir, err := j.dir(inv)
	if err != nil {
		return err
	}
	_, open, err := journal.Unfinished(dir, stateKey(a))
	if err == nil && open {
		err = errors.New("another run of the account was cut short in the meantime: what it left half done must be found out first, so that nothing was done; run the command again")
	}
	return err
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
