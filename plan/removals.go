package plan

import (
	"fmt"
	"maps"
	"slices"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
)

// removal is a folder that shall go, and what the removed block says of its mail.
type removal struct {
	block  *config.Removed
	place  *place
	moveTo mailbox.Name // with config.RemoveMove
	stay   int          // messages in it that nothing takes away
}

// findRemovals marks the existing folders that removed blocks name, children with
// them where the block says so.
func (p *Planner) findRemovals() {
	for _, block := range p.account.Removed {
		names := []mailbox.Name{block.Folder}
		if block.Children {
			names = append(names, p.world.children(block.Folder)...)
		}
		names = append(names, p.setAside(names)...)
		for _, name := range names {
			place, ok := p.world.folders[name]
			if !ok || place.now == "" || place.removed != nil {
				continue
			}
			r := &removal{block: block, place: place}
			place.removed = r
			if name == mailbox.Inbox || len(place.listed.Uses) > 0 {
				p.fail(block.FolderRange, "Folder cannot be removed", fmt.Sprintf("%q is a folder for special use. INBOX and folders for special use cannot be removed.", name))
				continue
			}
			if place.listed.Closed {
				p.fail(block.FolderRange, "Folder cannot be removed", fmt.Sprintf("The server does not let you look into %q, so that nobody can tell whether it holds mail.", name))
				continue
			}
			if block.Messages == config.RemoveMove {
				if to, ok := p.resolve(block.MoveTo, block.MoveToRange); ok {
					r.moveTo = p.world.known(to)
					p.checkDestination(r.moveTo, block.MoveToRange)
				}
			}
			p.removals = append(p.removals, r)
		}
	}
	slices.SortFunc(p.removals, func(a, b *removal) int { return compareDeepest(a.place.name, b.place.name) })
}

// setAside are the folders that an apply had renamed in order to delete them when it
// was cut short.
func (p *Planner) setAside(names []mailbox.Name) []mailbox.Name {
	var all []mailbox.Name
	for _, name := range slices.Sorted(maps.Keys(p.world.folders)) {
		if slices.ContainsFunc(names, name.SetAsideFrom) {
			all = append(all, name)
		}
	}
	return all
}

// checkRemovals refuses what would take more away than the blocks say.
func (p *Planner) checkRemovals() {
	for _, r := range p.removals {
		for _, child := range p.world.children(r.place.name) {
			if p.world.folders[child].removed == nil {
				p.fail(r.block.FolderRange, "Folder has children", fmt.Sprintf("%q lies below %q. Remove it too, move it elsewhere, or say children = true, which removes every folder below as this block says.", child, r.place.name))
				break
			}
		}
		for _, f := range p.account.Folders {
			if f.Name == r.place.name || f.Name.Below(r.place.name) {
				p.fail(r.block.FolderRange, "Folder is both declared and removed", fmt.Sprintf("%s declares %q, which lies in what this block removes.", f.Address, f.Name))
			}
		}
	}
}

// removes are the steps that remove folders, children first.
func (p *Planner) removes() []Step {
	var steps []Step
	for _, r := range p.removals {
		if r.stay > 0 {
			p.fail(r.block.FolderRange, "Folder still holds messages", r.leftovers())
			continue
		}
		steps = append(steps, r.place.remove(Cause{Block: "removed", Declared: r.block.Declared}))
	}
	for _, at := range p.swept {
		steps = append(steps, at.remove(Cause{Block: "exclusive", Declared: p.account.ExclusiveRange}))
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return compareDeepest(a.Op.(Remove).Name, b.Op.(Remove).Name) })
	return steps
}

func (p *place) remove(because Cause) Step {
	return Step{
		Op:      Remove{Name: p.name, Messages: p.listed.Messages, Subscribed: p.listed.Subscribed},
		Because: []Cause{because},
	}
}

// leftovers says what is left in the folder, and what can be done about it.
func (r *removal) leftovers() string {
	left := fmt.Sprintf("%s would be left in %q once the rules are done.", plural(r.stay, "message"), r.place.name)
	if r.block.Messages == config.RemoveRefuse {
		return left + " Say what becomes of them: messages = \"move\" with move_to, or messages = \"delete\"."
	}
	return left + " They are marked \\Deleted by somebody else, or could not be read: expunge or unmark them in a mail program first."
}
