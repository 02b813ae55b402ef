package undo

import (
	"cmp"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// locate finds the messages that were looked for among those that were told: only where
// exactly as many are the same as are looked for, since else it cannot be told which
// are theirs.
func (p *Planner) locate() {
	taken := map[place]bool{}
	wanted := map[kind][]*moved{}
	for _, m := range p.run.messages {
		switch {
		case m.uid != 0 && (!m.deleted || m.back) && !m.lost:
			taken[place{m.at, m.uid}] = true
		case m.sought(), m.copy && m.uid == 0:
			k := kind{m.at, m.digest}
			wanted[k] = append(wanted[k], m)
		}
	}
	for k, all := range wanted {
		there := slices.DeleteFunc(slices.Clone(p.found[k.folder][k.digest]), func(uid imap.UID) bool { return taken[place{k.folder, uid}] })
		slices.Sort(there)
		slices.SortStableFunc(all, func(a, b *moved) int { return cmp.Compare(a.floor, b.floor) })
		if len(there) != len(all) || slices.ContainsFunc(all, func(m *moved) bool { return m.copy }) {
			continue
		}
		for i, m := range all {
			if there[i] >= m.floor {
				m.uid = there[i]
			}
		}
	}
}
