package plan

import (
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// Stripped is the plan as a Saved keeps it, which is enough to apply it and to show it
// without samples: of each message the UID, the digest of its identity, the flags
// that rules read, \Flagged and \Draft, and what changes; of places in the
// configuration the file and line. There are no notes, senders, subjects or sizes.
// To strip it again changes nothing.
func (p *Plan) Stripped() *Plan {
	s := &Plan{
		Account: p.Account, Made: plainTime(p.Made),
		Folders: orNil(p.Folders), Resolved: orNil(p.Resolved), Watched: orNil(p.Watched), Protected: orNil(p.Protected),
	}
	matters := p.Watched.With(mailbox.NewFlags(imap.FlagFlagged, imap.FlagDraft))
	for _, step := range p.Steps {
		s.Steps = append(s.Steps, Step{Op: strippedOperation(step.Op, matters), Because: strippedCauses(step.Because)})
	}
	for _, m := range p.Matched {
		m.Left, m.Rivals = orNil(m.Left), orNil(m.Rivals)
		s.Matched = append(s.Matched, m)
	}
	for _, b := range p.Broken {
		b.Subject = strippedRange(b.Subject)
		s.Broken = append(s.Broken, b)
	}
	return s
}

func strippedOperation(op Operation, matters mailbox.Flags) Operation {
	switch op := op.(type) {
	case Rename:
		op.Subscribed = orNil(op.Subscribed)
		return op
	case File:
		op.Copies, op.Via, op.Add, op.Remove = orNil(op.Copies), orNil(op.Via), orNil(op.Add), orNil(op.Remove)
		msgs := make([]Message, len(op.Messages))
		for i, m := range op.Messages {
			msgs[i] = Message{
				UID: m.UID, Digest: m.Fingerprint(),
				Flags: orNil(matters.Common(m.Flags)), Add: orNil(m.Add), Remove: orNil(m.Remove),
			}
		}
		op.Messages = orNil(msgs)
		return op
	}
	return op
}

func strippedCauses(all []Cause) []Cause {
	all = orNil(slices.Clone(all))
	for i := range all {
		all[i].Declared = strippedRange(all[i].Declared)
	}
	return all
}

// strippedRange keeps the file and the line.
func strippedRange(r hcl.Range) hcl.Range {
	if r.Filename == "" {
		return hcl.Range{}
	}
	return hcl.Range{Filename: r.Filename, Start: hcl.Pos{Line: r.Start.Line}}
}

// plainTime is the moment without zone and without what only this process knows.
func plainTime(t time.Time) time.Time { return t.Round(0).UTC() }

// orNil makes one of the two ways to say that there is nothing.
func orNil[S ~[]E, E any](s S) S {
	if len(s) == 0 {
		return nil
	}
	return s
}
