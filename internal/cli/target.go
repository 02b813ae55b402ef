package cli

import (
	"errors"
	"flag"
	"fmt"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/plan"
)

// targetFlags are -target and -exclude: which steps of the plans are meant.
type targetFlags struct {
	targets, excludes []string
}

func (f *targetFlags) flags(fs *flag.FlagSet) {
	add := func(all *[]string) func(string) error {
		return func(s string) error {
			if s == "" {
				return errors.New("write an address, as in -target=rule.old")
			}
			*all = append(*all, s)
			return nil
		}
	}
	fs.Func("target", "Do only what this `ADDRESS` wants, and what that needs: rule.old, 'folder.list[\"golang\"]', folder.list for all its instances, module.hygiene for all that is in it, account.work, or with stars, 'rule.news_*'. "+
		"The plan is still made with all rules: a message is left alone if any rule has a part in its way that is not targeted. May be given several times.", add(&f.targets))
	fs.Func("exclude", "Leave out what this `ADDRESS` wants, and what depends on it; written like that of -target. May be given several times.", add(&f.excludes))
}

// given says whether any of the flags is.
func (f *targetFlags) given() bool { return len(f.targets)+len(f.excludes) > 0 }

// targeting is what the flags mean. An address must name something of the accounts, and
// of those that -account names.
func (f *targetFlags) targeting(all []*config.Account, named []string) (plan.Targeting, error) {
	t, err := plan.NewTargeting(f.targets, f.excludes)
	if err == nil {
		err = t.Check(all)
	}
	if err != nil {
		return plan.Targeting{}, wrongAddress(err)
	}
	some, err := chosen(all, named)
	if err != nil {
		return plan.Targeting{}, err
	}
	if err := t.Check(some); err != nil {
		var wrong *plan.AddressError
		if errors.As(err, &wrong) {
			err = &plan.AddressError{Address: wrong.Address, Problem: "It names nothing of the accounts that -account names."}
		}
		return plan.Targeting{}, wrongAddress(err)
	}
	return t, nil
}

func wrongAddress(err error) error {
	var wrong *plan.AddressError
	if errors.As(err, &wrong) {
		return &problem{fmt.Sprintf("Cannot target %q", wrong.Address), wrong.Problem}
	}
	return err
}

// errNoTargets refuses the flags where the plan is a saved one.
var errNoTargets = &problem{"The flags -target and -exclude are of no use with a saved plan", "It does exactly what it says, and was made whole or with targets of its own: give the flags to imapform plan -out=FILE."}

// narrow leaves only what is meant of the plans that were made.
func narrow(all []*planned, t plan.Targeting) {
	for _, p := range all {
		if p.plan != nil {
			p.plan, p.hidden = t.Narrow(p.plan)
		}
	}
}

// hiddenOf is what the flags hide of all the plans.
func hiddenOf(all []*planned) plan.Hidden {
	var sum plan.Hidden
	for _, p := range all {
		if p.plan == nil {
			continue // and the others have the same flags
		}
		sum.Targets, sum.Excludes = p.hidden.Targets, p.hidden.Excludes
		sum.Steps += p.hidden.Steps
		sum.Messages += p.hidden.Messages
		sum.Accounts = p.hidden.Accounts
	}
	return sum
}

// partial warns, after an apply, of what the plans did not hold.
func (inv *invocation) partial(status Status, h plan.Hidden) Status {
	_ = render.Partial(inv.Stderr, h, inv.stderr)
	return status
}
