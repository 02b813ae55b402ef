package apply

import (
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// Renumbered says whether no UID of the plan means anything any more: the plan does
// something to messages, and every folder that they lie in is there under its name and
// has another UIDVALIDITY (RFC 9051 section 2.3.1.1). Of a folder that is gone, or was
// renamed, nothing follows.
func Renumbered(p *plan.Plan, l plan.Listing) bool {
	now := make(map[mailbox.Name]uint32, len(l.Folders))
	for _, f := range l.Folders {
		if f.Exists && f.Selectable {
			now[f.Name] = f.UIDValidity
		}
	}
	before := make(map[mailbox.Name]uint32, len(p.Folders))
	for _, b := range p.Folders {
		before[b.Name] = b.UIDValidity
	}
	filed := false
	for _, step := range p.Steps {
		op, ok := step.Op.(plan.File)
		if !ok {
			continue
		}
		if is := now[op.Was]; is == 0 || is == before[op.Was] {
			return false
		}
		filed = true
	}
	return filed
}
