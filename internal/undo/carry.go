package undo

import "github.com/imapform/imapform/internal/journal"

// may says whether the message can be the one that a later run found where it is thought
// to lie.
func (m *moved) may(validity uint32, digest uint64) bool {
	if digest != 0 && m.digest != 0 && digest != m.digest {
		return false
	}
	return validity == 0 || m.validity == 0 || validity == m.validity || m.at.named > m.last
}

// twinsOf counts the messages that a later run tells of and of which it is not known what
// they are. Of two that are the same it cannot be told which is the one that was brought
// there without anybody knowing where it lay then: somebody else may have brought the other.
func (t *trail) twinsOf(d *journal.Done) map[uint64]int {
	if t.later == nil || len(t.astray) == 0 {
		return nil
	}
	twins, at := map[uint64]int{}, t.folder(d.Folder)
	for i, uid := range d.UIDs {
		if t.byPlace[place{at, uid}] == nil {
			twins[t.digest(d, i, uid)]++
		}
	}
	return twins
}

// archive notes which file of the backup holds a message that is deleted for good.
func (t *trail) archive(name string, m *moved) {
	if other, taken := t.archived[name]; taken && other != m {
		m = nil
	}
	t.archived[name] = m
}

// append follows messages that came from a backup: those that were seen to be deleted for
// good are there again.
func (t *trail) append(d *journal.Done) {
	f := t.folder(d.Folder)
	if t.later == nil {
		f.added += len(d.UIDs)
		return
	}
	for i, uid := range d.UIDs {
		if i >= len(d.Backup) {
			return
		}
		m := t.archived[d.Backup[i]]
		if m == nil || !m.lost && !m.deleted {
			continue
		}
		m.lost, m.back = false, m.deleted
		m.at, m.uid, m.validity, m.floor, m.last = f, uid, d.UIDValidity, 1, len(t.changes)
		t.settle(m)
	}
}

// unsettled says whether anything is to be done to the message, wherever its folders are.
func (m *moved) unsettled() bool {
	return m.moved && !m.overtaken && m.at != m.origin || len(m.added)+len(m.taken) > 0
}

// leaves says whether the message goes back to another folder.
func (m *moved) leaves() bool { return m.moved && !m.overtaken && m.at.now != m.origin.now }

// carried says whether the message lies where later runs have brought it.
func (m *moved) carried() bool { return m.at != m.left && m.at.now != m.left.now }
