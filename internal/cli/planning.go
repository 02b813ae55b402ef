package cli

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/plan"
)

// A planned account has a plan, or diagnostics that say why not.
type planned struct {
	account *config.Account
	plan    *plan.Plan // nil: there is none
	diags   hcl.Diagnostics
	session Session   // nil: there is none any more
	idle    time.Time // since when the session has not been used
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
	_ = p.session.Logout(ctx)
	p.session = nil
}

// planAll plans the accounts at the same time; one that fails does not stop the
// others.
func (inv *invocation) planAll(ctx context.Context, cfg *config.Config, accounts []*config.Account, progress *render.Progress) []*planned {
	ctx, cancel := inv.untilStopped(ctx)
	defer cancel()
	now := inv.Now() // one clock for all
	all := make([]*planned, len(accounts))
	var wg sync.WaitGroup
	for i, a := range accounts {
		all[i] = &planned{account: a}
		wg.Go(func() {
			defer func() {
				if value := recover(); value != nil {
					all[i].plan = nil
					all[i].fail(ctx, "Cannot plan "+a.Address, bug(value))
				}
			}()
			inv.planOne(ctx, all[i], cfg.Policy, now, progress)
		})
	}
	wg.Wait()
	progress.Pause()
	return all
}

// planOne plans one account; its session stays open for an apply.
func (inv *invocation) planOne(ctx context.Context, p *planned, policy config.Policy, now time.Time, progress *render.Progress) {
	a := p.account
	progress.Connecting(a.Address)
	session, err := inv.dial(ctx, a, func(read server.Progress) {
		progress.Reading(a.Address, string(read.Folder), read.Messages, read.Of)
	})
	if err != nil {
		p.fail(ctx, "Cannot connect to "+a.Address, err)
		return
	}
	p.session = session
	if err := p.ask(ctx, policy, now, progress); err != nil {
		p.fail(ctx, "Cannot read "+a.Address, err)
	}
	p.idle = inv.Now()
	if p.plan == nil {
		p.close()
	}
}

// ask asks the server what the planner needs to know, round by round.
func (p *planned) ask(ctx context.Context, policy config.Policy, now time.Time, progress *render.Progress) error {
	progress.Listing(p.account.Address)
	listing, err := p.session.List(ctx)
	if err != nil {
		return err
	}
	planner, diags := plan.New(p.account, policy, listing, now)
	if diags.HasErrors() {
		p.diags = diags
		return nil
	}
	for round := planner.Ask(); len(round) > 0; round = planner.Ask() {
		for _, q := range round {
			progress.Reading(p.account.Address, string(q.Folder), 0, 0)
			state, err := p.session.Answer(ctx, q, func(m *message.Message) { planner.Tell(q, m) })
			if err != nil {
				return err
			}
			planner.Told(q, state)
		}
	}
	p.plan, p.diags = planner.Plan()
	if p.diags.HasErrors() {
		p.plan = nil
	}
	return nil
}

// fail notes why an account has no plan.
func (p *planned) fail(ctx context.Context, summary string, err error) {
	if context.Cause(ctx) == errInterrupted {
		summary, err = p.account.Address+" was not planned", fmt.Errorf("%w; nothing was changed", errInterrupted)
	}
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: err.Error()}
	if p.account.Declared.Filename != "" {
		d.Subject = p.account.Declared.Ptr()
	}
	p.diags = append(p.diags, d)
}
