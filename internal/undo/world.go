package undo

import (
	"maps"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A world is the account's folders as the steps so far leave them.
type world map[mailbox.Name]*entry

// An entry is a folder of the world, or the subscription of one that there is not.
type entry struct {
	plan.Folder
	listed  mailbox.Name // as the server calls it now; empty: a step makes it
	taken   uint32       // messages that steps take out of it
	created bool
	told    bool // the plan says how it was found
}

func newWorld(l plan.Listing) world {
	w := world{}
	for _, f := range l.Folders {
		w[f.Name] = &entry{Folder: f, listed: f.Name}
	}
	return w
}

func (w world) exists(n mailbox.Name) bool { return w[n] != nil && w[n].Exists }

// holds says whether the folder is there to hold mail.
func (w world) holds(n mailbox.Name) bool { return w.exists(n) && w[n].Selectable }

func (w world) subscribed(n mailbox.Name) bool { return w[n] != nil && w[n].Subscribed }

// child returns a folder below the given one.
func (w world) child(n mailbox.Name) (mailbox.Name, bool) {
	for _, name := range slices.Sorted(maps.Keys(w)) {
		if name.Below(n) && w.exists(name) {
			return name, true
		}
	}
	return "", false
}

// create makes a folder.
func (w world) create(n mailbox.Name) {
	was := w.subscribed(n)
	w[n] = &entry{Folder: plan.Folder{Name: n, Exists: true, Selectable: true, Subscribed: was}, created: true}
}

// rename gives a folder, and all below it, another name, with the subscriptions.
func (w world) rename(from, to mailbox.Name) plan.Rename {
	op := plan.Rename{From: from, To: to, Messages: w[from].Messages, Children: -1}
	along := map[mailbox.Name]*entry{}
	for _, n := range slices.Sorted(maps.Keys(w)) {
		if n != from && !n.Below(from) || !w[n].Exists {
			continue
		}
		op.Children++
		if w[n].Subscribed {
			op.Subscribed = append(op.Subscribed, n)
		}
		along[n.Rebase(from, to)] = w[n]
		delete(w, n)
	}
	for n, e := range along {
		e.Name = n
		w[n] = e
	}
	return op
}
