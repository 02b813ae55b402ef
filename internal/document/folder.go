package document

import (
	"maps"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A folder is all that a plan does to one.
type folder struct {
	name    mailbox.Name // once the plan is done
	rename  *plan.Rename
	create  *plan.Create
	set     *plan.Set
	remove  *plan.Remove
	because []plan.Cause
}

// foldersOf are a plan's folders by name: those that are there afterwards, and those
// that are not.
func foldersOf(p *plan.Plan) (kept, removed []ResourceChange) {
	work := folderWork(p)
	taken := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(work)) {
		f := work[name]
		change := f.resource(p.Account)
		if taken[change.Address] { // never two of one address, whatever asks for them
			change = unnamed(p.Account, TypeFolder, string(name), change.Change)
		}
		taken[change.Address] = true
		if f.remove != nil {
			removed = append(removed, change)
		} else {
			kept = append(kept, change)
		}
	}
	return kept, removed
}

// folderWork gathers the steps by the folder that they are about. A folder from which
// a block without an address takes messages is one of them.
func folderWork(p *plan.Plan) map[mailbox.Name]*folder {
	work := map[mailbox.Name]*folder{}
	for i, step := range p.Steps {
		name, ok := folderOf(p.Steps, i)
		if !ok {
			continue
		}
		f := work[name]
		if f == nil {
			f = &folder{name: name}
			work[name] = f
		}
		f.because = append(f.because, step.Because...)
		switch op := step.Op.(type) {
		case plan.Rename:
			op.From = liveName(p.Steps[:i], op.From)
			f.rename = &op
		case plan.Create:
			f.create = &op
		case plan.Set:
			f.set = &op
		case plan.Remove:
			f.remove = &op
		}
	}
	return work
}

// folderOf is the folder, once the plan is done, that a step is about; false: a rule's
// messages are what it is about.
func folderOf(steps []plan.Step, i int) (mailbox.Name, bool) {
	switch op := steps[i].Op.(type) {
	case plan.Rename:
		name := op.To
		for _, later := range steps[i+1:] {
			if again, ok := later.Op.(plan.Rename); ok {
				name = name.Rebase(again.From, again.To)
			}
		}
		return name, true
	case plan.Create:
		return op.Name, true
	case plan.Set:
		return op.Name, true
	case plan.Remove:
		return op.Name, true
	case plan.File:
		return op.Folder, firstCause(steps[i]) == ""
	default:
		return "", false
	}
}

// liveName is what a folder is called now that has this name once the steps are done: an
// earlier rename may have given it that, or one above it.
func liveName(steps []plan.Step, name mailbox.Name) mailbox.Name {
	for _, step := range slices.Backward(steps) {
		if op, ok := step.Op.(plan.Rename); ok {
			name = name.Rebase(op.To, op.From)
		}
	}
	return name
}

// firstCause is the address of what a step is shown with; empty: a block without one.
func firstCause(step plan.Step) string {
	if len(step.Because) == 0 {
		return ""
	}
	return step.Because[0].Address
}

func (f *folder) resource(account string) ResourceChange {
	change := f.change()
	if f.remove == nil {
		for _, c := range f.because {
			if r, ok := resourceOf(account, c.Address, change); ok && r.Type == TypeFolder {
				return r
			}
		}
	}
	return unnamed(account, TypeFolder, string(f.name), change)
}

func (f *folder) change() Change {
	before, after := &Values{Name: string(f.name)}, &Values{Name: string(f.name)}
	switch {
	case f.remove != nil:
		messages := int(f.remove.Messages)
		before.Messages, before.Subscribed = &messages, &f.remove.Subscribed
		return changeOf(ActionDelete, before, nil)
	case f.create != nil:
		after.SpecialUse = string(f.create.Use)
		if f.set != nil {
			after.Subscribed = &f.set.Subscribed
		}
		return changeOf(ActionCreate, nil, after)
	case f.rename == nil && f.set == nil:
		return changeOf(ActionNoOp, before, after)
	}
	if f.rename != nil {
		messages := int(f.rename.Messages)
		before.Name = string(f.rename.From)
		before.Messages, after.Messages = &messages, &messages
	}
	if f.set != nil {
		was := !f.set.Subscribed
		before.Subscribed, after.Subscribed = &was, &f.set.Subscribed
	}
	return changeOf(ActionUpdate, before, after)
}
