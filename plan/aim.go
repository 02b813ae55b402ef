package plan

import (
	"fmt"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// aim is where a rule puts one message.
type aim struct {
	moveTo mailbox.Name // empty: it stays, or is deleted for good
	copyTo []mailbox.Name
	truth  rules.Truth // of there being such folders
	lacks  string      // with NoValue, the argument that has none
	parts  message.Parts
}

// aimAt works out where a rule puts a message.
func (p *Planner) aimAt(b *bound, m *message.Message) aim {
	a := aim{moveTo: b.moveTo, copyTo: b.copyTo, truth: rules.True}
	if b.MoveBy != nil && !p.fill(&a, b.MoveBy, m, "move_to", func(name mailbox.Name) { a.moveTo = name }) {
		return a
	}
	for _, t := range b.CopyBy {
		more := func(name mailbox.Name) {
			if !slices.Contains(a.copyTo, name) {
				a.copyTo = append(slices.Clip(a.copyTo), name)
			}
		}
		if !p.fill(&a, t, m, "copy_to", more) {
			return a
		}
	}
	return a
}

// fill works out one folder; false: there is none, for now or at all.
func (p *Planner) fill(a *aim, t rules.Template, m *message.Message, argument string, set func(mailbox.Name)) bool {
	filled := t.Fill(m, p.delimiters())
	a.truth, a.parts = filled.Truth, filled.Missing
	if a.truth == rules.True {
		ref := filled.To
		if p.listing.InInbox {
			ref = ref.OutOfInbox()
		}
		name, ok := ref.Resolve(p.world.patterns.ByUse)
		p.lasting.aimed(p.world.folders[name])
		if ok = ok && p.mayBeNamed(name); ok {
			name = p.world.spelled(name)
			ok = p.mayHold(name) && (argument == "move_to" || len(p.rulesIn(name)) == 0)
		}
		if ok {
			p.world.add(name)
			set(name)
			return true
		}
		a.truth = rules.NoValue
	}
	a.lacks = argument
	return false
}

// mayHold says whether mail can be put into a folder of that name once the plan is
// done.
func (p *Planner) mayHold(name mailbox.Name) bool {
	if at := p.world.folders[name]; at != nil && at.now != "" {
		if !at.listed.Selectable && at.listed.Closed {
			return false
		}
	} else if p.parentRefuses(name) != "" {
		return false
	}
	for _, r := range p.account.Removed {
		if name == r.Folder || name.Below(r.Folder) {
			return false
		}
	}
	for _, m := range p.account.Moved {
		if name == m.From || name.Below(m.From) {
			return false
		}
	}
	return true
}

// mayBeNamed says whether a message may name the folder, whether it is there or not:
// it must not make a new folder one for special use.
func (p *Planner) mayBeNamed(name mailbox.Name) bool {
	return p.mayLast(name) && (mailbox.WellKnown(name) == "" || p.world.folders[p.world.known(name)] != nil)
}

// mayLast says whether no block takes the name away, in any letter case: else there
// would be a folder of the name only once the other one is gone.
func (p *Planner) mayLast(name mailbox.Name) bool {
	lies := func(in mailbox.Name) bool {
		folded, in := name.Folded(), in.Folded()
		return folded == in || folded.Below(in)
	}
	for _, r := range p.account.Removed {
		if lies(r.Folder) {
			return false
		}
	}
	for _, m := range p.account.Moved {
		if lies(m.From) && name != m.To && !name.Below(m.To) {
			return false
		}
	}
	return true
}

// delimiters are what can be within no level of a folder's name. Beside the server's
// own there is the dot on disk, where a Maildir has it between levels.
func (p *Planner) delimiters() string {
	if p.account.Maildir != "" {
		return p.listing.Delimiter + "."
	}
	return p.listing.Delimiter
}

// checkTemplates refuses what a rule's templates can do to any message: special
// uses that nobody knows, first levels that messages choose, and copies into folders
// where rules look.
func (p *Planner) checkTemplates() {
	for _, b := range p.rules {
		for _, t := range b.templates() {
			for _, pattern := range t.Patterns() {
				if use := pattern.Use(); use != "" {
					p.resolve(mailbox.Ref{Use: use}, b.ActionRange)
				}
				if _, literal := pattern.Ref(); p.listing.InInbox && !literal && pattern.Prefix() == mailbox.Inbox {
					p.fail(b.ActionRange, "The first level hangs on the message", fmt.Sprintf("%s puts mail into folders named %s, and this server keeps every folder below INBOX: whoever writes to you would choose among all of them. Write another level behind INBOX.", b.Address, t))
				}
			}
		}
		for _, t := range b.CopyBy {
			if r := p.looksInto(t); r != nil {
				p.fail(b.ActionRange, "Copies would be filed again", fmt.Sprintf("%s makes copies in folders named %s, where %s looks: a copy that it takes away would be made again by the next run. Leave those folders out there, with not_in.", b.Address, t, r.Address))
			}
		}
	}
}

// templates are all that the rule's destinations hang on messages by.
func (b *bound) templates() []rules.Template {
	all := slices.Clone(b.CopyBy)
	if b.MoveBy != nil {
		all = append(all, b.MoveBy)
	}
	return all
}

// looksInto returns the first rule that may look into a folder which the template
// gives; nil: none does.
func (p *Planner) looksInto(t rules.Template) *bound {
	for _, into := range t.Patterns() {
		into = into.Resolve(p.world.patterns.ByUse)
		for _, b := range p.rules {
			looks := slices.ContainsFunc(b.In, func(in mailbox.Pattern) bool { return p.meets(in, into) })
			spared := slices.ContainsFunc(b.NotIn, func(out mailbox.Pattern) bool {
				return out.Resolve(p.world.patterns.ByUse).Contains(into)
			})
			if looks && !spared {
				return b
			}
		}
	}
	return nil
}

// meets says whether a pattern may cover a folder that another one covers. What lies
// in a hidden folder it must name.
func (p *Planner) meets(in, into mailbox.Pattern) bool {
	if !in.Resolve(p.world.patterns.ByUse).Meets(into) {
		return false
	}
	begin := into.Prefix()
	hidden := slices.ContainsFunc(p.world.patterns.Hidden, func(h mailbox.Name) bool { return begin == h || begin.Below(h) })
	return !hidden || in.Match(begin, p.world.patterns) || in.Match(begin+"/x", p.world.patterns)
}

// mayProduce says whether a template of the rule may give the name, or one below it,
// in any letter case.
func (b *bound) mayProduce(name mailbox.Name, w mailbox.World) bool {
	w.Hidden = nil // what is put somewhere was not looked for
	for _, t := range b.templates() {
		for _, pattern := range t.Patterns() {
			for _, above := range pattern.Resolve(w.ByUse).Lineage() {
				if above.Fold().Match(name.Folded(), w.Fold()) {
					return true
				}
			}
		}
	}
	return false
}
