package plan

import (
	"fmt"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
)

// declared are the names that the configuration says are to be, without letter
// case: what a folder block, a moved or removed block or a rule's destination names,
// and what lies above it.
type declared struct {
	names   map[string]bool
	mayCome func(mailbox.Name) bool // by a template
}

func (d declared) add(name mailbox.Name) {
	for ok := name != ""; ok; name, ok = name.Parent() {
		d.names[name.Fold()] = true
	}
}

func (d declared) has(name mailbox.Name) bool { return d.names[name.Fold()] || d.mayCome(name) }

// declarations gathers them.
func (p *Planner) declarations() declared {
	all := declared{names: map[string]bool{}, mayCome: func(name mailbox.Name) bool {
		return slices.ContainsFunc(p.rules, func(b *bound) bool { return b.mayProduce(name, p.world.patterns) })
	}}
	for _, f := range p.account.Folders {
		all.add(f.Name)
	}
	for _, m := range p.account.Moved {
		all.add(m.To)
	}
	for _, r := range p.account.Removed {
		if name, ok := r.MoveTo.Resolve(p.world.patterns.ByUse); ok {
			all.add(name)
		}
	}
	for _, b := range p.rules {
		for _, name := range b.produces() {
			all.add(name)
		}
	}
	return all
}

// produces are the folders into which the rule may put mail.
func (b *bound) produces() []mailbox.Name { return append(slices.Clone(b.copyTo), b.moveTo) }

// special says whether a folder is INBOX or has a special use, be it that only its
// name suggests it.
func (p *Planner) special(at *place) bool {
	if at.name == mailbox.Inbox || len(at.listed.Uses) > 0 || mailbox.WellKnown(at.name) != "" || mailbox.WellKnown(at.now) != "" {
		return true
	}
	for _, name := range p.world.patterns.ByUse {
		if name == at.name {
			return true
		}
	}
	return false
}

// noteUnmanaged names folders that nothing declares, where somebody wants to know.
func (p *Planner) noteUnmanaged(known declared) {
	if !p.account.WarnUnmanaged {
		return
	}
	var words []string
	for _, name := range p.world.names() {
		if at := p.world.folders[name]; at.now != "" && at.exists() && !at.goes() && !p.special(at) && !known.has(name) {
			words = append(words, fmt.Sprintf("%q", name))
		}
	}
	if len(words) > 0 {
		p.note(p.account.Declared, "Folders are not declared", fmt.Sprintf("Nothing declares %s. Declare what is to stay with folder blocks, or leave out unmanaged = \"warn\".", few(words)))
	}
}
