package cli

import (
	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/backup"
)

// keeper keeps messages of the plan before they are deleted for good; nil: the policy
// does not ask for it. The run is the ID of the journal's; empty: there is none.
func (inv *invocation) keeper(p *planned, run string) apply.Backup {
	if p.backup == "" {
		return nil
	}
	return &backup.Store{Dir: p.backup, Run: run, Now: inv.Now}
}
