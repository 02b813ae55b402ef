package plan

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/imapform/imapform/internal/mailbox"
)

// group is a File step in the making: messages with the same source, effect and
// causes.
type group struct {
	step   File
	causes []*cause
	mover  *cause // with a permanent delete: what moved its messages before it; nil: nothing
	key    string
}

// likeness is the same for messages of a folder to which the same is done for the same
// reasons.
type likeness struct {
	way    *way
	copies string // the places, in the way, of those that are to be made
	finish bool
}

// effect is what is done to messages that are alike.
type effect struct {
	group  *group
	harmed []mailbox.Name // protected folders from which they are thrown away or deleted
	listed bool           // group is the one for all messages with its key
}

// file puts a message into the step that does what its way comes to, if that is
// anything. groups are the steps in the making, by their keys.
func (p *Planner) file(v *visit, t *taken, alike map[likeness]*effect, groups map[string]*group) {
	w := t.way
	like := likeness{way: w, copies: p.copiesOf(t)}
	like.finish = w.ending != endDeleted && w.folder != v.place.name && p.copies.finishes(w.folder, t.identity)
	e := alike[like]
	if e == nil {
		e = &effect{group: p.newGroup(v, w, like), harmed: p.harmed(v.place.name, w)}
		alike[like] = e
	}
	step := &e.group.step
	p.holdWay(e.harmed, w)
	p.holdLabels(*step, w, t.identity)
	m := Message{UID: t.uid, Identity: t.identity, Flags: t.flags, From: t.from, Subject: t.subject}
	m.Add, m.Remove = step.Add.Without(t.flags), step.Remove.Common(t.flags)
	if step.Away == AwayNot && len(step.Copies) == 0 && len(m.Add)+len(m.Remove) == 0 {
		return
	}
	if !e.listed {
		p.checkLabelled(*step, w)
		e.list(groups)
		step = &e.group.step
	}
	step.Messages = append(step.Messages, m)
}

// list makes the effect's group one with another of the same key.
func (e *effect) list(groups map[string]*group) {
	e.listed = true
	same := groups[e.group.key]
	if same == nil {
		groups[e.group.key] = e.group
		return
	}
	same.step.Via = appendNew(same.step.Via, e.group.step.Via...)
	e.group = same
}

// copiesOf decides which copies of a message are to be made.
func (p *Planner) copiesOf(t *taken) string {
	var made []byte
	for i, to := range t.way.copies {
		if t.way.wants(to) && p.copies.make(to.folder, t.identity, t.way.ending == endDeleted) {
			made = binary.AppendUvarint(made, uint64(i))
		}
	}
	return string(made)
}

// newGroup is what a way comes to for messages of the folder.
func (p *Planner) newGroup(v *visit, w *way, like likeness) *group {
	g := &group{step: File{Folder: v.place.name, Was: v.place.now}, causes: slices.Clone(w.causes)}
	for made := []byte(like.copies); len(made) > 0; {
		i, n := binary.Uvarint(made)
		to := w.copies[i]
		g.step.Copies = append(g.step.Copies, to.folder)
		if !slices.ContainsFunc(g.causes, func(c *cause) bool { return c.rule == to.cause.rule }) {
			g.causes = append([]*cause{to.cause}, g.causes...)
		}
		made = made[n:]
	}
	g.step.Add, g.step.Remove = w.set.Common(w.flags), w.set.Without(w.flags)
	switch {
	case w.ending == endDeleted:
		g.step.Away = AwayPermanent
		if len(g.step.Copies) == 0 { // else the copies carry the flags
			g.step.Add, g.step.Remove = nil, nil
		}
		g.mover = w.mover
	case w.folder != v.place.name:
		g.step.Away, g.step.To, g.step.Trash = AwayMove, w.folder, w.trash
		g.step.Finish = like.finish
	}
	g.step.Via = p.viaOf(g.step, w)
	g.step.FlagsFirst = !slices.ContainsFunc(g.step.Add.With(g.step.Remove), p.watched.Has)
	g.key = g.makeKey()
	return g
}

// viaOf are the folders between the one that a message is thrown away or deleted from
// and where that happens.
func (p *Planner) viaOf(f File, w *way) []mailbox.Name {
	if f.Away != AwayPermanent && (f.Away != AwayMove || !f.Trash && !p.world.inTrash(f.To)) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(w.via), func(n mailbox.Name) bool { return n == f.Folder || n == f.To })
}

// wants says whether there is to be the copy: none is made where the message itself
// ends up.
func (w *way) wants(c copyTo) bool { return w.ending == endDeleted || c.folder != w.folder }

// makeKey is equal for messages that belong into one step.
func (g *group) makeKey() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %q %d %q %t %q %q %t %t", g.step.Was, g.step.Copies, g.step.Away, g.step.To, g.step.Trash, g.step.Add, g.step.Remove, g.step.FlagsFirst, g.step.Finish)
	for _, c := range g.causes {
		fmt.Fprintf(&b, " %q", c.name())
	}
	if g.mover != nil {
		fmt.Fprintf(&b, " after %q", g.mover.name())
	}
	return b.String()
}

// compareGroups orders steps: copies, moves, trash, flags, permanent deletes; each
// by folder, then by the rules' order.
func (p *Planner) compareGroups(a, b *group) int {
	kind := func(f File) int {
		switch {
		case f.Away == AwayPermanent:
			return 4
		case f.Away == AwayMove && f.Trash:
			return 2
		case f.Away == AwayMove:
			return 1
		case len(f.Copies) > 0:
			return 0
		default:
			return 3
		}
	}
	rule := func(g *group) int {
		if len(g.causes) == 0 {
			return len(p.rules)
		}
		return p.rank(g.causes[0])
	}
	return cmp.Or(
		cmp.Compare(kind(a.step), kind(b.step)),
		cmp.Compare(rule(a), rule(b)),
		cmp.Compare(a.step.Folder, b.step.Folder),
		cmp.Compare(a.step.To, b.step.To),
		cmp.Compare(a.key, b.key),
	)
}

// rank is the place of a cause among the rules, or behind them.
func (p *Planner) rank(c *cause) int {
	if c.rule == nil {
		return len(p.rules)
	}
	return c.rule.index
}
