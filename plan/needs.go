package plan

import (
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// needsFrom is what must be known of a message in the folder to work out its way:
// what the rules need that look there, and those that look where they lead.
func (p *Planner) needsFrom(folder mailbox.Name) message.Parts {
	if p.needs == nil {
		p.findNeeds()
	}
	if needs, ok := p.needs[folder]; ok {
		return needs
	}
	needs := p.needsHere(folder)
	for _, to := range p.exits(folder) {
		needs = needs.Union(p.needs[to])
	}
	return needs
}

// needsHere is what the rules need that look into the folder. Rules never take what
// is \Deleted, so that flags are always among it.
func (p *Planner) needsHere(folder mailbox.Name) message.Parts {
	needs := message.Parts{Flags: true}
	for _, b := range p.rulesIn(folder) {
		needs = needs.Union(b.needs)
	}
	return needs
}

// exits are the folders to which messages can go from a folder.
func (p *Planner) exits(folder mailbox.Name) []mailbox.Name {
	var all []mailbox.Name
	seen := map[mailbox.Name]bool{"": true}
	for _, b := range p.rulesIn(folder) {
		if !seen[b.moveTo] {
			seen[b.moveTo] = true
			all = append(all, b.moveTo)
		}
	}
	if at := p.world.folders[folder]; at != nil && at.removed != nil && !seen[at.removed.moveTo] {
		all = append(all, at.removed.moveTo)
	}
	return all
}

// findNeeds works out the needs of every destination: those of its own rules and
// of all that can be reached from there, passed back along the exits until nothing
// is added any more.
func (p *Planner) findNeeds() {
	p.needs = map[mailbox.Name]message.Parts{}
	var queue []mailbox.Name
	reach := func(to mailbox.Name) {
		if _, known := p.needs[to]; !known && to != "" {
			p.needs[to] = p.needsHere(to)
			queue = append(queue, to)
		}
	}
	for _, b := range p.rules {
		reach(b.moveTo)
	}
	for _, r := range p.removals {
		reach(r.moveTo)
	}
	entrances := map[mailbox.Name][]mailbox.Name{}
	for _, from := range queue {
		for _, to := range p.exits(from) {
			entrances[to] = append(entrances[to], from)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, from := range entrances[queue[0]] {
			if more := p.needs[queue[0]]; !p.needs[from].Covers(more) {
				p.needs[from] = p.needs[from].Union(more)
				queue = append(queue, from)
			}
		}
	}
}
