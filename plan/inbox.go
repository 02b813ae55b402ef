package plan

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

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
	p.checkClaims()
}

// checkClaims repeats what config checked of the names that blocks give, now that
// they have the spelling that counts.
func (p *Planner) checkClaims() {
	for i, m := range p.account.Moved {
		for _, f := range p.account.Folders {
			if f.Name == m.From || f.Name.Below(m.From) {
				p.failClaims(f.NameRange, f.Name, m.Declared)
			}
		}
		for _, other := range p.account.Moved[:i] {
			if m.From == other.From || m.To == other.To {
				p.failClaims(m.FromRange, m.From, other.Declared)
			}
		}
		if p.leadsRound(m.From) {
			p.fail(m.FromRange, "Moved blocks lead round", fmt.Sprintf("On this server all folders lie below INBOX: following the moved blocks from %q comes back to it.", m.From))
		}
	}
	for i, r := range p.account.Removed {
		for _, f := range p.account.Folders {
			if f.Name == r.Folder || f.Name.Below(r.Folder) {
				p.failClaims(f.NameRange, f.Name, r.Declared)
			}
		}
		for _, m := range p.account.Moved {
			if m.From == r.Folder || m.To == r.Folder || m.To.Below(r.Folder) {
				p.failClaims(r.FolderRange, r.Folder, m.Declared)
			}
		}
		for _, other := range p.account.Removed[:i] {
			if other.Folder == r.Folder {
				p.failClaims(r.FolderRange, r.Folder, other.Declared)
			}
		}
	}
}

func (p *Planner) failClaims(at hcl.Range, name mailbox.Name, other hcl.Range) {
	p.fail(at, "Folder is named twice", fmt.Sprintf("On this server all folders lie below INBOX, so that %q is what the block at %s names too, in another spelling. Only one of the two can hold.", name, other))
}

// leadsRound says whether following moved blocks from a name comes back to it.
func (p *Planner) leadsRound(start mailbox.Name) bool {
	next := map[mailbox.Name]mailbox.Name{}
	for _, m := range p.account.Moved {
		next[m.From] = m.To
	}
	name := start
	for range next {
		if name = next[name]; name == start {
			return true
		}
	}
	return false
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
