package plan

import (
	"slices"

	"github.com/imapform/imapform/config"
)

// A Targeting is a part of the configuration, by addresses: what -target names, or
// everything, without what -exclude names. It never changes what a plan means: a plan
// is made whole, every message's way by all rules, and then steps are left out of it.
// The zero value is the whole configuration.
type Targeting struct {
	targets, excludes []addressPattern
}

// NewTargeting reads addresses as the flags give them. Of no targets everything is
// meant. It fails on what can be the address of nothing.
func NewTargeting(targets, excludes []string) (Targeting, error) {
	var t Targeting
	var err error
	if t.targets, err = parseAddresses(targets); err != nil {
		return Targeting{}, err
	}
	if t.excludes, err = parseAddresses(excludes); err != nil {
		return Targeting{}, err
	}
	return t, nil
}

// Whole says whether everything is meant.
func (t Targeting) Whole() bool { return len(t.targets)+len(t.excludes) == 0 }

// Check returns an error for the first address that names nothing of these accounts:
// what was misspelt must not look like a plan without changes.
func (t Targeting) Check(accounts []*config.Account) error {
	all := addressesIn(accounts)
	for _, pattern := range slices.Concat(t.targets, t.excludes) {
		if !slices.ContainsFunc(all, pattern.covers) {
			return pattern.unknown(all)
		}
	}
	return nil
}

// Narrow returns the plan with only the steps that are meant and those that they need,
// and what that hides of it; the plan itself stays as it is. A message goes all its way
// or stays where it is: where any rule has a part in it that is not meant, the message
// is left out. What depends on a step that is left out is left out, too: a removal of a
// folder that would still hold mail, a message alike to another one that would have been
// copied in its stead.
//
// The rails were judged on the whole plan and stay as they were judged: a plan that
// breaks one cannot be applied in parts either.
func (t Targeting) Narrow(whole *Plan) (*Plan, Hidden) {
	hidden := Hidden{Targets: asWritten(t.targets), Excludes: asWritten(t.excludes)}
	if t.Whole() {
		return whole, hidden
	}
	n := newNarrowing(t, whole)
	n.leaveOut()
	n.dropAlike()
	n.keepWanted()
	n.keepRemovals()
	left := n.plan()
	hidden.Steps, hidden.Messages = len(whole.Steps)-len(left.Steps), whole.Total()-left.Total()
	return left, hidden
}

// targetsIt says whether one of the targets covers the address; without targets
// everything is one.
func (t Targeting) targetsIt(address string) bool {
	return len(t.targets) == 0 || anyCovers(t.targets, address)
}

func (t Targeting) excludesIt(address string) bool { return anyCovers(t.excludes, address) }

// An ofAccount is a Targeting as it looks within one account, which may be meant or
// excluded itself, with all that has no address.
type ofAccount struct {
	Targeting
	all, none bool
}

func (t Targeting) in(account string) ofAccount {
	return ofAccount{Targeting: t, all: t.targetsIt(account), none: t.excludesIt(account)}
}

// wants says whether the cause is meant, and not excluded.
func (t ofAccount) wants(c Cause) bool {
	return (t.all || c.Address != "" && t.targetsIt(c.Address)) && !t.shuns(c)
}

// shuns says whether the cause is excluded.
func (t ofAccount) shuns(c Cause) bool { return t.none || c.Address != "" && t.excludesIt(c.Address) }

// wantsAll says whether every cause of a step is meant.
func (t ofAccount) wantsAll(all []Cause) bool {
	if len(all) == 0 {
		return t.all && !t.none
	}
	return !slices.ContainsFunc(all, func(c Cause) bool { return !t.wants(c) })
}

// wantsAny says whether a cause of a step is meant.
func (t ofAccount) wantsAny(all []Cause) bool {
	return len(all) == 0 && t.wantsAll(all) || slices.ContainsFunc(all, t.wants)
}

// shunsAll says whether each cause of a step that has an address is excluded.
func (t ofAccount) shunsAll(all []Cause) bool {
	named := slices.DeleteFunc(slices.Clone(all), func(c Cause) bool { return c.Address == "" })
	if len(named) == 0 {
		return t.none
	}
	return !slices.ContainsFunc(named, func(c Cause) bool { return !t.shuns(c) })
}
