package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
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

// files are the steps for messages, and the folders that they need.
func (p *Planner) files() ([]Step, []need) {
	groups := map[string]*group{}
	for _, name := range p.order {
		v := p.visits[name]
		alike := map[likeness]*effect{}
		for _, t := range v.messages() {
			p.file(v, t, alike, groups)
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

func appendNew[E comparable](all []E, more ...E) []E {
	for _, e := range more {
		if !slices.Contains(all, e) {
			all = append(all, e)
		}
	}
	return all
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
