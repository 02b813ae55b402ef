package plan

import (
	"cmp"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
)

// reasonHidden is why messages are left alone that a Targeting leaves out.
const reasonHidden = "hidden by -target or -exclude"

// plan is what is left of the whole plan.
func (n *narrowing) plan() *Plan {
	left := *n.whole
	left.Steps = n.steps()
	left.Folders = n.folders(left.Steps)
	left.Matched = n.matched()
	left.Notes = n.notes()
	return &left
}

func (n *narrowing) steps() []Step {
	var steps []Step
	into := n.into()
	for i, step := range n.whole.Steps {
		if !n.keep[i] {
			continue
		}
		if f, ok := step.Op.(File); ok && len(n.mails[i]) < len(f.Messages) {
			f.Messages = n.mails[i]
			step.Op = f
		}
		if n.forMail(step) {
			name := made(step.Op)
			if left := into[name]; len(left) > 0 { // else it is only needed for a folder below it
				step.Because = left
			}
		}
		steps = append(steps, step)
	}
	return steps
}

// made is the folder that a step makes, or sets as it makes it.
func made(op Operation) mailbox.Name {
	switch op := op.(type) {
	case Create:
		return op.Name
	case Set:
		return op.Name
	}
	return ""
}

// into has, by folder, why messages still go into it.
func (n *narrowing) into() map[mailbox.Name][]Cause {
	causes := map[mailbox.Name][]Cause{}
	for i, step := range n.whole.Steps {
		if f, ok := step.Op.(File); ok && n.keep[i] {
			for _, to := range f.into() {
				causes[to] = appendNew(causes[to], step.Because...)
			}
		}
	}
	return causes
}

// folders are those of the plan that the steps read or change mail in.
func (n *narrowing) folders(steps []Step) []Before {
	used := map[mailbox.Name]bool{}
	for _, step := range steps {
		if f, ok := step.Op.(File); ok {
			used[f.Folder] = true
			for _, to := range f.into() {
				used[to] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(n.whole.Folders), func(b Before) bool { return !used[n.renamed(b.Name)] })
}

// renamed is the name of a folder after all renames of the whole plan.
func (n *narrowing) renamed(name mailbox.Name) mailbox.Name {
	for _, i := range n.renames {
		r := n.whole.Steps[i].Op.(Rename)
		name = name.Rebase(r.From, r.To)
	}
	return name
}

// matched is what the rules found that are meant, with what of it is hidden.
func (n *narrowing) matched() []Matched {
	type place struct {
		rule   string
		folder mailbox.Name
	}
	hidden := map[place]int{}
	for i, step := range n.whole.Steps {
		f, ok := step.Op.(File)
		if !ok {
			continue
		}
		counted := map[string]bool{}
		for _, c := range step.Because {
			if !counted[c.Address] {
				hidden[place{c.Address, f.Was}] += len(f.Messages) - len(n.mails[i])
			}
			counted[c.Address] = true
		}
	}
	var all []Matched
	for _, m := range n.whole.Matched {
		if !n.target.wants(Cause{Address: m.Rule}) {
			continue
		}
		if k := hidden[place{m.Rule, m.Folder}]; k > 0 {
			m.Left = append(slices.Clone(m.Left), Left{reasonHidden, k})
			slices.SortFunc(m.Left, func(a, b Left) int { return cmp.Compare(a.Reason, b.Reason) })
		}
		all = append(all, m)
	}
	return all
}

// notes are those of the whole plan, but for what is said of a block that is not meant.
func (n *narrowing) notes() []Note {
	return slices.DeleteFunc(slices.Clone(n.whole.Notes), func(note Note) bool {
		about := func(c Cause) bool { return c.Address != "" && c.Declared == note.Subject && !n.target.wants(c) }
		return slices.ContainsFunc(n.whole.Steps, func(s Step) bool { return slices.ContainsFunc(s.Because, about) })
	})
}
