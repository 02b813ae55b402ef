package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// build puts the steps together in the order of their execution.
func (p *Planner) build() *Plan {
	files, needs := p.files()
	known := p.declarations()
	p.sweep(known, files)
	made := &Plan{
		Account: p.account.Address, Made: p.now,
		Steps:   slices.Concat(p.renames, p.creates(needs), files, p.unsubscribes(), p.removes()),
		Matched: p.matches(),
		Watched: p.watched,
	}
	made.Folders = p.before()
	made.Resolved = p.resolved()
	made.Broken = p.judge(made)
	made.Protected = patternsOf(p.account)
	p.noteIdle()
	p.noteLabels(files)
	p.noteSearched()
	p.noteUnmanaged(known)
	p.circleNotes()
	p.visitNotes()
	made.Notes = p.notes
	return made
}

// group is a File step in the making: messages with the same source, effect and
// causes.
type group struct {
	step   File
	causes []*cause
	mover  *cause // with a permanent delete: what moved its messages before it; nil: nothing
	key    string
}

// files are the steps for messages, and the folders that they need.
func (p *Planner) files() ([]Step, []need) {
	groups := map[string]*group{}
	for _, name := range p.order {
		v := p.visits[name]
		for _, t := range v.messages() {
			if effect, ok := p.effect(v, t); ok {
				g := groups[effect.key]
				if g == nil {
					g = effect
					groups[effect.key] = g
				} else {
					g.step.Messages = append(g.step.Messages, effect.step.Messages...)
					g.step.Via = appendNew(g.step.Via, effect.step.Via...)
				}
			}
		}
	}
	ordered := slices.SortedFunc(maps.Values(groups), p.compareGroups)
	var steps []Step
	for _, g := range ordered {
		p.deleted = append(p.deleted, deletedAfterMove(g)...)
		var because []Cause
		for _, c := range g.causes {
			because = append(because, c.planned())
		}
		steps = append(steps, Step{Op: g.step, Because: because})
	}
	return steps, p.missing(ordered)
}

// effect is what the message's way comes to; false: nothing.
func (p *Planner) effect(v *visit, t *taken) (*group, bool) {
	w := t.way
	m := Message{UID: t.m.UID, Identity: IdentityOf(&t.m), Flags: t.m.Flags, From: people(&t.m, "from"), Subject: people(&t.m, "subject")}
	g := &group{step: File{Folder: v.place.name, Was: v.place.now}, causes: slices.Clone(w.causes)}
	for _, to := range w.copies {
		if w.wants(to) && p.copies.make(to.folder, m.Identity, w.ending == endDeleted) {
			g.step.Copies = append(g.step.Copies, to.folder)
			if !slices.ContainsFunc(g.causes, func(c *cause) bool { return c.rule == to.cause.rule }) {
				g.causes = append([]*cause{to.cause}, g.causes...)
			}
		}
	}
	g.step.Add, g.step.Remove = w.set.Common(w.flags), w.set.Without(w.flags)
	m.Add, m.Remove = g.step.Add.Without(t.m.Flags), g.step.Remove.Common(t.m.Flags)
	switch {
	case w.ending == endDeleted:
		g.step.Away = AwayPermanent
		if len(g.step.Copies) == 0 { // else the copies carry the flags
			g.step.Add, g.step.Remove, m.Add, m.Remove = nil, nil, nil, nil
		}
		g.mover = w.mover
	case w.folder != v.place.name:
		g.step.Away, g.step.To, g.step.Trash = AwayMove, w.folder, w.trash
		g.step.Finish = p.copies.finishes(w.folder, m.Identity)
	}
	g.step.Via = p.viaOf(g.step, w)
	p.holdWay(v.place.name, w)
	p.holdLabels(g.step, w, m.Identity)
	if g.step.Away == AwayNot && len(g.step.Copies) == 0 && len(m.Add)+len(m.Remove) == 0 {
		return nil, false
	}
	p.checkLabelled(g.step, w)
	g.step.FlagsFirst = !slices.ContainsFunc(g.step.Add.With(g.step.Remove), p.watched.Has)
	g.step.Messages = []Message{m}
	g.key = g.makeKey()
	return g, true
}

// viaOf are the folders between the one that a message is thrown away or deleted from
// and where that happens.
func (p *Planner) viaOf(f File, w *way) []mailbox.Name {
	if f.Away != AwayPermanent && (f.Away != AwayMove || !f.Trash && !p.world.inTrash(f.To)) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(w.via), func(n mailbox.Name) bool { return n == f.Folder || n == f.To })
}

func appendNew[E comparable](all []E, more ...E) []E {
	for _, e := range more {
		if !slices.Contains(all, e) {
			all = append(all, e)
		}
	}
	return all
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

// missing are the folders that have to be made for messages to go into.
func (p *Planner) missing(groups []*group) []need {
	byName := map[mailbox.Name]*need{}
	for _, g := range groups {
		into := slices.Clone(g.step.Copies)
		if g.step.Away == AwayMove {
			into = append(into, g.step.To)
		}
		for _, name := range into {
			at := p.world.folders[name]
			if at.exists() || at.coming {
				continue
			}
			n := byName[name]
			if n == nil {
				n = &need{name: name}
				byName[name] = n
			}
			for _, c := range g.causes {
				if planned := c.planned(); !slices.Contains(n.because, planned) {
					n.because = append(n.because, planned)
				}
			}
		}
	}
	var needs []need
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		needs = append(needs, *byName[name])
	}
	return needs
}

// people is a header field for people to recognise a message by.
func people(m *message.Message, field string) string {
	text, _ := m.Header.Text(field)
	return text
}

func (p *Planner) matches() []Matched {
	var all []Matched
	for _, name := range p.order {
		v := p.visits[name]
		for _, b := range p.rulesIn(v.place.name) {
			if v.matched[b] == 0 {
				continue
			}
			found := Matched{Rule: b.Address, Folder: v.place.now, Looked: v.looked, Messages: v.matched[b]}
			for by, n := range v.left {
				if by.rule == b {
					found.Left = append(found.Left, Left{by.reason, n})
				}
			}
			found.Rivals = v.rivalsOf(b)
			slices.SortFunc(found.Left, func(a, b Left) int { return cmp.Compare(a.Reason, b.Reason) })
			all = append(all, found)
		}
	}
	return all
}

// before lists the folders that were looked into, as they were.
func (p *Planner) before() []Before {
	var all []Before
	for _, name := range p.order {
		all = append(all, newBefore(name, p.visits[name].state))
	}
	slices.SortFunc(p.copies.states, func(a, b Before) int { return cmp.Compare(a.Name, b.Name) })
	for _, b := range p.copies.states {
		if p.visits[b.Name] == nil { // else it was looked into before
			all = append(all, b)
		}
	}
	return all
}

func newBefore(name mailbox.Name, s State) Before {
	return Before{Name: name, UIDValidity: s.UIDValidity, UIDNext: s.UIDNext, Messages: s.Messages}
}

func (p *Planner) resolved() []Resolved {
	var all []Resolved
	for _, use := range mailbox.Uses() {
		if name, ok := p.world.patterns.ByUse[use]; ok {
			all = append(all, Resolved{Use: use, Name: name})
		}
	}
	return all
}

// visitNotes tell what somebody should know of single folders.
func (p *Planner) visitNotes() {
	for _, name := range p.order {
		v := p.visits[name]
		if n := len(v.unread); n > 0 {
			p.note(hcl.Range{}, "Messages are left alone", fmt.Sprintf("What rules must know of %s in %q could not be read, so that nothing happens to %s. The explain command says what that is: see UID %s.", plural(n, "message"), name, them(n), someUIDs(v.unread)))
		}
		for _, b := range p.rulesIn(v.place.name) {
			if n := v.matched[b]; n == v.looked && n > 20 && !b.Match.Mentions("everything") {
				p.note(b.Declared, "A rule matches everything", fmt.Sprintf("The match of %s holds for all %d messages in %q. Make sure that this is meant.", b.Address, n, name))
			}
		}
	}
}

// someUIDs lists the lowest of some UIDs.
func someUIDs(uids []imap.UID) string {
	var words []string
	for _, uid := range slices.Sorted(slices.Values(uids)) {
		words = append(words, strconv.FormatUint(uint64(uid), 10))
	}
	return few(words)
}

// them is what n messages are called where they are spoken of again.
func them(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}
