package undo

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A builder puts the steps together: what was done last is turned around first, so that
// each change finds the folders as the run had them then. A message goes back at once
// from where it lies to where it came from.
type builder struct {
	run   *trail
	world world

	steps   []plan.Step
	before  []plan.Before
	restore []Restore
	left    leavings
	onward  int // messages that go back from where later runs have brought them

	subscribed map[mailbox.Name]bool // as it was before the run
	turns      map[int][]*moved      // messages by how many changes there are when they go back
	later      []*moved              // that wait for the folder that they came from
	stays      map[mailbox.Name]bool // folders that the run made and that stay
	waiting    []change              // folders that the run made, for those in them to go
}

func newBuilder(l plan.Listing, run *trail) *builder {
	return &builder{
		run: run, world: newWorld(l),
		subscribed: map[mailbox.Name]bool{}, turns: turnsOf(run), stays: map[mailbox.Name]bool{},
	}
}

func (b *builder) all() {
	b.files(len(b.run.own))
	for i, c := range slices.Backward(b.run.own) {
		b.turn(c)
		b.files(i)
	}
	b.stayTogether()
	b.subscriptions()
	b.restores()
	b.rest()
}

func (b *builder) step(op plan.Operation, because ...plan.Cause) {
	b.steps = append(b.steps, plan.Step{Op: op, Because: because})
}

// turn turns one change around.
func (b *builder) turn(c change) {
	switch c.Verb {
	case journal.VerbCreate:
		b.uncreate(c)
	case journal.VerbRemove:
		b.recreate(c)
	case journal.VerbRename:
		b.renameBack(c)
	case journal.VerbSubscribe, journal.VerbUnsubscribe:
		b.resubscribe(c)
	}
}

// resubscribe turns a change of a subscription around, unless a later run has changed it.
func (b *builder) resubscribe(c change) {
	n := c.of.now
	if c.of.gone {
		n = c.Name
	}
	if !c.of.subs.stand() {
		b.subscribed[n] = c.Verb == journal.VerbUnsubscribe
	} else if c.of.subs.asRun() {
		b.left.folder(n, "later runs have changed its subscription again, which stays")
	}
}

// uncreate removes a folder that the run made, if nothing is in it by then.
func (b *builder) uncreate(c change) {
	n := c.of.now
	delete(b.subscribed, c.Name)
	delete(b.subscribed, n)
	if c.of.gone {
		return // the run removed it itself, or a later one did
	}
	e := b.world[n]
	_, parent := b.world.child(n)
	switch {
	case !b.world.exists(n):
		return
	case n == mailbox.Inbox:
		b.stay(n, "INBOX cannot be removed")
	case slices.ContainsFunc(e.Uses, func(u mailbox.Use) bool { return u != c.Use }):
		b.stay(n, fmt.Sprintf("the folder that the run created is one for special use by now (%s)", e.Uses))
	case parent:
		b.waiting = append(b.waiting, c)
	case e.Messages > e.taken && c.of.copies > 0:
		b.stay(n, fmt.Sprintf("the folder that the run created holds mail that is not moved back (%s), copies among it", messages(e.Messages-e.taken)))
	case e.Messages > e.taken:
		b.stay(n, fmt.Sprintf("the folder that the run created holds mail that is not moved back (%s)", messages(e.Messages-e.taken)))
	default:
		b.step(plan.Remove{Name: n, Messages: e.Messages, Subscribed: e.Subscribed})
		delete(b.world, n)
		b.uncreateAbove()
	}
}

// uncreateAbove removes the folders that were only left for what lay in them, which is gone
// by now: it was seen to be made before them, or was renamed into them.
func (b *builder) uncreateAbove() {
	waiting := b.waiting
	b.waiting = nil
	for _, c := range waiting {
		b.uncreate(c)
	}
}

// stayTogether tells of the folders that stay because others lie in them: once of those
// that came to be along with one that stays.
func (b *builder) stayTogether() {
	slices.SortStableFunc(b.waiting, func(a, c change) int { return cmp.Compare(c.of.now.Depth(), a.of.now.Depth()) })
	for _, c := range b.waiting {
		n := c.of.now
		child, parent := b.world.child(n)
		switch {
		case !parent:
			b.uncreate(c)
		case b.stays[child]:
			b.stays[n] = true
			b.left.above(n)
		default:
			b.stay(n, fmt.Sprintf("folder %q lies in the folder that the run created", child))
		}
	}
	b.waiting = nil
}

func (b *builder) stay(n mailbox.Name, reason string) {
	b.stays[n] = true
	b.left.folder(n, reason)
}

// recreate makes a folder that the run removed, unless it had made it itself.
func (b *builder) recreate(c change) {
	n := c.of.now
	if c.of.made || c.of.gone && c.of.goneBy.origin != "" {
		return // or it was there again, and a later run removed it
	}
	again := !c.of.gone // by an undo of the run, which may have been cut short
	c.of.gone = false
	if (c.Subscribed || again) && !c.of.subs.stand() {
		b.subscribed[c.Name] = c.Subscribed // some servers subscribe to what they make
	}
	if b.world.holds(n) {
		return // somebody has made one
	}
	b.step(plan.Create{Name: n})
	b.world.create(n)
}

// renameBack gives a folder its name again.
func (b *builder) renameBack(c change) {
	from, to := c.To, c.Name
	switch {
	case c.of.gone && c.of.goneBy.origin != "":
		b.left.folder(from, fmt.Sprintf("the run renamed %q to this, and there is no such folder any more", to))
		return
	case c.of.now == to && !c.of.gone && b.world.exists(to):
		return // a later run did that, such as an undo
	case c.of.now != c.of.left && !c.of.gone:
		b.left.folder(c.of.now, fmt.Sprintf("the run renamed %q to %q, and a later one to this, which stays", to, from))
		return
	case from == mailbox.Inbox || to == mailbox.Inbox || to.Below(from):
		b.left.folder(from, fmt.Sprintf("it cannot be renamed to %q", to))
		return
	case !b.world.exists(from):
		b.left.folder(from, fmt.Sprintf("the run renamed %q to this, and there is no such folder any more", to))
		return
	case b.world.exists(to):
		b.left.folder(from, fmt.Sprintf("its name before the run, %q, is that of another folder by now", to))
		return
	}
	b.step(b.world.rename(from, to), plan.Cause{Block: block})
	b.rebaseSubscriptions(from, to)
	defer b.uncreateAbove() // once the folders have their names
	for _, f := range b.run.every {
		if !f.gone {
			f.now, f.left = f.now.Rebase(from, to), f.left.Rebase(from, to)
		}
	}
}

// rebaseSubscriptions follows a rename, which takes subscriptions along.
func (b *builder) rebaseSubscriptions(from, to mailbox.Name) {
	for _, n := range slices.Collect(maps.Keys(b.subscribed)) {
		if n == from || n.Below(from) {
			b.subscribed[n.Rebase(from, to)] = b.subscribed[n]
			delete(b.subscribed, n)
		}
	}
}

// subscriptions puts those back that the run changed.
func (b *builder) subscriptions() {
	for _, n := range slices.Sorted(maps.Keys(b.subscribed)) {
		want, e := b.subscribed[n], b.world[n]
		_, aside := n.SetAsideOf()
		switch {
		case want == b.world.subscribed(n), b.stays[n], aside:
		case want && !b.world.exists(n):
			b.left.folder(n, "it was subscribed, and there is no such folder to subscribe to")
		default:
			b.step(plan.Set{Name: n, Subscribed: want, Created: e.created})
			e.Subscribed = want
		}
	}
}

// rest tells what cannot be turned around whatever there is now.
func (b *builder) rest() {
	for _, f := range b.run.every {
		if f.copies > 0 {
			b.left.messages(f.copies, f.now, "the run copied them there: to remove them would be to delete mail")
		}
		if f.added > 0 {
			b.left.messages(f.added, f.now, "the run brought them back from a backup: to remove them would be to delete mail")
		}
	}
	for _, unknown := range b.run.unknown {
		b.left.messages(0, "", "the run could not find out itself: "+unknown)
	}
}
