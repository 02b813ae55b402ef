package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/cache"
	"github.com/imapform/imapform/internal/document"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/internal/undo"
	"github.com/imapform/imapform/plan"
)

// A planned account has a plan, or diagnostics that say why not. Only one goroutine
// at a time deals with it.
type planned struct {
	account *config.Account
	plan    *plan.Plan // nil: there is none
	diags   hcl.Diagnostics
	why     string         // there is no plan, in one line
	stopped bool           // there is no plan because of an interrupt
	rail    bool           // there is no plan because more would have to be read than may be
	session Session        // nil: there is none any more
	idle    time.Time      // since when the session has not been used
	listed  []plan.Folder  // the folders as the session listed them, nothing but reading having been done since
	place   plan.Place     // the mailbox that the plan is for
	saved   bool           // the plan was read from a file
	hidden  plan.Hidden    // what -target and -exclude left out of the plan
	cache   *cache.Account // what is remembered of its messages; nil: nothing
	recall  *recall        // what is remembered of its last plan; nil: nothing
	backup  string         // where messages are kept before they are deleted for good; empty: nowhere
	cost    *accountCost   // what its sessions cost; nil: there was none

	// Of a plan that turns a run around: the run's ID, and what comes back from a backup
	// once the plan was applied.
	undoes  string
	restore []undo.Restore

	// What became of the plan, once it was its turn to be applied.
	result *apply.Result // nil: nothing is known of it
	err    error         // what ended the apply as a whole
	begun  bool          // a step was begun
	back   int           // messages that came back from a backup, or were there again already
}

// farewell is how long a server may take to say goodbye.
const farewell = 5 * time.Second

// close ends the session, also after an interrupt. What a server says to a
// farewell changes nothing.
func (p *planned) close() {
	if p.session == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	defer p.cost.goOn()()
	session := p.session
	p.session = nil
	_ = session.Logout(ctx)
}

// abandon is close for an account whose session was used by what panicked: that it
// cannot be closed either is no news.
func (p *planned) abandon() { _ = guarded(p.close) }

// planAll plans the accounts, so many at a time; one that fails does not stop the
// others. Sessions stay open for an apply if no more are needed than that many.
func (inv *invocation) planAll(ctx context.Context, cfg *config.Config, now time.Time, accounts []*config.Account, c caching, most int, progress *render.Progress) []*planned {
	ctx, cancel := inv.untilStopped(ctx)
	defer cancel()
	all := make([]*planned, len(accounts))
	for i, a := range accounts {
		all[i] = &planned{account: a, backup: cfg.Policy.Backup}
	}
	inv.openCaches(c, all)
	inv.openRecalls(cfg, all)
	planEach(ctx, all, most, progress, func(p *planned) { inv.planOne(ctx, p, cfg.Policy, now, progress) })
	return all
}

// planEach has accounts planned, so many at a time.
func planEach(ctx context.Context, all []*planned, most int, progress *render.Progress, one func(*planned)) {
	keep := len(all) <= most
	progress.StartPlans(len(all))
	inParallel(all, most, func(p *planned) {
		found := guarded(func() {
			one(p)
			if !keep || p.plan == nil || !p.changes() {
				p.close()
			}
		})
		if found != nil {
			p.plan = nil
			p.fail(ctx, "plan", found)
			p.abandon()
		}
		progress.End(p.account.Address, p.plan == nil)
	})
	progress.Pause()
}

// planOne plans one account.
func (inv *invocation) planOne(ctx context.Context, p *planned, policy config.Policy, now time.Time, progress *render.Progress) {
	a := p.account
	if err := ctx.Err(); err != nil {
		p.fail(ctx, "plan", err)
		return
	}
	defer inv.begin(p, document.PhasePlan)()
	progress.Connecting(a.Address)
	session, err := inv.dial(ctx, a, server.Options{MaxFetch: policy.MaxFetch, Cache: p.cache, Progress: func(read server.Progress) {
		progress.Reading(a.Address, string(read.Folder), read.Messages, read.Of)
	}})
	if err != nil {
		p.fail(ctx, "connect to", err)
		return
	}
	p.session = session
	if err := p.ask(ctx, policy, now, progress); err != nil {
		p.fail(ctx, "read", err)
	}
	p.idle = inv.Now()
}

// ask asks the server what the planner needs to know, round by round.
func (p *planned) ask(ctx context.Context, policy config.Policy, now time.Time, progress *render.Progress) error {
	progress.Listing(p.account.Address)
	listing, err := p.session.List(ctx)
	if err != nil {
		return err
	}
	p.place, p.listed = placeOf(p.account, listing), listing.Folders
	planner, diags := plan.New(p.account, policy, listing, now)
	if diags.HasErrors() {
		p.refuse(diags)
		return nil
	}
	p.recall.begin(planner)
	for round := planner.Ask(); len(round) > 0; round = planner.Ask() {
		progress.Reading(p.account.Address, string(round[0].Folder), 0, 0)
		answers, err := p.session.AnswerAll(ctx, round, func(i int, m *message.Message) { planner.Tell(round[i], m) })
		if err != nil {
			return err
		}
		for i, q := range round {
			planner.Answered(q, answers[i])
		}
	}
	made, diags := planner.Plan()
	if diags.HasErrors() {
		p.refuse(diags)
		return nil
	}
	p.recall.end(planner)
	p.plan, p.diags = made, diags
	return nil
}

// refuse notes that an account cannot be planned as it is configured.
func (p *planned) refuse(diags hcl.Diagnostics) {
	p.diags = diags
	var errs hcl.Diagnostics
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			errs = append(errs, d)
		}
	}
	p.why = errs[0].Summary
	if at := errs[0].Subject; at != nil {
		p.why += fmt.Sprintf(" (%s:%d)", at.Filename, at.Start.Line)
	}
	switch more := len(errs) - 1; {
	case more == 1:
		p.why += ", and 1 more error"
	case more > 1:
		p.why += fmt.Sprintf(", and %d more errors", more)
	}
}

// fail notes why an account has no plan: what could not be done with it, and the
// reason.
func (p *planned) fail(ctx context.Context, cannot string, err error) {
	if context.Cause(ctx) == errInterrupted {
		p.stopped = true // which is told once, not for each account
		return
	}
	p.why = err.Error()
	var limit *server.FetchLimitError
	p.rail = errors.As(err, &limit)
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Cannot " + cannot + " " + p.account.Address, Detail: err.Error()}
	if p.account.Declared.Filename != "" {
		d.Subject = p.account.Declared.Ptr()
	}
	p.diags = append(p.diags, d)
}
