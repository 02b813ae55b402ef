package undo

import (
	"fmt"
	"slices"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
)

// A laterRun is one that came after the run that is to be turned around, as a part of
// which the latter counts as nil.
type laterRun struct {
	// own says that it turns the run around, or an undo of it, and so on: what it did is
	// the run's, and not another's.
	own bool
	// origin tells runs of which one turns the other around from those that have nothing to
	// do with them.
	origin string
	sign   int // 1: it does what its origin did; -1: it turns that around
	// early says that its origin came before the run: where that is turned around, messages
	// are where they were before both.
	early  bool
	undone bool // wholly, by another of the later runs
	closed bool // its origin was, by it and others: nothing of them stands
}

// laterRuns are the later runs, by what they say of themselves and the run of itself.
func laterRuns(run []journal.Record, later [][]journal.Record) []*laterRun {
	first := runOf(run).ID
	undoes := map[string]string{}
	for _, records := range later {
		r := runOf(records)
		undoes[r.ID] = r.Undoes
	}
	all := make([]*laterRun, len(later))
	wholly := map[string]bool{} // undone, by the ID
	var since []journal.Past    // the newest first
	for i, records := range slices.Backward(later) {
		all[i] = &laterRun{sign: 1}
		id := runOf(records).ID
		if id == "" {
			all[i].origin = fmt.Sprintf("#%d", i)
			continue
		}
		_, wholly[id] = journal.UndoneBy(id, since)
		all[i].undone = wholly[id]
		since = append(since, (&journal.Journal{Records: records}).Past())
		for range len(later) + 1 { // more would be a circle
			if id == first || undoes[id] == "" {
				break
			}
			id, all[i].sign = undoes[id], -all[i].sign
		}
		if all[i].own = id == first; !all[i].own {
			_, later := undoes[id]
			all[i].origin, all[i].early = id, !later
		}
	}
	for _, r := range all {
		r.closed = wholly[r.origin]
	}
	return all
}

// runOf is the run whose journal it is; the zero value: it does not say.
func runOf(records []journal.Record) journal.Run {
	if len(records) == 0 || records[0].Run == nil {
		return journal.Run{}
	}
	return *records[0].Run
}

// ours says whether it is the run itself, or turns it around.
func (r *laterRun) ours() bool { return r == nil || r.own }

// stamp is the origin, which is empty for what is ours, and the sign.
func (r *laterRun) stamp() (origin string, sign int) {
	if r == nil {
		return "", 1
	}
	return r.origin, r.sign
}

// created is a folder of that name that a run made. What a later run makes under the name
// of one that there should be is another folder, as somebody else has removed the first:
// unless it is the run that is turned around, or one that was, which makes it no other's.
func (t *trail) created(n mailbox.Name) *folder {
	old := t.folders[n]
	if old != nil && t.later != nil {
		if t.later.ours() || t.later.undone {
			return old // some servers make it anew if it was made along with one below it
		}
		t.remove(old)
		old.goneBy = remover{origin: "another client"}
	}
	delete(t.folders, n)
	f := t.recreated(n)
	if f == nil {
		f = t.folder(n)
		f.made = true
	}
	return f
}

// seal ends what the run did itself: what is read from then on are later runs.
func (t *trail) seal() {
	t.own, t.ours = slices.Clone(t.changes), slices.Clone(t.messages)
	for _, m := range t.ours {
		m.ours, m.turn, m.left = true, m.last, m.at
		m.moved = m.at != m.origin
	}
}

// recreated is the folder that a later run turns the removal of around; nil: it does not.
func (t *trail) recreated(n mailbox.Name) *folder {
	if t.later == nil {
		return nil
	}
	origin, sign := t.later.stamp()
	for _, f := range slices.Backward(t.every) {
		if f.gone && f.now == n && f.goneBy == (remover{origin, -sign}) {
			f.gone = false
			t.folders[n] = f
			return f
		}
	}
	return nil
}

// remove notes that a folder is gone, and what it lay in.
func (t *trail) remove(f *folder) {
	f.gone = true
	f.goneBy.origin, f.goneBy.sign = t.later.stamp()
	delete(t.folders, f.now)
	f.within = nil
	for n, ok := f.now.Parent(); ok; n, ok = n.Parent() {
		f.within = append(f.within, t.folder(n))
	}
}

// A remover is the stamp of a run that removed a folder.
type remover struct {
	origin string
	sign   int
}
