package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// A fault is something that the steps for messages must not do on a server whose
// folders are labels. The zero value: nothing.
type fault struct{ summary, detail string }

// faultKey says which faults are one: each is reported once, not once a message.
type faultKey struct {
	summary string
	subject hcl.Range
}

// checkLabels refuses, on a server with labels, what rules would do to any message.
func (p *Planner) checkLabels() {
	p.labelled = map[faultKey]bool{}
	if !p.listing.Labels {
		return
	}
	for _, b := range p.rules {
		if b.Delete == rules.DeletePermanent {
			p.checkPurging(b)
		}
		for _, name := range p.world.names() {
			if !slices.Contains(p.rulesIn(name), b) {
				continue
			}
			f := File{Folder: name, To: b.moveTo, Trash: b.Delete == rules.DeleteTrash}
			if b.moveTo != "" && b.moveTo != name {
				f.Away = AwayMove
			}
			if b.Delete == rules.DeletePermanent {
				f.Away = AwayPermanent
			}
			p.failLabel(b.ActionRange, p.labelFault(f, b.copyTo))
			if len(b.CopyBy) > 0 {
				p.failLabel(b.ActionRange, p.copyFault(f))
			}
		}
	}
}

// checkPurging refuses a rule that may delete for good where the server would only
// take a label away. Each of its patterns has to name the very folder, since what
// else one covers may come to exist.
func (p *Planner) checkPurging(b *bound) {
	for _, pattern := range b.In {
		ref, literal := pattern.Ref()
		if !literal {
			p.failLabel(b.ActionRange, p.purgeFault(fmt.Sprintf("%s looks in what %q covers", b.Address, pattern)))
			continue
		}
		if name, ok := p.source(ref).Resolve(p.world.patterns.ByUse); ok && !p.purges(name) {
			p.failLabel(b.ActionRange, p.purgeFault(fmt.Sprintf("%s looks in %q", b.Address, name)))
		}
	}
}

// checkLabelled refuses, on a server with labels, what the way of a message comes to.
func (p *Planner) checkLabelled(f File, w *way) {
	if !p.listing.Labels {
		return
	}
	var copies []mailbox.Name
	var at hcl.Range
	if n := len(w.causes); n > 0 {
		at = w.causes[n-1].subject()
	}
	for _, to := range w.copies {
		if w.wants(to) { // be it made now, or there already: it would leave all the same
			copies = append(copies, to.folder)
			at = to.cause.subject()
		}
	}
	p.failLabel(at, p.labelFault(f, copies))
}

// subject is where the cause is declared, the tighter range for a rule.
func (c *cause) subject() hcl.Range {
	if c.rule != nil {
		return c.rule.ActionRange
	}
	return c.declared
}

// labelFault says what is wrong, on a server with labels, with a step that also
// wants copies in those folders.
func (p *Planner) labelFault(f File, copies []mailbox.Name) fault {
	if len(copies) > 0 {
		if wrong := p.copyFault(f); wrong != (fault{}) {
			return wrong
		}
	}
	for _, to := range copies {
		if p.hasUse(to, mailbox.Uses()...) {
			return fault{"No label for copies", fmt.Sprintf("The server %s has a use of its own for %q: a message cannot be copied there and stay what it is. Choose another folder.", p.listing.Server, to)}
		}
	}
	switch {
	case f.Away == AwayPermanent && !p.purges(f.Folder):
		return p.purgeFault(fmt.Sprintf("Messages of %q would be deleted for good", f.Folder))
	case f.Away != AwayMove:
		return fault{}
	case f.Trash && !p.purges(f.To):
		return fault{"The trash is a label", fmt.Sprintf("The server %s does not name %q as its trash, so that a message which is moved there keeps its other labels and is not thrown away. Name the server's own trash; if the server shows none, its settings hide it from IMAP.", p.listing.Server, f.To)}
	}
	return p.moveFault(f)
}

// copyFault says why nothing can be copied where messages lie, or where they go. A
// copy is the message itself, under one more label.
func (p *Planner) copyFault(f File) fault {
	switch {
	case p.listing.CopyMoves:
		return fault{"Copies would be moves", fmt.Sprintf("On %s a message lies in one folder, so that copying it would take it out of the one it is in. Leave copy_to out for this account.", p.listing.Server)}
	case p.purges(f.Folder) || f.Away == AwayPermanent || f.Away == AwayMove && p.purges(f.To):
		return fault{"A copy would be thrown away with the message", fmt.Sprintf("The folders of %s are labels: a copy is the message itself, and leaves every label with it when it is thrown away or deleted. Either copy it or throw it away.", p.listing.Server)}
	}
	return fault{}
}

// moveFault says why a move would leave the message where it is.
func (p *Planner) moveFault(f File) fault {
	toTrash := p.hasUse(f.To, mailbox.UseTrash)
	switch {
	case p.additive(f.Folder), p.hasUse(f.Folder, mailbox.UseAll, mailbox.UseFlagged, mailbox.UseImportant) && !toTrash:
		return fault{"Messages cannot leave this folder", fmt.Sprintf("%q shows messages that lie in other folders of %s: one that is moved out of it would still be there, and be moved again by the next run. Leave the folder out of the rule.", f.Folder, p.listing.Server)}
	case p.additive(f.To), p.hasUse(f.To, mailbox.UseFlagged, mailbox.UseImportant, mailbox.UseSent, mailbox.UseDrafts), p.listing.CopyMoves && p.hasUse(f.To, mailbox.UseAll):
		return fault{"Messages cannot be moved into this folder", fmt.Sprintf("On %s it cannot be told that a message which is moved to %q leaves the folder that it is in. Choose another folder.", p.listing.Server, f.To)}
	}
	return fault{}
}

func (p *Planner) purgeFault(what string) fault {
	return fault{"Only a label would be deleted", fmt.Sprintf("%s, but the folders of %s are labels: outside its own trash and junk, deleting a message takes a label away and leaves the message. Use delete = \"trash\" or move_to, and let a rule with in = [special.trash] delete for good.", what, p.listing.Server)}
}

func (p *Planner) failLabel(at hcl.Range, wrong fault) {
	key := faultKey{wrong.summary, at}
	if wrong == (fault{}) || p.labelled[key] {
		return
	}
	p.labelled[key] = true
	p.fail(at, wrong.summary, wrong.detail)
}

// purges says whether the server itself names the folder as its trash or junk: only
// there is what is deleted gone.
func (p *Planner) purges(name mailbox.Name) bool {
	return p.hasUse(name, mailbox.UseTrash, mailbox.UseJunk)
}

// hasUse says whether the server itself gives the folder one of these uses. What a
// folder block declares does not change what a server with labels does.
func (p *Planner) hasUse(name mailbox.Name, uses ...mailbox.Use) bool {
	at := p.world.folders[name]
	return at != nil && slices.ContainsFunc(at.listed.Uses, func(use mailbox.Use) bool { return slices.Contains(uses, use) })
}

// keeps says whether it has to be known, on a server with labels, what lies in the
// folder: it is protected, and a message that is thrown away elsewhere leaves it, too.
func (p *Planner) keeps(at *place) bool {
	return p.listing.Labels && at.exists() && p.protected(at) && !p.purges(at.name)
}

// needsKept is what must be known of all messages of a folder that rules look into
// because of what it keeps.
func (p *Planner) needsKept(at *place) message.Parts {
	if !p.keeps(at) {
		return message.Parts{}
	}
	return IdentityParts()
}

// keep remembers a message of a folder that has to keep it.
func (p *Planner) keep(at *place, m *message.Message) {
	if !p.keeps(at) {
		return
	}
	if p.kept == nil {
		p.kept = map[mailbox.Name]map[Identity]bool{}
	}
	if p.kept[at.name] == nil {
		p.kept[at.name] = map[Identity]bool{}
	}
	p.kept[at.name][IdentityOf(m)] = true
}

// keptLabels are the folders that have to keep what is in them and into which no rule
// looks, if anything is to be thrown away.
func (p *Planner) keptLabels() []mailbox.Name {
	if !p.listing.Labels || !p.throwsAway() {
		return nil
	}
	copied := p.copyFolders()
	return slices.DeleteFunc(p.world.names(), func(name mailbox.Name) bool {
		at := p.world.folders[name]
		return !p.keeps(at) || p.visits[at.now] != nil || slices.Contains(copied, name)
	})
}

func (p *Planner) throwsAway() bool {
	for _, v := range p.visits {
		for _, t := range v.taken {
			if t.way.folder != v.place.name && p.purges(t.way.folder) {
				return true
			}
		}
	}
	return false
}

// holdLabels notes, on a server with labels, a message that would be thrown away and
// lies in a protected folder besides.
func (p *Planner) holdLabels(f File, w *way, id Identity) {
	if !p.listing.Labels || f.Away != AwayMove || !p.purges(f.To) || p.purges(f.Folder) {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(p.kept)) {
		if p.kept[name][id] && !slices.Contains(w.protected, name) {
			b := p.breachOf(w.mover)
			b.trashed = b.add(b.trashed, 1, p.world.folders[name])
		}
	}
}

// additive says whether a folder is a label beside the folder that a message is in.
func (p *Planner) additive(name mailbox.Name) bool {
	root := p.listing.Additive
	return root != "" && (name == root || name.Below(root))
}

// noteLabels tells what the plan's steps mean on a server with labels, each once.
func (p *Planner) noteLabels(files []Step) {
	if !p.listing.Labels {
		return
	}
	thrown, at := 0, hcl.Range{}
	lies := map[Identity]mailbox.Name{}
	several := map[Identity]bool{}
	for _, step := range files {
		f := step.Op.(File)
		if f.Away == AwayMove && p.purges(f.To) {
			thrown += len(f.Messages)
			at = cmp.Or(at, step.Because[len(step.Because)-1].Declared)
		}
		for _, m := range f.Messages {
			if other, ok := lies[m.Identity]; ok && other != f.Folder {
				several[m.Identity] = true
			}
			lies[m.Identity] = f.Folder
		}
	}
	if thrown > 0 {
		p.note(at, "Messages leave every label", fmt.Sprintf("The folders of %s are labels: what goes to the trash or junk (%s) leaves every folder, not just the one that the rule looked in.", p.listing.Server, plural(thrown, "message")))
	}
	if len(several) > 0 {
		p.note(hcl.Range{}, "Messages lie in several folders", fmt.Sprintf("%s in more than one of the folders in which the plan changes something. What is done to one in the first shows in the others, where it may then be left alone: make another plan after the apply.", plural(len(several), "message")))
	}
	p.noteRemovedLabels()
}

func (p *Planner) noteRemovedLabels() {
	var gone []string
	var at hcl.Range
	for _, r := range p.removals {
		gone = append(gone, fmt.Sprintf("%q", r.place.name))
		at = cmp.Or(at, r.block.FolderRange)
	}
	for _, place := range p.swept {
		gone = append(gone, fmt.Sprintf("%q", place.name))
		at = cmp.Or(at, p.account.ExclusiveRange)
	}
	if len(gone) > 0 {
		p.note(at, "Removed folders are removed labels", fmt.Sprintf("The folders of %s are labels. Removed are: %s. Messages that had them keep their other labels.", p.listing.Server, few(gone)))
	}
}
