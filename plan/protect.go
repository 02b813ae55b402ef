package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// checkProtected checks that what is protected can be told: a pattern that silently
// names nothing would protect nothing.
func (p *Planner) checkProtected() {
	for _, pattern := range p.account.Protected {
		use := pattern.Use()
		ref, literal := pattern.Ref()
		if use != "" {
			if _, ok := p.resolve(mailbox.Ref{Use: use}, p.account.ProtectedRange); ok && p.world.guessed[use] && p.deletesForGood() {
				p.failGuess(use, p.account.ProtectedRange)
			}
			continue
		}
		if name := p.source(ref).Name; literal && !p.names(name) && !p.goes(name) {
			p.note(p.account.ProtectedRange, "Nothing is protected by a name", fmt.Sprintf("%s protects %q, which neither exists nor comes to exist.%s", p.account.Address, name, p.nearest(name)))
		}
	}
}

// names says whether there is a folder of that name in any letter case, now or once
// the plan's renames and creates are done.
func (p *Planner) names(name mailbox.Name) bool {
	if _, ok := p.world.byFold[name.Fold()]; ok {
		return true
	}
	for now := range p.world.byNow {
		if now.Fold() == name.Fold() {
			return true
		}
	}
	return false
}

// deletesForGood says whether the configuration has anything that may do so.
func (p *Planner) deletesForGood() bool {
	for _, r := range p.account.Rules {
		if r.Delete == rules.DeletePermanent {
			return true
		}
	}
	for _, r := range p.account.Removed {
		if r.Messages == config.RemoveDelete {
			return true
		}
	}
	return false
}

// protected says whether a folder is protected, be it by its name now or by the one
// that it gets.
func (p *Planner) protected(at *place) bool {
	return p.shield.covers(at.name) || p.shield.covers(at.now)
}

// enter has the way of a message lead into a folder.
func (p *Planner) enter(w *way, folder mailbox.Name) {
	if w.folder != "" && !slices.Contains(w.via, folder) {
		w.via = append(w.via, folder)
	}
	w.folder, w.at = folder, p.world.folders[folder]
	if w.at != nil && p.protected(w.at) && !slices.Contains(w.protected, folder) {
		w.protected = append(w.protected, folder)
	}
}

// holdWay notes what the end of a way would do to a message that lay in a protected
// folder, or came into one on the way: harmed are those folders.
func (p *Planner) holdWay(harmed []mailbox.Name, w *way) {
	switch {
	case len(harmed) == 0:
	case w.ending == endDeleted:
		b := p.breachOf(w.causes[len(w.causes)-1])
		b.deleted = b.add(b.deleted, 1, p.places(harmed)...)
	default:
		b := p.breachOf(w.mover)
		b.trashed = b.add(b.trashed, 1, p.places(harmed)...)
	}
}

// harmed are the protected folders that the way has the message thrown away from, or
// deleted.
func (p *Planner) harmed(from mailbox.Name, w *way) []mailbox.Name {
	switch {
	case w.ending == endDeleted:
		return w.protected
	case w.folder != from && p.world.inTrash(w.folder):
		// What lies in the trash is thrown away already.
		return slices.DeleteFunc(slices.Clone(w.protected), p.world.inTrash)
	}
	return nil
}

func (p *Planner) places(names []mailbox.Name) []*place {
	all := make([]*place, len(names))
	for i, name := range names {
		all[i] = p.world.folders[name]
	}
	return all
}

// holdFolders notes the protected folders that removed blocks remove, and those that
// moved blocks bring to where mail is thrown away.
func (p *Planner) holdFolders() {
	for _, r := range p.removals {
		if p.protected(r.place) {
			b := p.breachOf(&cause{block: "removed", declared: r.block.Declared})
			b.removed = b.add(b.removed, int(r.place.listed.Messages), r.place)
		}
	}
	for _, name := range p.world.names() {
		at := p.world.folders[name]
		if at.now == "" || at.now == name || !p.world.inTrash(name) || p.world.inTrash(at.now) || !p.shield.covers(at.now) {
			continue
		}
		b := p.breachOf(cmp.Or(p.movedBy(at.now), &cause{block: "moved"}))
		b.renamed = b.add(b.renamed, int(at.listed.Messages), at)
	}
}

func (p *Planner) breachOf(c *cause) *breach {
	i := slices.IndexFunc(p.breaches, func(b *breach) bool { return *b.cause == *c })
	if i < 0 {
		i = len(p.breaches)
		p.breaches = append(p.breaches, &breach{cause: c})
	}
	return p.breaches[i]
}

// judgeProtected holds the plan against what is protected.
func (p *Planner) judgeProtected() []Broken {
	p.holdFolders()
	slices.SortStableFunc(p.breaches, func(a, b *breach) int { return cmp.Compare(p.rank(a.cause), p.rank(b.cause)) })
	var broken []Broken
	for _, b := range p.breaches {
		broken = append(broken, Broken{
			Rail: "protected", Detail: b.String(),
			Of: p.account.Address, Subject: p.account.ProtectedRange,
			Allow: "protected = [" + strings.Join(written(p.shield.without(b.names)), ", ") + "]",
		})
	}
	return broken
}

// written are patterns as the configuration writes them.
func written(patterns []mailbox.Pattern) []string {
	words := make([]string, len(patterns))
	for i, pattern := range patterns {
		ref, literal := pattern.Ref()
		switch {
		case literal && ref.Use != "" && ref.Name == "":
			words[i] = pattern.String()
		case pattern.Use() != "":
			words[i] = strconv.Quote(pattern.String())
		default:
			words[i] = strings.ReplaceAll(strconv.Quote(pattern.String()), "${", "$${")
		}
	}
	return words
}
