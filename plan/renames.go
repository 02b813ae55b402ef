package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
)

// rename applies the moved blocks to the listing: it makes the world's places, and
// the Rename steps that lead there.
func (p *Planner) rename() {
	listed := map[mailbox.Name]Folder{}
	at := map[mailbox.Name]mailbox.Name{} // where each existing folder lies by then
	for _, f := range p.listing.Folders {
		listed[f.Name] = f
		if f.Exists {
			at[f.Name] = f.Name
		}
	}
	target := p.renameTargets(listed)
	for _, from := range renameOrder(target) {
		p.renameOne(from, target[from], listed, at)
	}
	p.world = world{
		folders: map[mailbox.Name]*place{}, byNow: map[mailbox.Name]*place{}, byFold: map[string][]mailbox.Name{}, above: map[string][]mailbox.Name{},
	}
	for _, f := range p.listing.Folders {
		if !f.Exists {
			continue
		}
		place := p.world.add(at[f.Name])
		if place.now != "" {
			p.fail(hcl.Range{}, "Two folders cannot become one", fmt.Sprintf("After the moved blocks, %q and %q would both be %q. Change the moved blocks so that each folder gets a name of its own.", place.now, f.Name, place.name))
		}
		place.now, place.listed = f.Name, f
		p.world.byNow[f.Name] = place
	}
}

// idleMove is a moved block with nothing to do, since its folder is empty and there is
// one of the new name.
type idleMove struct {
	block *config.Moved
	to    mailbox.Name // at the end of the chain
}

// noteIdle tells of those whose folder stays.
func (p *Planner) noteIdle() {
	for _, m := range p.idle {
		if from := m.block.From; !p.world.byNow[from].goes() {
			p.note(m.block.Declared, "An empty folder is left where it is", fmt.Sprintf("%q was to be renamed to %q, which exists already. %q holds no message and has no child; remove it with a removed block if it is not needed.", from, m.to, from))
		}
	}
}

// renameTargets are the existing folders that moved blocks rename, with the names
// at the ends of their chains.
func (p *Planner) renameTargets(listed map[mailbox.Name]Folder) map[mailbox.Name]mailbox.Name {
	next := map[mailbox.Name]mailbox.Name{}
	for _, m := range p.account.Moved {
		next[m.From] = m.To
	}
	target := map[mailbox.Name]mailbox.Name{}
	taken := map[mailbox.Name]mailbox.Name{}
	for _, m := range p.account.Moved {
		from, ok := listed[m.From]
		if !ok || !from.Exists {
			continue
		}
		to := m.To
		for n := 0; n < len(next); n++ { // config has refused chains that lead round
			if further, ok := next[to]; ok {
				to = further
			}
		}
		if p.mayRename(m, from, to, listed, next, taken) {
			target[m.From], taken[to] = to, m.From
		}
	}
	return target
}

// mayRename says whether a folder can get its new name, and why not otherwise.
func (p *Planner) mayRename(m *config.Moved, from Folder, to mailbox.Name, listed map[mailbox.Name]Folder, next, taken map[mailbox.Name]mailbox.Name) bool {
	special, isSpecial := specialBelow(m.From, listed)
	closed, isClosed := closedAbove(to, listed)
	switch existing, ok := listed[to]; {
	case m.From == mailbox.Inbox || len(from.Uses) > 0:
		p.fail(m.FromRange, "Folder cannot be moved", fmt.Sprintf("%q is a folder for special use (%s). INBOX and folders for special use stay where they are.", m.From, from.Uses))
	case isSpecial:
		p.fail(m.FromRange, "Folder cannot be moved", fmt.Sprintf("%q lies below it and is a folder for special use (%s), which stays where it is.", special.Name, special.Uses))
	case isClosed:
		p.fail(m.ToRange, "Folder cannot be moved", fmt.Sprintf("The server allows no folders below %q.", closed))
	case to.Below(m.From):
		p.fail(m.ToRange, "Folder cannot be moved into itself", fmt.Sprintf("%q lies below %q: IMAP cannot move a folder there in one operation, and no other way is safe.", to, m.From))
	case taken[to] != "":
		p.fail(m.ToRange, "Two folders cannot become one", fmt.Sprintf("Both %q and %q exist and would be renamed to %q. Rename one of them, and write a rule that moves the other's mail.", taken[to], m.From, to))
	case ok && existing.Exists && next[to] == "":
		if from.Messages == 0 && !hasChildren(m.From, listed) {
			p.idle = append(p.idle, idleMove{m, to})
			return false
		}
		p.fail(m.FromRange, "Both folders of a moved block exist", fmt.Sprintf(
			"%q cannot be renamed to %q, because that folder exists already. To file its mail there instead, replace the moved block by a rule:\n\n  rule \"merge\" {\n    in = [%q]\n    match { everything = true }\n    move_to = %q\n  }", m.From, to, m.From, to))
	default:
		return true
	}
	return false
}

// specialBelow finds a folder for special use below a name.
func specialBelow(name mailbox.Name, listed map[mailbox.Name]Folder) (Folder, bool) {
	for _, other := range slices.Sorted(maps.Keys(listed)) {
		if f := listed[other]; f.Exists && len(f.Uses) > 0 && other.Below(name) {
			return f, true
		}
	}
	return Folder{}, false
}

// closedAbove finds a folder above a name that can have none below it.
func closedAbove(name mailbox.Name, listed map[mailbox.Name]Folder) (mailbox.Name, bool) {
	for parent, ok := name.Parent(); ok; parent, ok = parent.Parent() {
		if listed[parent].NoInferiors {
			return parent, true
		}
	}
	return "", false
}

func hasChildren(name mailbox.Name, listed map[mailbox.Name]Folder) bool {
	for other, f := range listed {
		if f.Exists && other.Below(name) {
			return true
		}
	}
	return false
}

// renameOne adds the step that renames one folder, with what moves along, and
// notes where everything lies then.
func (p *Planner) renameOne(from, to mailbox.Name, listed map[mailbox.Name]Folder, at map[mailbox.Name]mailbox.Name) {
	op := Rename{From: at[from], To: to, Messages: listed[from].Messages}
	if op.From == to { // a folder above has taken it there
		return
	}
	var along []Folder
	for _, f := range p.listing.Folders {
		if name, exists := at[f.Name]; exists && (name == op.From || name.Below(op.From)) {
			along = append(along, f)
		}
	}
	op.Children = len(along) - 1
	if op.Children == 0 && !listed[from].Selectable && !listed[from].Closed {
		return // it was only a place above others, and vanishes with the last of them
	}
	for _, f := range along {
		name := at[f.Name]
		if f.Subscribed {
			op.Subscribed = append(op.Subscribed, name)
		}
		at[f.Name] = name.Rebase(op.From, to)
	}
	step := Step{Op: op}
	for _, f := range p.account.Folders {
		if f.Name == to {
			step.Because = append(step.Because, Cause{Address: f.Address, Declared: f.Declared})
		}
	}
	for _, m := range p.account.Moved {
		if m.From == from {
			step.Because = append(step.Because, Cause{Block: "moved", Declared: m.Declared})
		}
	}
	p.renames = append(p.renames, step)
}

// renameOrder orders renames: the deepest folder first, so that it leaves before
// what it lies below; but what goes below another's new name goes after it, since
// servers create missing parents, and no folder can be renamed onto those.
func renameOrder(target map[mailbox.Name]mailbox.Name) []mailbox.Name {
	left := slices.SortedFunc(maps.Keys(target), func(a, b mailbox.Name) int {
		return cmp.Or(cmp.Compare(b.Depth(), a.Depth()), cmp.Compare(a, b))
	})
	var order []mailbox.Name
	for len(left) > 0 {
		i := slices.IndexFunc(left, func(from mailbox.Name) bool {
			return !slices.ContainsFunc(left, func(other mailbox.Name) bool { return target[from].Below(target[other]) })
		})
		order = append(order, left[i])
		left = slices.Delete(left, i, i+1)
	}
	return order
}
