package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// assemble decodes what nothing can refer to, and checks what the parts of each
// account mean to one another.
func (l *loader) assemble() *Config {
	for _, declared := range l.declaredAccounts {
		l.decodeAccounts(declared)
		for i, a := range declared.accounts {
			if l.real(declared.instances[i]) {
				l.accounts = append(l.accounts, a)
			}
		}
	}
	l.checkMailboxes()
	l.decodeAll()
	for _, a := range l.accounts {
		sortFolders(a.Folders)
		l.checkNames(a)
	}
	return &Config{Accounts: l.accounts, Policy: l.decodePolicy(), Partial: l.partial}
}

// checkMailboxes reports two accounts that are one mailbox: each would be planned
// as if the other were not there.
func (l *loader) checkMailboxes() {
	type mailbox struct {
		host, user, as, maildir string
		port                    int
	}
	first, said := map[mailbox]*Account{}, map[hcl.Range]bool{}
	for _, a := range l.accounts {
		m := mailbox{strings.ToLower(strings.TrimSuffix(a.Host, ".")), a.Username, a.AuthorizeAs, a.Maildir, a.Port}
		if m.maildir == "" && (m.host == "" || m.user == "") {
			continue // something of it is wrong, or not known
		}
		other, ok := first[m]
		if !ok {
			first[m] = a
			continue
		}
		if said[a.Declared] {
			continue // of another instance
		}
		said[a.Declared] = true
		l.report.errorAt(a.Declared, "Two accounts for one mailbox",
			fmt.Sprintf("%s and %s (at %s) are the same mailbox: each would be filed as if the other were not there. Declare it once; with for_each, let what each.key or each.value says be part of the %s.",
				a.Address, other.Address, place(other.Declared), pickText(m.maildir == "", "username", "maildir")))
	}
}

// decodeAll decodes the rules in the order in which they run, those of a module
// where its block stands, and what else nothing can refer to.
func (l *loader) decodeAll() {
	for _, b := range l.running {
		call := l.modules[b]
		if call == nil {
			l.decodeRule(b)
			continue
		}
		for _, child := range call.loaders {
			child.decodeAll()
		}
	}
	for _, b := range l.moved {
		l.decodeMoved(b)
	}
	for _, b := range l.removed {
		l.decodeRemoved(b)
	}
}

// sortFolders puts folders into the order of their declaration: one that another
// refers to was evaluated before it.
func sortFolders(folders []*Folder) {
	slices.SortStableFunc(folders, func(a, b *Folder) int {
		return cmp.Or(strings.Compare(a.Declared.Filename, b.Declared.Filename), a.Declared.Start.Byte-b.Declared.Start.Byte)
	})
}
