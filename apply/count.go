package apply

import (
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// count sums the outcomes up as plan.Plan.Summary counts what is planned, with
// only what was done.
func (r *Result) count(p *plan.Plan) {
	added, changedFolders := map[mailbox.Name]bool{}, map[mailbox.Name]bool{}
	changed, destroyed := map[string]bool{}, map[string]bool{}
	for i, step := range p.Steps {
		o := r.Steps[i]
		r.Messages.add(o.Done)
		switch op := step.Op.(type) {
		case plan.Create:
			if o.folder {
				added[op.Name] = true
			}
		case plan.Rename:
			if o.folder {
				changedFolders[op.To] = true
			}
		case plan.Set:
			if o.folder && !added[op.Name] {
				changedFolders[op.Name] = true
			}
		case plan.Remove:
			if o.folder {
				r.Destroyed++
			}
		case plan.File:
			countRules(step.Because, o.Done, changed, destroyed)
		}
	}
	r.Added = len(added)
	r.Changed = len(changedFolders)
	r.Destroyed += len(destroyed)
	for address := range changed {
		if !destroyed[address] {
			r.Changed++
		}
	}
}

// countRules counts the rules of a step that did something: the last of them did
// the deleting, if any was done. A removed block is counted by its folder.
func countRules(because []plan.Cause, done Counts, changed, destroyed map[string]bool) {
	if done == (Counts{}) {
		return
	}
	for i, cause := range because {
		switch {
		case cause.Address == "":
		case done.Deleted > 0 && i == len(because)-1:
			destroyed[cause.Address] = true
		default:
			changed[cause.Address] = true
		}
	}
}

func (c *Counts) add(more Counts) {
	c.Copied += more.Copied
	c.Moved += more.Moved
	c.Trashed += more.Trashed
	c.Deleted += more.Deleted
	c.Flagged += more.Flagged
}
