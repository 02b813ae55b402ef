package plan

import (
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
)

// A narrowing works out which steps of a plan are left where only a part is meant.
type narrowing struct {
	target  ofAccount
	whole   *Plan
	creates map[mailbox.Name]int // the step that makes the folder
	renames []int
	mail    map[Cause]bool // what messages are changed for
	out     []bool         // steps that must not be done
	keep    []bool         // steps that are left; of File steps see also messages
	mails   [][]Message    // of each File step, the messages that are left
}

func newNarrowing(t Targeting, whole *Plan) *narrowing {
	n := &narrowing{
		target: t.in(whole.Account), whole: whole,
		creates: map[mailbox.Name]int{}, mail: map[Cause]bool{},
		out: make([]bool, len(whole.Steps)), keep: make([]bool, len(whole.Steps)), mails: make([][]Message, len(whole.Steps)),
	}
	for i, step := range whole.Steps {
		switch op := step.Op.(type) {
		case Rename:
			n.renames = append(n.renames, i)
		case Create:
			n.creates[op.Name] = i
		case File:
			for _, c := range step.Because {
				n.mail[c] = true
			}
		}
	}
	return n
}

// forMail says whether the step makes a folder only because messages go into it: it is
// done if they do, whoever is meant.
func (n *narrowing) forMail(step Step) bool {
	switch op := step.Op.(type) {
	case Create:
	case Set:
		if !op.Created {
			return false
		}
	default:
		return false
	}
	return slices.ContainsFunc(step.Because, func(c Cause) bool { return n.mail[c] })
}

// leaveOut marks the messages' steps that not all causes want, the folders' steps that
// are excluded, and what needs one of those.
func (n *narrowing) leaveOut() {
	for i, step := range n.whole.Steps {
		if _, ok := step.Op.(File); ok {
			n.out[i] = !n.target.wantsAll(step.Because)
		} else if !n.forMail(step) {
			n.out[i] = n.target.shunsAll(step.Because)
		}
	}
	for changed := true; changed; {
		changed = false
		for i := range n.whole.Steps {
			if !n.out[i] && slices.ContainsFunc(n.needs(i), func(j int) bool { return n.out[j] }) {
				n.out[i], changed = true, true
			}
		}
	}
	for i, step := range n.whole.Steps {
		if f, ok := step.Op.(File); ok && !n.out[i] {
			n.mails[i] = f.Messages
		}
	}
}

// needs are the steps that must be done for a step to mean what it says. Removals and
// what tidies up are not among those that have any: see keepRemovals.
func (n *narrowing) needs(i int) []int {
	switch op := n.whole.Steps[i].Op.(type) {
	case Rename:
		return n.renamesWith(i, op)
	case Create:
		all := n.renamesOf(op.Name)
		if parent, ok := op.Name.Parent(); ok {
			all = append(all, n.createsOf(parent)...)
		}
		return all
	case Set:
		all := n.renamesOf(op.Name)
		if op.Created {
			all = append(all, n.createsOf(op.Name)...)
		}
		return all
	case File:
		all := n.renamesOf(op.Folder)
		for _, to := range op.into() {
			all = append(append(all, n.renamesOf(to)...), n.createsOf(to)...)
		}
		return all
	}
	return nil
}

// into are the folders into which the step puts messages.
func (op File) into() []mailbox.Name {
	if op.Away != AwayMove {
		return op.Copies
	}
	return append(slices.Clip(op.Copies), op.To)
}

// createsOf are the steps that make the folder and those above it.
func (n *narrowing) createsOf(name mailbox.Name) []int {
	var all []int
	for ok := true; ok; name, ok = name.Parent() {
		if i, made := n.creates[name]; made {
			all = append(all, i)
		}
	}
	return all
}

// renamesOf are the renames by which a folder got its name, or by which the name is
// free for another one.
func (n *narrowing) renamesOf(name mailbox.Name) []int {
	var all []int
	for _, i := range n.renames {
		if r := n.whole.Steps[i].Op.(Rename); within(name, r.From) || within(name, r.To) {
			all = append(all, i)
		}
	}
	return all
}

// renamesWith are the renames that share a name with this one, or a folder above: as a
// chain, or since a folder would be carried along by the other. They are done together.
func (n *narrowing) renamesWith(i int, op Rename) []int {
	var all []int
	for _, j := range n.renames {
		other := n.whole.Steps[j].Op.(Rename)
		for _, a := range []mailbox.Name{op.From, op.To} {
			for _, b := range []mailbox.Name{other.From, other.To} {
				if i != j && (within(a, b) || within(b, a)) && !slices.Contains(all, j) {
					all = append(all, j)
				}
			}
		}
	}
	return all
}

// within says whether a name is the other one or lies below it.
func within(name, other mailbox.Name) bool { return name == other || name.Below(other) }

// keepWanted marks the steps that are meant, and all that they need.
func (n *narrowing) keepWanted() {
	for i, step := range n.whole.Steps {
		switch step.Op.(type) {
		case File:
			if len(n.mails[i]) > 0 {
				n.keepWith(i)
			}
		case Rename, Create, Set:
			if !n.out[i] && !n.forMail(step) && !n.tidies(step) && n.target.wantsAny(step.Because) {
				n.keepWith(i)
			}
		}
	}
	for i, step := range n.whole.Steps { // a folder that is made is made as it should be
		if set, ok := step.Op.(Set); ok && set.Created && !n.out[i] {
			if made, ok := n.creates[set.Name]; ok && n.keep[made] {
				n.keep[i] = true
			}
		}
	}
}

func (n *narrowing) keepWith(i int) {
	if n.keep[i] {
		return
	}
	n.keep[i] = true
	for _, j := range n.needs(i) {
		n.keepWith(j)
	}
}

// tidies says whether the step only corrects a subscription that a moved or removed
// block has left behind.
func (n *narrowing) tidies(step Step) bool {
	set, ok := step.Op.(Set)
	return ok && !set.Created && !slices.ContainsFunc(step.Because, func(c Cause) bool { return c.Address != "" })
}

// keepRemovals marks the removals that are meant, if all that empties the folder is
// done, and then what tidies subscriptions up, if no folder keeps a name that it was to
// lose.
func (n *narrowing) keepRemovals() {
	all := true // that lose their names
	for i, step := range n.whole.Steps {
		switch op := step.Op.(type) {
		case Remove: // children come first
			n.keep[i] = !n.target.shunsAll(step.Because) && n.target.wantsAny(step.Because) && n.empties(op.Name)
			all = all && n.keep[i]
		case Rename:
			all = all && n.keep[i]
		}
	}
	for i, step := range n.whole.Steps {
		if n.tidies(step) {
			n.keep[i] = all && !n.out[i] && n.target.wantsAny(step.Because)
		}
	}
}

// empties says whether every step is kept that takes something out of the folder, or
// has given it its name.
func (n *narrowing) empties(name mailbox.Name) bool {
	for i, step := range n.whole.Steps {
		lacks := !n.keep[i]
		switch op := step.Op.(type) {
		case File:
			lacks = op.Folder == name && op.Away != AwayNot && len(n.mails[i]) < len(op.Messages)
		case Rename:
			lacks = lacks && (within(name, op.From) || within(name, op.To) || op.From.Below(name))
		case Remove:
			lacks = lacks && op.Name.Below(name)
		default:
			lacks = false
		}
		if lacks {
			return false
		}
	}
	return true
}
