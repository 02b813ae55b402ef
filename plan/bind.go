package plan

import (
	"fmt"
	"slices"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// bound is a rule whose folders are known.
type bound struct {
	*rules.Rule
	index  int
	moveTo mailbox.Name // empty: the message stays, or is deleted for good
	copyTo []mailbox.Name
	needs  message.Parts
	keys   []rules.Key // one of which a message must have for the match to hold
	keyed  bool        // there are such keys
	timed  bool        // the match goes by the clock
	cause  *cause      // that it is
}

// bindRules resolves what the rules name.
func (p *Planner) bindRules() {
	for i, r := range p.account.Rules {
		b := &bound{Rule: r, index: i, needs: r.Match.Needs(), timed: r.Match.Timed()}
		b.keys, b.keyed = rules.Keys(r.Match)
		b.cause = &cause{rule: b, declared: r.Declared}
		p.watched = p.watched.With(r.Match.Reads())
		for _, t := range b.templates() {
			b.needs = b.needs.Union(t.Needs())
			p.watched = p.watched.With(t.Reads())
		}
		if b.needs.Saved && !p.listing.SaveDate {
			p.fail(r.Declared, "in_folder_for cannot be told here", fmt.Sprintf("The server %s does not know when a message came into its folder (SAVEDATE, RFC 8514). Use older_than, which goes by the date of arrival, if that is what you mean.", p.listing.Server))
		}
		p.bindDestinations(b)
		p.rules = append(p.rules, b)
	}
	for _, b := range p.rules { // once every destination is known
		p.bindSources(b)
		p.bindExceptions(b)
	}
	p.indexRules()
	p.checkCopies()
	p.checkTemplates()
	p.checkSearched()
}

func (p *Planner) bindDestinations(b *bound) {
	ref := b.MoveTo
	if b.Delete == rules.DeleteTrash {
		ref = mailbox.Ref{Use: mailbox.UseTrash}
	}
	if ref != (mailbox.Ref{}) {
		b.moveTo = p.destination(b, ref)
	}
	for _, ref := range b.CopyTo {
		if name := p.destination(b, ref); name != "" && !slices.Contains(b.copyTo, name) {
			b.copyTo = append(b.copyTo, name)
		}
	}
}

// destination is the folder that a rule puts mail into.
func (p *Planner) destination(b *bound, ref mailbox.Ref) mailbox.Name {
	name, ok := p.resolve(ref, b.ActionRange)
	if !ok {
		return ""
	}
	name = p.world.known(name)
	p.checkDestination(name, b.ActionRange)
	return name
}

// checkDestination makes a folder into which mail is put known to the world, and
// refuses one that cannot last: config could not tell where its name hangs on a
// special use or on the server's folders.
func (p *Planner) checkDestination(name mailbox.Name, at hcl.Range) {
	p.checkParent(name, p.world.add(name), at)
	for _, r := range p.account.Removed {
		if name == r.Folder || name.Below(r.Folder) {
			p.fail(at, "Destination is removed", fmt.Sprintf("%q is to be removed by the block at %s, so that no mail can be put there.", name, r.Declared))
			return
		}
	}
	for _, m := range p.account.Moved {
		if name == m.From || name.Below(m.From) {
			p.fail(at, "Destination is moved away", fmt.Sprintf("%q is to be renamed to %q by the block at %s, so that no mail can be put there. Use its new name.", m.From, m.To, m.Declared))
			return
		}
	}
}

// bindExceptions checks that what a rule leaves out can be told: an exception that
// silently names nothing would let the rule take what it was to leave alone.
func (p *Planner) bindExceptions(b *bound) {
	for _, pattern := range b.NotIn {
		if use := pattern.Use(); use != "" {
			if _, ok := p.resolve(mailbox.Ref{Use: use}, b.InRange); ok && b.Delete == rules.DeletePermanent && p.world.guessed[use] {
				p.failGuess(use, b.InRange)
			}
			continue
		}
		ref, literal := pattern.Ref()
		if name := p.source(ref).Name; literal && p.world.folders[name] == nil && !p.goes(name) {
			p.note(b.InRange, "An exception names no folder", fmt.Sprintf("%s leaves out %q, which neither exists nor comes to exist.%s", b.Address, name, p.nearest(name)))
		}
	}
}

// failGuess reports that a permanent delete hangs on what a folder's name suggests.
func (p *Planner) failGuess(use mailbox.Use, at hcl.Range) {
	p.fail(at, "A guess is not enough to delete for good", fmt.Sprintf("The server does not say which folder is special.%s, and what its name suggests is not enough here. Declare it:\n\n  folder %q {\n    name        = \"…\"\n    special_use = %q\n  }", use, use, use))
}

// bindSources checks that folders which a rule names literally are there.
func (p *Planner) bindSources(b *bound) {
	for _, pattern := range b.In {
		if use := pattern.Use(); use != "" && b.Delete == rules.DeletePermanent && p.world.guessed[use] {
			p.failGuess(use, b.InRange)
			continue
		}
		ref, literal := pattern.Ref()
		if !literal {
			if use := pattern.Use(); use != "" {
				p.resolve(mailbox.Ref{Use: use}, b.InRange)
			}
			continue
		}
		name, ok := p.resolve(p.source(ref), b.InRange)
		if !ok {
			continue
		}
		switch _, there := p.world.folders[name]; {
		case there || p.goes(name):
		case p.exclusive(name): // which may have removed it
			p.note(b.InRange, "A rule looks in a folder that is not there", fmt.Sprintf("%s looks in %q, which neither exists nor comes to exist; exclusive covers it.%s", b.Address, name, p.nearest(name)))
		default:
			p.fail(b.InRange, "Folder does not exist", fmt.Sprintf("%s looks in %q, which neither exists nor comes to exist.%s", b.Address, name, p.nearest(name)))
		}
	}
}

// source is a folder that a rule names, in the spelling that counts.
func (p *Planner) source(ref mailbox.Ref) mailbox.Ref {
	if p.listing.InInbox {
		return ref.OutOfInbox()
	}
	return ref
}

// goes says whether a removed block takes the folder away, so that rules may go on
// naming it when it is gone.
func (p *Planner) goes(name mailbox.Name) bool {
	return slices.ContainsFunc(p.account.Removed, func(r *config.Removed) bool {
		return name == r.Folder || r.Children && name.Below(r.Folder)
	})
}

// nearest suggests the existing folder with the most similar name.
func (p *Planner) nearest(name mailbox.Name) string {
	best, distance := mailbox.Name(""), len(name)/3+1
	for _, other := range p.world.names() {
		if d := levenshtein.Distance(string(name), string(other), nil); d < distance {
			best, distance = other, d
		}
	}
	if best == "" {
		return " Declare it with a folder block, or correct the name."
	}
	return fmt.Sprintf(" Did you mean %q?", best)
}

// checkCopies refuses copies into folders where rules look: the copy would be
// taken on, and made again by the next run.
func (p *Planner) checkCopies() {
	for _, b := range p.rules {
		for _, to := range b.copyTo {
			if in := p.rulesIn(to); len(in) > 0 {
				p.fail(b.ActionRange, "Copies would be filed again", fmt.Sprintf("%s makes copies in %q, where %s looks: a copy that it takes away would be made again by the next run. Leave the folder out there: not_in = [%q].", b.Address, to, in[0].Address, to))
			}
		}
	}
}

// ruleIndex finds the rules that look into a folder without trying each one.
type ruleIndex struct {
	literal map[mailbox.Name][]*bound
	wild    []*bound
	known   map[mailbox.Name][]*bound
}

func (p *Planner) indexRules() {
	p.index = ruleIndex{literal: map[mailbox.Name][]*bound{}, known: map[mailbox.Name][]*bound{}}
	for _, b := range p.rules {
		wild := false
		for _, pattern := range b.In {
			ref, literal := pattern.Ref()
			if !literal {
				wild = true
			} else if name, ok := p.source(ref).Resolve(p.world.patterns.ByUse); ok {
				p.index.literal[name] = append(p.index.literal[name], b)
			}
		}
		if wild {
			p.index.wild = append(p.index.wild, b)
		}
	}
}

// rulesIn returns the rules that look into a folder, in their order.
func (p *Planner) rulesIn(name mailbox.Name) []*bound {
	if found, ok := p.index.known[name]; ok {
		return found
	}
	covers := func(patterns []mailbox.Pattern, w mailbox.World) bool {
		return slices.ContainsFunc(patterns, func(pattern mailbox.Pattern) bool { return pattern.Match(name, w) })
	}
	everything := mailbox.World{ByUse: p.world.patterns.ByUse, InInbox: p.world.patterns.InInbox} // not_in hides what it names, wherever that is
	found := slices.Clone(p.index.literal[name])
	for _, b := range p.index.wild {
		if covers(b.In, p.world.patterns) {
			found = append(found, b)
		}
	}
	found = slices.DeleteFunc(found, func(b *bound) bool { return covers(b.NotIn, everything) })
	slices.SortFunc(found, func(a, b *bound) int { return a.index - b.index })
	found = slices.Compact(found)
	p.index.known[name] = found
	return found
}
