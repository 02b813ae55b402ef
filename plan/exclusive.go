package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
)

// checkExclusive reports special uses in exclusive that nobody knows.
func (p *Planner) checkExclusive() {
	for _, pattern := range p.account.Exclusive {
		if use := pattern.Use(); use != "" {
			p.resolve(mailbox.Ref{Use: use}, p.account.ExclusiveRange)
		}
	}
}

// exclusive says whether a name is where folders are to go that nothing declares, or
// one that such a folder got when an apply that was to remove it was cut short.
func (p *Planner) exclusive(name mailbox.Name) bool {
	for ok := len(p.account.Exclusive) > 0; ok; name, ok = name.SetAsideOf() {
		if slices.ContainsFunc(p.account.Exclusive, func(pattern mailbox.Pattern) bool { return pattern.Match(name, p.world.patterns) }) {
			return true
		}
	}
	return false
}

// sweep decides which folders exclusive removes: those that nothing declares and
// that hold neither a message nor a folder once the steps with messages and the
// removed blocks are done.
func (p *Planner) sweep(known declared, files []Step) {
	if len(p.account.Exclusive) == 0 {
		return
	}
	left, above := p.left(files), p.above()
	crowded := map[mailbox.Name]bool{} // a folder below stays
	var full []held
	for _, at := range p.deepestFirst() {
		stays, open := true, p.maySweep(at, known)
		switch {
		case at.removed != nil:
			stays = false
		case at.exists():
			untold := at.listed.HasChildren && !above[at.now] // folders below that have no name here
			at.swept = open && !untold && !crowded[at.name] && left[at.now] == 0
			stays = !at.swept
			if open && left[at.now] > 0 {
				full = append(full, held{at.name, left[at.now]})
			}
		default:
			// What only has a place in the hierarchy may vanish with the last folder below
			// it, or has to be removed like that one. Where there was none, it is left alone.
			stays = crowded[at.name] || !above[at.now] || known.has(at.name)
			at.swept = open && !stays
		}
		if at.swept {
			p.swept = append(p.swept, at)
		}
		for parent, ok := at.name.Parent(); ok && stays; parent, ok = parent.Parent() {
			crowded[parent] = true
		}
	}
	p.noteFull(full)
}

// maySweep says whether exclusive may remove the folder if it is empty.
func (p *Planner) maySweep(at *place, known declared) bool {
	return p.exclusive(at.name) && !at.listed.Closed && !known.has(at.name) && !p.special(at) &&
		!slices.ContainsFunc(append(p.formerly(at.name), at.now), p.shield.covers)
}

// formerly are the names from which moved blocks have led to this one, whether this
// plan does that or an earlier one has: what exclusive must leave alone because of
// its old name must be left alone by the next plan, too.
func (p *Planner) formerly(name mailbox.Name) []mailbox.Name {
	all := []mailbox.Name{name}
	used := map[*config.Moved]bool{} // each once: A/A may have become A
	for found := true; found; {
		found = false
		for _, m := range p.account.Moved {
			if used[m] {
				continue
			}
			for _, n := range all {
				if n == m.To || n.Below(m.To) {
					all = append(all, n.Rebase(m.To, m.From))
					used[m], found = true, true
				}
			}
		}
	}
	return all
}

// left counts the messages that each folder will hold, by its name now: also those
// that are marked \Deleted.
func (p *Planner) left(files []Step) map[mailbox.Name]int {
	left := map[mailbox.Name]int{}
	for now, at := range p.world.byNow {
		left[now] = int(at.listed.Messages)
		if v, ok := p.visits[now]; ok {
			left[now] = int(v.state.Messages) // told later
		}
	}
	for _, step := range files {
		if f := step.Op.(File); f.Away != AwayNot {
			left[f.Was] -= len(f.Messages)
		}
	}
	return left
}

// above are the folders below which the server lists others now.
func (p *Planner) above() map[mailbox.Name]bool {
	above := map[mailbox.Name]bool{}
	for now := range p.world.byNow {
		for parent, ok := now.Parent(); ok; parent, ok = parent.Parent() {
			above[parent] = true
		}
	}
	return above
}

// deepestFirst are the existing folders, children before what they lie in.
func (p *Planner) deepestFirst() []*place {
	var all []*place
	for _, at := range p.world.byNow {
		all = append(all, at)
	}
	slices.SortFunc(all, func(a, b *place) int { return compareDeepest(a.name, b.name) })
	return all
}

// compareDeepest orders names so that what lies below another one comes before it.
func compareDeepest(a, b mailbox.Name) int {
	return cmp.Or(cmp.Compare(b.Depth(), a.Depth()), cmp.Compare(a, b))
}

// noteFull tells of folders that would go if they were empty.
func (p *Planner) noteFull(full []held) {
	if len(full) > 0 {
		slices.SortFunc(full, func(a, b held) int { return cmp.Compare(a.folder, b.folder) })
		p.note(p.account.ExclusiveRange, "Folders that nothing declares hold messages", fmt.Sprintf("They stay, although exclusive covers them: %s. Declare them with folder blocks, or move their mail with a rule.", fewOf(full)))
	}
}
