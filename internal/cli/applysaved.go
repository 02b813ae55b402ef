package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/plan"
)

// check refuses what cannot be meant together.
func (c *applyCommand) check(inv *invocation, args []string) error {
	switch {
	case c.resume && (len(args) > 0 || c.targetFlags.given() || c.test || c.strict || c.samples >= 0 || c.maxAge != 0):
		return &problem{"The flag -resume stands alone", "With it nothing is planned, and no plan is applied: leave out FILE and the flags -target, -exclude, -test, -strict, -samples and -max-age, and run imapform apply with them afterwards."}
	case len(args) > 1:
		return &problem{"The apply command takes one file", fmt.Sprintf("It was given %d. Apply one plan after the other.", len(args))}
	case len(args) == 0 && c.maxAge != 0:
		return &problem{"The flag -max-age is for saved plans", "A plan that is made now is never too old: leave it out, or name a file."}
	case len(args) == 1 && c.samples >= 0:
		return &problem{"The flag -samples is of no use with a saved plan", "It holds no senders and subjects: leave the flag out."}
	case len(args) == 1 && c.test:
		return &problem{"The flag -test is of no use with a saved plan", "It was made with the rules as they were then, which are not evaluated again: run imapform test before imapform plan."}
	case len(args) == 1 && c.targetFlags.given():
		return errNoTargets
	case c.json && c.samples >= 0:
		return errNoSamples
	case len(args) == 1:
		return c.output.check(inv, namedFile{"the argument", args[0]})
	}
	return c.output.check(inv)
}

// applySaved applies a saved plan: nothing is asked, and no rule is evaluated.
func (c *applyCommand) applySaved(ctx context.Context, inv *invocation, file string) Status {
	saved, err := inv.readSaved(file)
	if err != nil {
		return inv.fail(err)
	}
	if err := c.young(saved.Made, inv.Now()); err != nil {
		inv.fail(err)
		return StatusStale
	}
	cfg, files, diags := config.Load(inv.source(c.sources, false))
	inv.diagnose(diags, files)
	if diags.HasErrors() {
		return StatusError
	}
	all, err := c.accountsOf(saved, cfg.Accounts, file)
	if err != nil {
		return inv.fail(err)
	}
	for _, p := range all {
		p.backup = cfg.Policy.Backup
	}
	broken := withBroken(all, cfg.Policy)
	inv.streamPlans(nil, plansOf(all), saved.Hidden, files)
	if len(broken) > 0 {
		_ = render.Rails(inv.Stderr, broken, inv.stderr)
		inv.fail(&problem{"The plan cannot be applied", "It breaks a rail, so that nothing is applied in any account: make a new plan. To apply that of other accounts alone, name them by the flag -account."})
		return StatusRail
	}
	if len(all) == 0 {
		return inv.emptyShard(c.shard)
	}
	var accounts []*config.Account
	for _, p := range all {
		accounts = append(accounts, p.account)
	}
	resumed, err := inv.resumeAll(ctx, c, accounts)
	if err != nil {
		return inv.fail(err)
	}
	for _, p := range all {
		if err := resumed.failed[p.account.Address]; err != nil {
			p.plan = nil
			p.fail(ctx, "apply the plan of", cannotResume(err))
			inv.diagnose(p.diags, files)
		}
	}
	if len(unplanned(all)) == len(all) && len(all) > 0 {
		return StatusError
	}
	if len(withChanges(all)) == 0 {
		inv.stream.Load().Applied(appliedOf(all))
		return inv.written(render.Notice(inv.Stdout, "The plan holds no changes. Nothing was done.", inv.stdout))
	}
	progress, end := inv.progress()
	defer end()
	inv.connecting.Store(true)
	defer func() {
		for _, p := range all {
			p.close()
		}
	}()
	return resumed.status(inv.partial(inv.applyAll(ctx, all, c, progress), saved.Hidden))
}

// young says whether a plan is younger than -max-age allows. One of a clock that is
// ahead of this one cannot be told to be.
func (c *applyCommand) young(made, now time.Time) error {
	const askew = time.Minute
	age := now.Sub(made).Truncate(time.Second)
	switch {
	case c.maxAge == 0:
		return nil
	case age > c.maxAge:
		return &problem{"The saved plan is too old", fmt.Sprintf("It was made %s ago, and -max-age allows %s. Make a new plan.", age, c.maxAge)}
	case age < -askew:
		return &problem{"The age of the saved plan cannot be told", fmt.Sprintf("By the clock of this machine it will be made in %s. Make a new plan, or leave -max-age out.", -age)}
	}
	return nil
}

// accountsOf are the accounts of a saved plan that are meant, as they are configured
// now.
func (c *applyCommand) accountsOf(saved *plan.Saved, configured []*config.Account, file string) ([]*planned, error) {
	meant, err := chosen(configured, c.accounts)
	if err != nil {
		return nil, err
	}
	for _, name := range c.accounts {
		if !slices.ContainsFunc(meant, func(a *config.Account) bool {
			_, ok := saved.Account(a.Address)
			return ok && isNamed(a, name)
		}) {
			return nil, &problem{fmt.Sprintf("The plan holds nothing for %q", name), "It was made for others only, or the account could not be planned then: run imapform show " + file + ", or make a new plan."}
		}
	}
	var all []*planned
	for _, s := range saved.Accounts {
		is := func(a *config.Account) bool { return a.Address == s.Plan.Account }
		if i := slices.IndexFunc(meant, is); i >= 0 {
			all = append(all, &planned{account: meant[i], plan: s.Plan, place: s.Place, saved: true})
		} else if !slices.ContainsFunc(configured, is) && len(c.accounts) == 0 {
			return nil, &problem{fmt.Sprintf("The configuration does not declare %s", s.Plan.Account), "The plan is for it, so that nothing was done: use the configuration that the plan was made with, or name others by the flag -account."}
		}
	}
	return c.shard.planned(all, configured), nil
}

// withBroken are the plans that break a rail: one of when they were made, or one of
// now.
func withBroken(all []*planned, policy config.Policy) []*plan.Plan {
	var broken []*plan.Plan
	for _, p := range all {
		if len(p.plan.Broken) == 0 {
			p.plan.Broken = p.plan.Beyond(p.account, policy)
		}
		if len(p.plan.Broken) > 0 {
			broken = append(broken, p.plan)
		}
	}
	return broken
}
