package config

import (
	"cmp"
	"slices"
	"strings"
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
	l.decodeAll()
	for _, a := range l.accounts {
		sortFolders(a.Folders)
		l.checkNames(a)
	}
	return &Config{Accounts: l.accounts, Policy: l.decodePolicy(), Partial: l.partial}
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
