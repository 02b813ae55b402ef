package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/document"
	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/internal/server"
)

// applyAll applies the plans that there are, so many at a time, and tells what
// became of all accounts. What goes wrong in one does not stop the others; an
// interrupt lets none be begun any more.
func (inv *invocation) applyAll(ctx context.Context, all []*planned, c *applyCommand, progress *render.Progress) Status {
	todo := withChanges(all)
	run := journal.NewRunID(inv.Now())
	progress.StartApplies(len(todo))
	inParallel(todo, c.parallelism, func(p *planned) {
		found := guarded(func() {
			p.result, p.err = inv.applyOne(ctx, p, c, run, progress)
			p.close()
		})
		if found != nil {
			p.err = found
			p.abandon()
		}
		inv.forget(c.caching, p)
		progress.End(p.account.Address, p.err != nil)
	})
	progress.Pause()
	if inv.StderrTerminal {
		_, _ = io.WriteString(inv.Stderr, "\n") // below the plan, or the answer
	}
	done := appliedOf(all)
	_ = render.Result(inv.Stderr, done, inv.stderr)
	inv.stream.Load().Applied(done)
	status := appliedStatus(all)
	if c.strict && status == StatusOK && leftAny(all) {
		inv.fail(&problem{"Not all of the plan was done", "Messages were left alone, as shown above, and -strict takes that for an error."})
		return StatusIncomplete
	}
	return status
}

// leftAny says whether any message was left alone.
func leftAny(all []*planned) bool {
	return slices.ContainsFunc(all, func(p *planned) bool {
		return p.result != nil && slices.ContainsFunc(p.result.Steps, func(o apply.Outcome) bool { return len(o.Skipped) > 0 })
	})
}

// appliedOf is what there is to tell of the accounts.
func appliedOf(all []*planned) []render.Applied {
	var told []render.Applied
	for _, p := range all {
		told = append(told, p.applied())
	}
	return told
}

// applied is what there is to tell of an account. One without changes is done.
func (p *planned) applied() render.Applied {
	a := render.Applied{Account: p.account.Address, Plan: p.plan, Result: p.result, Err: p.err, InDoubt: p.result == nil && p.begun}
	switch {
	case p.plan == nil:
		a.Err = errors.New("not planned: " + p.why)
	case p.plan.Empty():
		a.Result = &apply.Result{}
	}
	return a
}

// appliedStatus is the status for what became of the accounts. It is an error like
// any other only if nothing was done, and nothing may have been done, and no
// account is as its configuration says without.
func appliedStatus(all []*planned) Status {
	left, some := false, false
	for _, p := range all {
		complete := p.applied().Complete()
		left = left || !complete
		some = some || complete || p.didSomething()
	}
	switch {
	case !left:
		return StatusOK
	case allStale(all):
		return StatusStale
	case some:
		return StatusIncomplete
	case len(unplanned(all)) == len(all):
		return unplannedStatus(all)
	default:
		return StatusError
	}
}

// didSomething says whether anything was changed, or may have been: an apply that
// was interrupted, or panicked in a step, is in doubt.
func (p *planned) didSomething() bool {
	r := p.result
	if r == nil {
		return p.begun
	}
	if r.Interrupted || r.Added+r.Changed+r.Destroyed > 0 || r.Messages != (apply.Counts{}) || p.back > 0 {
		return true
	}
	return slices.ContainsFunc(r.Steps, func(o apply.Outcome) bool {
		var unknown *apply.UnknownError
		return o.Done != (apply.Counts{}) || errors.As(o.Err, &unknown)
	})
}

func (inv *invocation) applyOne(ctx context.Context, p *planned, c *applyCommand, run string, progress *render.Progress) (result *apply.Result, err error) {
	if inv.stopped() {
		return &apply.Result{Interrupted: true}, nil
	}
	if err := p.mayLogIn(); err != nil {
		return nil, err
	}
	release, err := inv.hold(ctx, c.locking, p.account)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := inv.nothingUnfinished(c.journaling, p.account); err != nil {
		return nil, err
	}
	defer inv.begin(p, document.PhaseApply)()
	err = inv.connected(ctx, p, progress)
	switch {
	case err != nil && inv.stopped():
		return &apply.Result{Interrupted: true}, nil
	case err != nil:
		return nil, err
	}
	w, err := inv.journal(c.journaling, p.account, p.journalRun(run))
	if err != nil {
		return nil, err
	}
	inv.applying.Store(true)
	result, err = apply.Run(ctx, p.plan, p.session, apply.Options{
		Journal:   w,
		Listing:   p.listed,
		Reconnect: inv.reconnect(p),
		Stop:      inv.stop,
		Backup:    inv.keeper(p, run),
		Report: func(e apply.Event) {
			p.begun = true
			progress.Applying(p.plan, e)
			inv.stream.Load().Applying(p.plan, e)
		},
	})
	if p.undoes != "" {
		result.Exactly()
	}
	if err == nil && !result.Interrupted {
		err = inv.bringBack(ctx, p, w)
	}
	return result, errors.Join(err, endJournal(w, result, err))
}

// journalRun is the run as its journal tells of it.
func (p *planned) journalRun(id string) journal.Run {
	run := journal.Run{ID: id, Command: "apply", Undoes: p.undoes}
	if p.undoes != "" {
		run.Command = "undo " + p.undoes
	}
	return run
}

// endJournal ends the journal of a run, unless the run has left something in doubt: the
// next apply finds that out.
func endJournal(w *journal.Writer, r *apply.Result, err error) error {
	var unwritten *apply.JournalError
	switch {
	case errors.As(err, &unwritten):
		_ = w.Leave() // it says again what was said
		return nil
	case apply.Lost(err):
		return w.Leave()
	case err != nil:
		return w.Close(journal.End{Error: err.Error()})
	default:
		return w.Close(journal.End{Complete: r.Complete()})
	}
}

// restless is how long a session may idle before it is tried.
const restless = 5 * time.Second

// connected sees to it that there is a session: people think about a plan for
// longer than servers wait, and of many accounts none stays open for them. A new
// one is as good, since an apply looks at everything again before it changes it.
func (inv *invocation) connected(ctx context.Context, p *planned, progress *render.Progress) error {
	if p.session != nil && inv.Now().Sub(p.idle) < restless {
		return nil
	}
	ctx, cancel := inv.untilStopped(ctx)
	defer cancel()
	p.listed = nil // that was long ago
	if p.session != nil {
		if _, err := p.session.Status(ctx, mailbox.Inbox); err == nil {
			return nil
		}
		p.close()
	}
	progress.Connecting(p.account.Address)
	session, err := inv.dial(ctx, p.account, server.Options{})
	if err != nil {
		return err
	}
	p.session = session
	// The session learns how the server writes names from its list of folders.
	listing, err := session.List(ctx)
	if err != nil {
		return err
	}
	p.listed = listing.Folders
	return p.recognise(listing)
}
