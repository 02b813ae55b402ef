package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
)

// declare makes the declared folders known to the world and finds the special uses.
func (p *Planner) declare() {
	uses := map[mailbox.Use]mailbox.Name{}
	for _, f := range p.account.Folders {
		if other := p.world.known(f.Name); other != f.Name && p.world.folders[other].exists() {
			p.note(f.NameRange, "Two folders differ only in letter case", fmt.Sprintf("%s is called %q, and there is a folder %q already, which is another one. If that one is meant, write its name.", f.Address, f.Name, other))
		}
		place := p.world.add(f.Name)
		place.coming = true
		p.checkParent(f.Name, place, f.NameRange)
		if f.Use != "" {
			uses[f.Use] = f.Name
		}
	}
	p.wantDestinations()
	p.world.findUses(uses, p.goes)
	p.world.patterns.InInbox = p.listing.InInbox
}

// wantDestinations makes known the folders into which something may put mail, as far
// as no message has a part in their names.
func (p *Planner) wantDestinations() {
	for _, r := range p.account.Rules {
		for _, ref := range append(slices.Clone(r.CopyTo), r.MoveTo) {
			p.want(mailbox.PatternOf(ref))
		}
		for _, t := range (&bound{Rule: r}).templates() {
			for _, pattern := range t.Patterns() {
				p.want(pattern)
			}
		}
	}
	for _, r := range p.account.Removed {
		p.want(mailbox.PatternOf(r.MoveTo))
	}
	for _, f := range p.account.Folders {
		p.wantAbove(f.Name)
	}
	for _, m := range p.account.Moved {
		p.wantAbove(m.To)
	}
}

// want makes the one folder of a pattern known.
func (p *Planner) want(pattern mailbox.Pattern) {
	if pattern.Use() != "" || pattern.Prefix() == "" {
		return
	}
	name := p.source(mailbox.Ref{Name: pattern.Prefix()}).Name
	if _, literal := pattern.Ref(); !literal {
		name += "/x"
	} else if p.mayLast(name) {
		p.world.add(p.world.known(name)).wanted = true
	}
	p.wantAbove(name)
}

// wantAbove makes those folders known that a server may make along with one below
// them, where their names suggest a use: they have that from the beginning.
func (p *Planner) wantAbove(name mailbox.Name) {
	for above, ok := name.Parent(); ok; above, ok = above.Parent() {
		if mailbox.WellKnown(above) != "" && p.mayLast(above) {
			p.world.add(p.world.known(above)).wanted = true
		}
	}
}

// resolve returns the folder that a reference means; false, with the problem
// reported, if none can be told.
func (p *Planner) resolve(ref mailbox.Ref, at hcl.Range) (mailbox.Name, bool) {
	name, ok := ref.Resolve(p.world.patterns.ByUse)
	if !ok {
		p.failUse(ref.Use, at)
		return "", false
	}
	return name, true
}

// failUse reports that no folder, or more than one, is known for a use.
func (p *Planner) failUse(use mailbox.Use, at hcl.Range) {
	detail := "The server names no folder for it"
	if several := p.world.several[use]; len(several) > 0 {
		detail = fmt.Sprintf("Several folders could be it (%q)", several)
	}
	p.fail(at, fmt.Sprintf("special.%s is not known", use), fmt.Sprintf(
		"%s. Say which one it is:\n\n  folder %q {\n    name        = \"…\"\n    special_use = %q\n  }", detail, use, use))
}

// checkParent reports a folder that cannot be made because the one above it can
// have none below.
func (p *Planner) checkParent(name mailbox.Name, at *place, where hcl.Range) {
	if at.now != "" {
		return
	}
	if parent := p.parentRefuses(name); parent != "" {
		p.fail(where, "Folder cannot be created", fmt.Sprintf("The server allows no folders below %q. Choose a name elsewhere for %q.", parent, name))
	}
}

// parentRefuses is the folder above a new one that can have none below; empty: there
// is none.
func (p *Planner) parentRefuses(name mailbox.Name) mailbox.Name {
	for parent, ok := name.Parent(); ok; parent, ok = parent.Parent() {
		if above := p.world.folders[parent]; above != nil && above.now != "" && above.listed.NoInferiors {
			return parent
		}
	}
	return ""
}

// need is a folder that has to be created, and what needs it.
type need struct {
	name    mailbox.Name
	because []Cause
}

// creates are the steps that make missing folders, parents first, and those that
// set subscriptions of what is there by then.
func (p *Planner) creates(needs []need) []Step {
	var creates, sets []Step
	for _, f := range p.account.Folders {
		cause := []Cause{{Address: f.Address, Declared: f.Declared}}
		place := p.world.folders[f.Name]
		if !place.exists() {
			op := Create{Name: f.Name}
			if p.listing.CreateUse {
				op.Use = f.Use
			}
			creates = append(creates, Step{Op: op, Because: cause})
		}
		if f.Subscribed != nil && p.subscribed(place) != *f.Subscribed {
			sets = append(sets, Step{Op: Set{Name: f.Name, Subscribed: *f.Subscribed, Created: !place.exists()}, Because: cause})
		}
	}
	for _, n := range needs {
		creates = append(creates, Step{Op: Create{Name: n.name}, Because: n.because})
		if place := p.world.folders[n.name]; !p.subscribed(place) {
			sets = append(sets, Step{Op: Set{Name: n.name, Subscribed: true, Created: true}, Because: n.because})
		}
	}
	slices.SortStableFunc(creates, func(a, b Step) int {
		x, y := a.Op.(Create).Name, b.Op.(Create).Name
		return cmp.Or(cmp.Compare(x.Depth(), y.Depth()), cmp.Compare(x, y))
	})
	return append(creates, sets...)
}

// subscribed says whether a folder is subscribed once renames are done; one that
// does not exist yet may be, from earlier.
func (p *Planner) subscribed(at *place) bool {
	if at.now == at.name {
		return at.listed.Subscribed
	}
	return at.now != "" && at.listed.Subscribed || p.ghosts()[at.name]
}

// ghosts are the names that are subscribed and do not exist.
func (p *Planner) ghosts() map[mailbox.Name]bool {
	if p.ghost == nil {
		p.ghost = map[mailbox.Name]bool{}
		for _, f := range p.listing.Folders {
			if !f.Exists && f.Subscribed {
				p.ghost[f.Name] = true
			}
		}
	}
	return p.ghost
}

// resubscribe gives the subscription of a name that a moved block has taken away to
// the folder's new name: an apply that was cut short right after its RENAME has left
// it behind. What a folder block says of the new name counts for more.
func (p *Planner) resubscribe(f Folder, m *config.Moved) []Step {
	name := f.Name
	for range p.account.Moved { // config has refused chains that lead round
		for _, next := range p.account.Moved {
			name = name.Rebase(next.From, next.To)
		}
	}
	for _, declared := range p.account.Folders {
		if declared.Name == name {
			return nil
		}
	}
	at, ok := p.world.folders[name]
	if !ok || f.Exists || at.now == "" || at.goes() || p.subscribed(at) {
		return nil
	}
	return []Step{{Op: Set{Name: name, Subscribed: true}, Because: []Cause{{Block: "moved", Declared: m.Declared}}}}
}

// unsubscribes are the steps that end subscriptions to what moved and removed
// blocks have taken away.
func (p *Planner) unsubscribes() []Step {
	var steps []Step
	for _, f := range p.listing.Folders {
		if !f.Subscribed {
			continue
		}
		if f.Exists && p.leaves(f.Name) { // the rename and removal steps see to those
			continue
		}
		for _, m := range p.account.Moved {
			if f.Name == m.From || f.Name.Below(m.From) && !f.Exists {
				steps = append(steps, p.resubscribe(f, m)...)
				steps = append(steps, Step{Op: Set{Name: f.Name}, Because: []Cause{{Block: "moved", Declared: m.Declared}}})
			}
		}
		for _, r := range p.account.Removed {
			if !f.Exists && (f.Name == r.Folder || f.Name.Below(r.Folder)) {
				steps = append(steps, Step{Op: Set{Name: f.Name}, Because: []Cause{{Block: "removed", Declared: r.Declared}}})
			}
		}
	}
	return slices.CompactFunc(steps, func(a, b Step) bool { return a.Op == b.Op })
}

// leaves says whether a folder that is listed gets another name by this plan or is
// removed.
func (p *Planner) leaves(name mailbox.Name) bool {
	at := p.world.byNow[name]
	return at != nil && (at.name != name || at.goes())
}
