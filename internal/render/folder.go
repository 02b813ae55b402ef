package render

import (
	"maps"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// folderWork is all that a plan does to one folder.
type folderWork struct {
	name    mailbox.Name // once the plan is done
	rename  *plan.Rename
	create  *plan.Create
	set     *plan.Set
	remove  *plan.Remove
	because []plan.Cause
	taken   []plan.Step // messages that a removed block takes out of it
}

// folderBlocks are a plan's folders: those that are there afterwards, and those
// that are not.
func folderBlocks(pl *plan.Plan) (kept, removed []block) {
	work := map[mailbox.Name]*folderWork{}
	of := func(name mailbox.Name) *folderWork {
		if work[name] == nil {
			work[name] = &folderWork{name: name}
		}
		return work[name]
	}
	for i, step := range pl.Steps {
		var w *folderWork
		switch op := step.Op.(type) {
		case plan.Rename:
			w = of(renamed(op.To, pl.Steps[i+1:]))
			w.rename = &op
		case plan.Create:
			w = of(op.Name)
			w.create = &op
		case plan.Set:
			w = of(op.Name)
			w.set = &op
		case plan.Remove:
			w = of(op.Name)
			w.remove = &op
		case plan.File:
			if ruleOf(step) == "" {
				w = of(op.Folder)
				w.taken = append(w.taken, step)
			}
		}
		if w != nil {
			w.because = append(w.because, step.Because...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(work)) {
		if w := work[name]; w.remove != nil {
			removed = append(removed, w.removal())
		} else {
			kept = append(kept, w.change())
		}
	}
	return kept, removed
}

// renamed is where a folder lies after the renames among the steps.
func renamed(name mailbox.Name, steps []plan.Step) mailbox.Name {
	for _, step := range steps {
		if op, ok := step.Op.(plan.Rename); ok {
			name = name.Rebase(op.From, op.To)
		}
	}
	return name
}

func (w *folderWork) change() block {
	address, label := w.address()
	b := block{action: actionUpdate, title: address + " will be updated in-place", kind: "folder", name: label}
	name := attribute{action: actionNone, name: "name", value: quote(string(w.name))}
	switch {
	case w.create != nil:
		b.action, b.title = actionCreate, address+" will be created"
		name.action = actionCreate
		if by := w.needed(); by != "" {
			b.comments = append(b.comments, "needed by "+by)
		}
	case w.rename != nil:
		name.action = actionUpdate
		name.value = becomes(quote(string(w.rename.From)), name.value)
		b.comments = append(b.comments, renameComment(*w.rename, w.because))
	default:
		if by := w.block(); by != "" {
			b.comments = append(b.comments, "because of "+by)
		}
	}
	b.attributes = append(b.attributes, name)
	if w.create != nil && w.create.Use != "" {
		b.attributes = append(b.attributes, attribute{action: actionCreate, name: "special_use", value: quote(string(w.create.Use))})
	}
	if w.set != nil {
		b.attributes = append(b.attributes, w.subscribed())
	}
	return w.withTaken(b)
}

func (w *folderWork) subscribed() attribute {
	now, then := truth(!w.set.Subscribed), truth(w.set.Subscribed)
	if w.create != nil {
		return attribute{action: actionCreate, name: "subscribed", value: then}
	}
	return attribute{action: actionUpdate, name: "subscribed", value: becomes(now, then)}
}

func truth(is bool) safe {
	if is {
		return "true"
	}
	return "false"
}

func (w *folderWork) removal() block {
	b := block{
		action: actionDelete,
		title:  "folder " + quote(string(w.name)) + " will be destroyed",
		kind:   "folder", name: quote(string(w.name)),
	}
	var by []safe
	for _, c := range w.because {
		by = appendNew(by, "of "+causeName(c))
	}
	if len(by) > 0 {
		b.comments = append(b.comments, "because "+someOf(by))
	}
	b.attributes = append(b.attributes,
		attribute{action: actionDelete, name: "messages", value: becomes(number(w.remove.Messages), "null")})
	if w.remove.Subscribed {
		b.attributes = append(b.attributes, attribute{action: actionDelete, name: "subscribed", value: becomes("true", "null")})
	}
	return w.withTaken(b)
}

// withTaken adds what a removed block does with the folder's messages.
func (w *folderWork) withTaken(b block) block {
	for _, step := range w.taken {
		b.attributes = append(b.attributes, lines(step)...)
	}
	return b
}

// address is what a folder is called in a plan's comments, and the label of its
// block: those of the block that declares it, else its name.
func (w *folderWork) address() (address, label safe) {
	for _, c := range w.because {
		if kind, name := blockOf(c.Address); kind == "folder" {
			return clean(c.Address), quote(name)
		}
	}
	return "folder " + quote(string(w.name)), quote(string(w.name))
}

// needed says who needs a folder that no block declares.
func (w *folderWork) needed() safe {
	var by []safe
	for _, c := range w.because {
		if kind, _ := blockOf(c.Address); kind == "folder" {
			return ""
		}
		by = appendNew(by, causeName(c))
	}
	return someOf(by)
}

// block says which block without an address is behind a change.
func (w *folderWork) block() safe {
	for _, c := range w.because {
		if c.Address == "" && c.Declared.Filename != "" {
			return causeName(c)
		}
	}
	return ""
}

func appendNew(list []safe, s safe) []safe {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
