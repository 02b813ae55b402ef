package plan

import (
	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// A Trace is the way of one message through the rules, as a plan follows it.
type Trace struct {
	Passes  []Pass
	Outcome Outcome
	Folder  mailbox.Name  // where it lies once the plan is done, after renames; with OutcomeDeleted, from where it is deleted
	Flags   mailbox.Flags // that it has then
	Copies  []mailbox.Name
	Trash   bool // Folder is the trash because a rule deletes
	// Protected are folders from which it would be thrown away or deleted though they
	// are protected: a plan that does it breaks a rail.
	Protected []mailbox.Name
}

// An Outcome is what becomes of a message. The zero value: it is filed, perhaps where
// it lies.
type Outcome int

// The outcomes.
const (
	OutcomeFiled   Outcome = iota
	OutcomeDeleted         // for good
	OutcomeUnread          // left alone: something that a rule must know of it could not be read
	OutcomeCircle          // left alone: it would come back to where it was
	OutcomeMarked          // left alone: it is \Deleted
)

// A Pass is one run of a folder's rules over the message.
type Pass struct {
	Folder    mailbox.Name  // after renames
	Flags     mailbox.Flags // before the first rule
	Rules     []Looked      // that look into the folder, in their order
	Elsewhere []string      // addresses of the rules that do not
	Removed   *Cause        // the removed block that takes it on after the rules; nil: none does
}

// Explain follows a message that lies in a folder, named as the server does now, as
// the plan would. Copies are those that there are to be; whether a folder holds one
// already is not looked at.
//
// As long as parts are missing that some rule needs on the way, the trace is that of a
// message of which they cannot be read: it stays alone where the outcome hangs on
// them. It needs more than a plan asks for, so that each criterion can be explained.
func (p *Planner) Explain(folder mailbox.Name, m *message.Message) (*Trace, message.Parts) {
	if at := p.world.byNow[folder]; at != nil {
		folder = at.name
	}
	t := &tracer{needs: p.needsFrom(folder)}
	w := p.followed(new(way), m, folder, t)
	missing := t.needs.Union(w.missing).Minus(m.Known)
	trace := &Trace{Passes: t.passes, Outcome: outcomeOf(w, m)}
	w.settle(m.Flags, folder)
	trace.Folder, trace.Flags, trace.Protected = w.folder, w.flags, p.harmed(folder, w)
	trace.Trash = trace.Outcome == OutcomeFiled && w.folder != folder && w.trash
	for _, to := range w.copies {
		if w.wants(to) {
			trace.Copies = append(trace.Copies, to.folder)
		}
	}
	return trace, missing
}

func outcomeOf(w *way, m *message.Message) Outcome {
	switch w.ending {
	case endDeleted:
		return OutcomeDeleted
	case endMissing, endUnknown:
		return OutcomeUnread
	case endCircle:
		return OutcomeCircle
	}
	if m.Flags.Has(imap.FlagDeleted) {
		return OutcomeMarked
	}
	return OutcomeFiled
}
