package plan

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// A Looked is a rule that a message came by.
type Looked struct {
	Rule     string // address
	Declared hcl.Range
	Match    rules.Explanation
	// Ended is the rule before it that ended the pass, be it that it cannot be told
	// what that one does, so that this one does nothing whatever its match says;
	// empty: it was its turn.
	Ended string
	// Lacks is the argument that has no value for the message, so that the rule does
	// not take it though it matches; empty: none.
	Lacks string
	// Unread says that it cannot be told where the rule puts the message.
	Unread bool
	Did    *Deed // nil: nothing
}

// A Deed is what a rule does to a message that it takes.
type Deed struct {
	Move   mailbox.Name // perhaps the folder where it lies; empty: the rule does not move it
	Trash  bool         // Move is the trash because the rule deletes
	Delete bool         // for good
	Stop   bool
	Copies []mailbox.Name
	Add    mailbox.Flags // those that it lacked
	Remove mailbox.Flags // those that it had
}

// A tracer watches a way. A nil one does not, which costs nothing.
type tracer struct {
	passes []Pass
	needs  message.Parts
}

// begin notes a new pass.
func (t *tracer) begin(p *Planner, w *way) {
	if t == nil {
		return
	}
	pass := Pass{Folder: w.folder, Flags: w.flags}
	here := map[*bound]bool{}
	for _, b := range p.rulesIn(w.folder) {
		here[b] = true
		t.needs = t.needs.Union(b.needs)
	}
	for _, b := range p.rules {
		if !here[b] {
			pass.Elsewhere = append(pass.Elsewhere, b.Address)
		}
	}
	t.passes = append(t.passes, pass)
}

// look notes the rule whose turn it is.
func (t *tracer) look(p *Planner, b *bound, m *message.Message) {
	if t != nil {
		t.add(p, b, m)
	}
}

func (t *tracer) add(p *Planner, b *bound, m *message.Message) {
	pass := &t.passes[len(t.passes)-1]
	pass.Rules = append(pass.Rules, Looked{Rule: b.Address, Declared: b.Declared, Match: rules.Explain(b.Match, m, p.now)})
}

// aimed notes what the last rule comes to: its match, and a folder to put it in.
func (t *tracer) aimed(truth rules.Truth, lacks string) {
	if t == nil {
		return
	}
	last := t.last()
	last.Unread = truth == rules.Unknown && last.Match.Truth == rules.True
	if truth == rules.NoValue {
		last.Lacks = lacks
	}
}

func (t *tracer) last() *Looked {
	pass := &t.passes[len(t.passes)-1]
	return &pass.Rules[len(pass.Rules)-1]
}

// acted notes what the last rule did to the message, which is as it was before.
func (t *tracer) acted(b *bound, to aim, m *message.Message) {
	if t == nil {
		return
	}
	t.last().Did = &Deed{
		Move: to.moveTo, Trash: b.Delete == rules.DeleteTrash, Delete: b.Delete == rules.DeletePermanent, Stop: b.Stop,
		Copies: to.copyTo, Add: b.AddFlags.Without(m.Flags), Remove: b.RemoveFlags.Common(m.Flags),
	}
}

// ended notes the rules that do not get their turn since one ended the pass, or
// cannot be told.
func (t *tracer) ended(p *Planner, by *bound, rest []*bound, m *message.Message) {
	if t == nil {
		return
	}
	for _, b := range rest {
		t.look(p, b, m)
		t.last().Ended = by.Address
	}
}

// cleared notes that a removed block takes the message on.
func (t *tracer) cleared(c *cause) {
	if t == nil {
		return
	}
	planned := c.planned()
	t.passes[len(t.passes)-1].Removed = &planned
}
