package undo

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// files adds the steps for messages that go back while the folders are as they were
// after so many changes.
func (b *builder) files(changes int) {
	groups := map[string]*plan.Step{}
	var order []string
	for _, m := range b.due(changes) {
		step, ok := b.back(m)
		if !ok {
			continue
		}
		if reason := b.stuck(m); reason != "" {
			b.left.messages(1, m.at.now, reason)
			continue
		}
		op := step.Op.(plan.File)
		key := fmt.Sprintf("%q %q %q %q %t %q", op.Folder, op.To, op.Add, op.Remove, op.FlagsFirst, m.because)
		if groups[key] == nil {
			groups[key] = &step
			order = append(order, key)
		} else {
			all := groups[key].Op.(plan.File)
			all.Messages = append(all.Messages, op.Messages...)
			groups[key].Op = all
		}
		b.note(m, op)
	}
	for _, key := range slices.Sorted(slices.Values(order)) { // those of one folder in a row share a look at it
		step := *groups[key]
		op := step.Op.(plan.File)
		slices.SortFunc(op.Messages, func(a, b plan.Message) int { return cmp.Compare(a.UID, b.UID) })
		b.steps = append(b.steps, step)
	}
}

// due are the messages that go back after so many changes: where the run left them alone
// last; or, if the folder that they came from was not there any more then, once that is
// there again.
func (b *builder) due(changes int) []*moved {
	var all, later []*moved
	for _, m := range append(b.later, b.turns[changes]...) {
		if m.origin.gone && changes > 0 {
			later = append(later, m)
		} else {
			all = append(all, m)
		}
	}
	b.later = later
	return all
}

// turnsOf are the messages by how many changes there are when they go back.
func turnsOf(run *trail) map[int][]*moved {
	turns := map[int][]*moved{}
	for _, m := range run.ours {
		if !m.copy && !m.deleted {
			turn := min(m.turn, len(run.own))
			turns[turn] = append(turns[turn], m)
		}
	}
	return turns
}

// stuck says why a message stays; "": it does not.
func (b *builder) stuck(m *moved) string {
	e := b.world[m.at.now]
	switch {
	case m.lost:
		return "a later run deleted them for good: what it did must be undone first"
	case m.uid == 0 && m.carried():
		return "the server did not say where a later run moved them to, and they could not be found for sure"
	case m.uid == 0:
		return "the server did not say where the run moved them to, and they could not be found for sure"
	case m.digest == 0 || m.validity == 0:
		return "the journal does not say enough of them to know them again"
	case (!b.world.holds(m.at.now) || e.listed == "") && m.carried():
		return "the folder in which a later run left them is gone"
	case !b.world.holds(m.at.now) || e.listed == "":
		return "the folder in which the run left them is gone"
	case !m.in(e.Folder):
		return "their folder was numbered or made anew since (its UIDVALIDITY is another one), so that they cannot be told from others"
	case m.leaves() && slices.Contains(m.before, m.at):
		return fmt.Sprintf("they lay there before the run too, so that to move them to %q would take them from there", m.origin.now)
	case m.leaves() && !b.world.holds(m.origin.now):
		return fmt.Sprintf("the folder that they came from, %q, is gone", m.origin.now)
	}
	return ""
}

// back is the step that takes one message back; false: nothing is to be done.
func (b *builder) back(m *moved) (plan.Step, bool) {
	add, kept := m.turnable(m.taken)
	remove, more := m.turnable(m.added)
	if len(kept)+len(more) > 0 {
		b.left.messages(1, m.at.now, fmt.Sprintf("later runs have changed their flags again (%s), which stay", kept.With(more)))
	}
	op := plan.File{
		Folder: m.at.now, Was: m.at.now, Add: add, Remove: remove, FlagsFirst: m.flagged,
		Messages: []plan.Message{{UID: m.uid, Digest: m.digest, Add: add, Remove: remove}},
	}
	if e := b.world[m.at.now]; e != nil {
		op.Was = e.listed
	}
	if m.leaves() {
		op.Away, op.To = plan.AwayMove, m.origin.now
	}
	var because []plan.Cause
	for _, by := range m.because {
		because = append(because, cause(by))
	}
	if len(because) == 0 {
		because = append(because, cause("the run"))
	}
	return plan.Step{Op: op, Because: because}, op.Away != plan.AwayNot || len(add)+len(remove) > 0
}

// block is the Block of the causes of an undo.
const block = "undo"

// cause is a block on whose behalf the run did something, as the journal names it: an
// address, or the kind of a block that has none.
func cause(by string) plan.Cause {
	if by == "removed" {
		by = "a removed block"
	}
	return plan.Cause{Address: by, Block: block}
}

// note counts what a step does to the folders, and says how its folder was found.
func (b *builder) note(m *moved, op plan.File) {
	e := b.world[op.Folder]
	if op.Away == plan.AwayMove {
		e.taken++
		if m.carried() {
			b.onward++
		}
	}
	if e.told {
		return
	}
	e.told = true
	b.before = append(b.before, plan.Before{Name: e.listed, UIDValidity: e.UIDValidity, UIDNext: e.UIDNext, Messages: e.Messages})
}

// restores collects what a backup holds of what was deleted for good, and tells what is
// lost.
func (b *builder) restores() {
	byFolder := map[string]*Restore{}
	var order []string
	for _, m := range b.run.ours {
		n := mailbox.Name("")
		if m.origin != nil {
			n = m.origin.now
		}
		switch {
		case !m.deleted || m.copy || m.back && !m.lost:
		case m.archive == "":
			b.left.messages(1, n, "the run deleted them for good, and there is no backup of them")
		case !b.world.holds(n):
			b.left.messages(1, n, "the run deleted them for good, and their folder is gone; the backup has them")
		default:
			key := fmt.Sprintf("%q %q %q", m.deletedIn, n, m.dir)
			r := byFolder[key]
			if r == nil {
				r = &Restore{Was: m.deletedIn, Folder: n, Dir: m.dir}
				byFolder[key] = r
				order = append(order, key)
			}
			r.Files = append(r.Files, m.archive)
		}
	}
	for _, key := range order {
		b.restore = append(b.restore, *byFolder[key])
	}
}
