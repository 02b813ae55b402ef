package plan

import (
	"fmt"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// outOfInbox gives every folder the shorter of its two spellings, on a server that
// keeps all folders below INBOX. What the configuration holds stays as it is.
func (p *Planner) outOfInbox() {
	a := *p.account
	a.Folders, a.Rules, a.Moved, a.Removed = nil, nil, nil, nil
	named := map[mailbox.Name]mailbox.Name{}
	for _, f := range p.account.Folders {
		short := *f
		short.Name = f.Name.OutOfInbox()
		if other, twice := named[short.Name]; twice {
			p.fail(f.NameRange, "Folder is declared twice", fmt.Sprintf("On this server all folders lie below INBOX, so that %q and %q are one folder. Remove one of the two.", other, f.Name))
		}
		named[short.Name] = f.Name
		a.Folders = append(a.Folders, &short)
	}
	for _, r := range p.account.Rules {
		a.Rules = append(a.Rules, ruleOutOfInbox(*r))
	}
	for _, m := range p.account.Moved {
		short := *m
		short.From, short.To = m.From.OutOfInbox(), m.To.OutOfInbox()
		a.Moved = append(a.Moved, &short)
	}
	for _, r := range p.account.Removed {
		short := *r
		short.Folder, short.MoveTo = r.Folder.OutOfInbox(), r.MoveTo.OutOfInbox()
		a.Removed = append(a.Removed, &short)
	}
	p.account = &a
}

func ruleOutOfInbox(r rules.Rule) *rules.Rule {
	r.MoveTo = r.MoveTo.OutOfInbox()
	var copies []mailbox.Ref
	for _, ref := range r.CopyTo {
		copies = append(copies, ref.OutOfInbox())
	}
	r.CopyTo = copies
	return &r
}
