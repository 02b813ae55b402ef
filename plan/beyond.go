package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// Beyond returns the rails that the plan breaks as the policy, the account and its rules
// have them now: they may have been drawn tighter since it was made. A rule that is gone
// has none. What cannot be told of a plan from a file counts as broken, but for one
// thing: on a server whose folders are labels, which other folders a message lies in that
// is thrown away.
func (p *Plan) Beyond(a *config.Account, policy config.Policy) []Broken {
	removed := 0
	for _, step := range p.Steps {
		if _, ok := step.Op.(Remove); ok {
			removed++
		}
	}
	return slices.Concat(p.count(policy, removed), p.deletedBeyond(policy), p.judgeRules(a.Rules), p.protectedBeyond(a))
}

// deletedBeyond holds the plan against move_then_delete.
func (p *Plan) deletedBeyond(policy config.Policy) []Broken {
	if policy.MoveThenDelete {
		return nil
	}
	hidden := p.hidden()
	lies := func(n mailbox.Name) bool {
		return slices.ContainsFunc(hidden, func(h mailbox.Name) bool { return within(n, h) })
	}
	var broken []Broken
	for _, step := range p.Steps {
		f, ok := step.Op.(File)
		if !ok || f.Away != AwayPermanent || len(f.Via) == 0 && (f.Was == f.Folder || !lies(f.Folder) || lies(f.Was)) {
			continue
		}
		where := f.Folder
		if len(f.Via) > 0 {
			where = f.Via[len(f.Via)-1]
		}
		broken = append(broken, Broken{
			Rail: "move_then_delete", Allow: "move_then_delete = true",
			Detail: fmt.Sprintf("%s would be moved to %q, where %s then deletes them for good.", plural(len(f.Messages), "message"), where, lastCause(step).name()),
		})
	}
	return broken
}

// protectedBeyond holds the plan against what is protected now and was not when it was
// made. Where the plan does not say enough, it takes the worse for true.
func (p *Plan) protectedBeyond(a *config.Account) []Broken {
	var fresh []mailbox.Pattern
	for _, pattern := range a.Protected {
		if !slices.Contains(p.Protected, pattern.String()) {
			fresh = append(fresh, pattern)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	g := newGuard(p, fresh)
	var broken []Broken
	for _, step := range p.Steps {
		b, ok := g.breach(step)
		if !ok {
			continue
		}
		broken = append(broken, Broken{
			Rail: "protected", Detail: b.String(), Of: a.Address, Subject: a.ProtectedRange,
			Allow: "protected = [" + strings.Join(written(slices.DeleteFunc(slices.Clone(a.Protected), func(pattern mailbox.Pattern) bool {
				return slices.ContainsFunc(fresh, func(f mailbox.Pattern) bool { return f.String() == pattern.String() && g.holds(f, b.names) })
			})), ", ") + "]",
		})
	}
	return broken
}

// A guard judges the steps of a plan, without its planner, by patterns of what is
// protected.
type guard struct {
	patterns []mailbox.Pattern
	shields  []*shield // whichever spelling the server has: see mailbox.World
	worlds   []mailbox.World
	trash    mailbox.Name // empty: not known
}

func newGuard(p *Plan, patterns []mailbox.Pattern) *guard {
	g := &guard{patterns: patterns}
	world := mailbox.World{ByUse: p.byUse(), Hidden: p.hidden()}
	g.trash = world.ByUse[mailbox.UseTrash]
	for _, inInbox := range []bool{false, true} {
		world.InInbox = inInbox
		g.worlds = append(g.worlds, world)
		g.shields = append(g.shields, newShield(patterns, world))
	}
	return g
}

func (g *guard) covers(name mailbox.Name) bool {
	return slices.ContainsFunc(g.shields, func(s *shield) bool { return s.covers(name) })
}

// holds says whether the pattern protects one of the folders.
func (g *guard) holds(pattern mailbox.Pattern, names []mailbox.Name) bool {
	return slices.ContainsFunc(g.worlds, func(w mailbox.World) bool {
		return len(newShield([]mailbox.Pattern{pattern}, w).without(names)) == 0
	})
}

// inTrash says whether what lies in the folder counts as thrown away.
func (g *guard) inTrash(name mailbox.Name) bool {
	if g.trash != "" && within(name.Folded(), g.trash.Folded()) {
		return true
	}
	for ok := true; ok; name, ok = name.Parent() {
		if mailbox.WellKnown(name) == mailbox.UseTrash {
			return true
		}
	}
	return false
}

// breach is what a step would do to what is protected; false: nothing.
func (g *guard) breach(step Step) (*breach, bool) {
	b := &breach{cause: lastCause(step)}
	switch op := step.Op.(type) {
	case File:
		through := g.covered(op)
		n := len(op.Messages)
		switch {
		case len(through) == 0:
		case op.Away == AwayPermanent:
			b.deleted = b.add(b.deleted, n, through...)
		case op.Away == AwayMove && (op.Trash || g.inTrash(op.To)) && !g.inTrash(op.Folder):
			b.trashed = b.add(b.trashed, n, through...)
		}
	case Remove:
		if g.covers(op.Name) {
			b.removed = b.add(b.removed, int(op.Messages), &place{name: op.Name})
		}
	case Rename:
		if g.inTrash(op.To) && !g.inTrash(op.From) && (g.covers(op.From) || g.mayHoldBelow(op.From)) {
			b.renamed = b.add(b.renamed, int(op.Messages), &place{name: op.To, now: op.From})
		}
	}
	return b, len(b.names) > 0
}

// covered are the protected folders that the messages of the step lie in, or come
// through.
func (g *guard) covered(op File) []*place {
	var all []*place
	if g.covers(op.Folder) || g.covers(op.Was) {
		all = append(all, &place{name: op.Folder, now: op.Was})
	}
	for _, name := range op.Via {
		if g.covers(name) && (op.Away == AwayPermanent || !g.inTrash(name)) {
			all = append(all, &place{name: name})
		}
	}
	return all
}

// mayHoldBelow says whether a folder below that one, if there is any, may be protected.
func (g *guard) mayHoldBelow(name mailbox.Name) bool {
	for _, w := range g.worlds {
		for _, pattern := range g.patterns {
			prefix, name := pattern.Resolve(w.ByUse).Prefix().OutOfInbox().Folded(), name.Folded()
			if prefix == "" || prefix.Below(name) || within(name, prefix) {
				return true
			}
		}
	}
	return false
}

// byUse are the folders that the plan took for special uses.
func (p *Plan) byUse() map[mailbox.Use]mailbox.Name {
	all := map[mailbox.Use]mailbox.Name{}
	for _, r := range p.Resolved {
		all[r.Use] = r.Name
	}
	return all
}

// hidden are the folders of uses that patterns leave alone unless they name them.
func (p *Plan) hidden() []mailbox.Name {
	var all []mailbox.Name
	for _, r := range p.Resolved {
		if r.Use.Hidden() {
			all = append(all, r.Name)
		}
	}
	return all
}

// lastCause is what ended the way of a step's messages.
func lastCause(step Step) *cause {
	if len(step.Because) == 0 {
		return &cause{block: "removed"}
	}
	c := step.Because[len(step.Because)-1]
	if c.Address == "" {
		return &cause{block: c.Block, declared: c.Declared}
	}
	return &cause{rule: &bound{Rule: &rules.Rule{Address: c.Address}}, declared: c.Declared}
}

// patternsOf are the patterns of what is protected, as written.
func patternsOf(a *config.Account) []string {
	var all []string
	for _, pattern := range a.Protected {
		all = append(all, pattern.String())
	}
	return all
}
