// Package check says what a configuration shows by itself to be in vain or
// dangerous: rules that can never act, ways that lead round, exceptions that leave
// nothing out.
//
// What it says is so whatever the mailbox holds and whatever the server can do, or
// it is not said. What is wrong in itself belongs to config, what hangs on a
// mailbox to plan. The package performs no I/O and reads no clock.
package check

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
)

// Config returns what a configuration shows to be in vain or dangerous, without
// any server: warnings, and errors where a plan would refuse for certain. Each is
// there once, however many accounts share the rule, in the order of the source.
//
// A rule that several accounts or uses of a module share is called in vain only
// where it is so in each of them. Of a configuration of which something is left out
// nothing is said: that might make it untrue.
func Config(cfg *config.Config) hcl.Diagnostics {
	if cfg.Partial {
		return nil
	}
	r := &report{units: map[key]*unit{}}
	for _, a := range distinct(cfg.Accounts) {
		v := newView(a)
		for _, check := range checks {
			check(v, r)
		}
	}
	return r.diagnostics()
}

// checks are all that is looked for in an account.
var checks = [...]func(*view, *report){
	checkMatches,
	checkShadows,
	checkStops,
	checkCircles,
	checkOwnFolders,
	checkCopies,
	checkExceptions,
	checkSources,
	checkSpelling,
	checkFiles,
}

// distinct are the accounts, but for those of which everything that is checked is
// the same as of another: fleets have hundreds.
func distinct(accounts []*config.Account) []*config.Account {
	var all []*config.Account
	for _, a := range accounts {
		if !slices.ContainsFunc(all, func(b *config.Account) bool { return alike(a, b) }) {
			all = append(all, a)
		}
	}
	return all
}

func alike(a, b *config.Account) bool {
	return slices.Equal(a.Rules, b.Rules) &&
		slices.EqualFunc(a.Folders, b.Folders, func(x, y *config.Folder) bool {
			return x.Name == y.Name && x.Use == y.Use && x.Address == y.Address
		}) &&
		slices.EqualFunc(a.Moved, b.Moved, func(x, y *config.Moved) bool { return x.From == y.From && x.To == y.To }) &&
		slices.EqualFunc(a.Removed, b.Removed, func(x, y *config.Removed) bool { return x.Folder == y.Folder && x.MoveTo == y.MoveTo }) &&
		slices.EqualFunc(a.Protected, b.Protected, func(x, y mailbox.Pattern) bool { return x.String() == y.String() })
}
