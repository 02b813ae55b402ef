package config

import (
	"cmp"
	"slices"
	"strings"
)

// assemble decodes what nothing can refer to, and checks what the parts of each
// account mean to one another.
func (l *loader) assemble() *Config {
	for _, b := range l.rules {
		l.decodeRule(b)
	}
	for _, b := range l.moved {
		l.decodeMoved(b)
	}
	for _, b := range l.removed {
		l.decodeRemoved(b)
	}
	cfg := &Config{Policy: l.decodePolicy()}
	for _, a := range l.accounts {
		sortFolders(a.account.Folders)
		l.checkNames(a.account)
		cfg.Accounts = append(cfg.Accounts, a.account)
	}
	return cfg
}

// sortFolders puts folders into the order of their declaration: one that another
// refers to was evaluated before it.
func sortFolders(folders []*Folder) {
	slices.SortStableFunc(folders, func(a, b *Folder) int {
		return cmp.Or(strings.Compare(a.Declared.Filename, b.Declared.Filename), a.Declared.Start.Byte-b.Declared.Start.Byte)
	})
}
