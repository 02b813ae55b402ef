package plan

import (
	"cmp"
	"maps"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
)

// world is an account's folders as they will be once the plan's renames and
// creates are done. Rules are judged in it.
type world struct {
	folders  map[mailbox.Name]*place
	byNow    map[mailbox.Name]*place   // by the name that the server lists
	byFold   map[string][]mailbox.Name // the names that are there, without letter case
	above    map[string][]mailbox.Name // likewise, what places lie in, be they there themselves or not
	patterns mailbox.World
	guessed  map[mailbox.Use]bool           // uses that only a well-known name speaks for
	several  map[mailbox.Use][]mailbox.Name // uses for which there is more than one folder
	trash    []mailbox.Name                 // every folder that is taken for the trash, be it not known which is
}

// place is a folder of the world.
type place struct {
	name    mailbox.Name
	now     mailbox.Name // as the server lists it; empty: it does not exist yet
	listed  Folder       // with now
	coming  bool         // declared, so that the plan creates it if need be
	wanted  bool         // something puts mail there, so that it may come to exist
	removed *removal     // a removed block says that it shall go
	swept   bool         // exclusive removes it

	candidates *candidates // of the rules that look into it; nil: not found yet
}

// exists says that the folder is there to hold mail.
func (p *place) exists() bool {
	return p.now != "" && p.listed.Exists && (p.listed.Selectable || p.listed.Closed)
}

// goes says that the plan removes the folder.
func (p *place) goes() bool { return p.removed != nil || p.swept }

// names returns the names of the world in order.
func (w *world) names() []mailbox.Name { return slices.Sorted(maps.Keys(w.folders)) }

// add makes a place known; one that is there already stays.
func (w *world) add(name mailbox.Name) *place {
	if p, ok := w.folders[name]; ok {
		return p
	}
	p := &place{name: name}
	w.folders[name] = p
	w.byFold[name.Fold()] = append(w.byFold[name.Fold()], name)
	for parent, ok := name.Parent(); ok; parent, ok = parent.Parent() {
		if key := parent.Fold(); !slices.Contains(w.above[key], parent) {
			w.above[key] = append(w.above[key], parent)
		}
	}
	return p
}

// known returns the folder of that name, or else one whose name differs only in
// letter case or normalisation, or else the name itself.
func (w *world) known(name mailbox.Name) mailbox.Name {
	if _, ok := w.folders[name]; ok {
		return name
	}
	if others := w.byFold[name.Fold()]; len(others) > 0 {
		return slices.MinFunc(others, w.compareAlike)
	}
	return name
}

// compareAlike orders names that differ only in letter case: a declared one comes
// first, and it does not matter which of them are there already.
func (w *world) compareAlike(a, b mailbox.Name) int {
	if one, other := w.folders[a].coming, w.folders[b].coming; one != other {
		if one {
			return -1
		}
		return 1
	}
	return cmp.Compare(a, b)
}

// spelled is the folder that a message's name for it means: the known one, or else
// one below those above it as they are spelled already. Where letter case means
// nothing to a server it would lie there anyway.
func (w *world) spelled(name mailbox.Name) mailbox.Name {
	if w.folders[name] != nil {
		return name
	}
	others := w.above[name.Fold()]
	if slices.Contains(others, name) {
		return name
	}
	if known := w.known(name); known != name {
		return known
	}
	if len(others) > 0 {
		return slices.Min(others)
	}
	parent, ok := name.Parent()
	if !ok {
		return name
	}
	return w.spelled(parent) + name[len(parent):]
}

// children are the existing folders strictly below a name.
func (w *world) children(name mailbox.Name) []mailbox.Name {
	var below []mailbox.Name
	for other, at := range w.folders {
		if other.Below(name) && at.now != "" && at.listed.Exists {
			below = append(below, other)
		}
	}
	slices.Sort(below)
	return below
}

// onlyParent says whether a folder has nothing but children, so that nobody keeps
// mail in it: one that servers make along with a child, too.
func (w *world) onlyParent(name mailbox.Name) bool {
	at := w.folders[name]
	return at.now != "" && !at.exists() && !at.coming && !at.wanted
}

// findUses works out which folder has which special use: the one that a folder
// block declares, else the server's attribute, else a well-known name, which speaks
// for no folder that goes: there would be none the next time.
func (w *world) findUses(declared map[mailbox.Use]mailbox.Name, goes func(mailbox.Name) bool) {
	attributed, suggested := map[mailbox.Use][]mailbox.Name{}, map[mailbox.Use][]mailbox.Name{}
	for _, name := range w.names() {
		for _, use := range w.folders[name].listed.Uses {
			attributed[use] = append(attributed[use], name)
		}
		if use := mailbox.WellKnown(name); use != "" && !w.onlyParent(name) {
			suggested[use] = append(suggested[use], name)
		}
	}
	w.patterns.ByUse = map[mailbox.Use]mailbox.Name{}
	w.guessed, w.several = map[mailbox.Use]bool{}, map[mailbox.Use][]mailbox.Name{}
	for _, use := range mailbox.Uses() {
		candidates := attributed[use]
		if use.Hidden() {
			w.patterns.Hidden = append(w.patterns.Hidden, attributed[use]...)
		}
		if name, ok := declared[use]; ok {
			candidates = []mailbox.Name{name}
		} else if len(candidates) == 0 {
			candidates, w.guessed[use] = suggested[use], true
		}
		if use.Hidden() {
			w.patterns.Hidden = append(w.patterns.Hidden, candidates...)
		}
		if use == mailbox.UseTrash {
			w.trash = slices.Concat(attributed[use], candidates)
		}
		if w.guessed[use] {
			candidates = slices.DeleteFunc(slices.Clone(candidates), goes)
		}
		switch {
		case len(candidates) == 1:
			w.patterns.ByUse[use] = candidates[0]
		case len(candidates) > 1:
			w.several[use] = candidates
		}
	}
}

// inTrash says whether a folder is the trash, or lies in it, for a server to which
// letter case means nothing, too.
func (w *world) inTrash(name mailbox.Name) bool {
	name = name.Folded()
	return slices.ContainsFunc(w.trash, func(trash mailbox.Name) bool {
		trash = trash.Folded()
		return name == trash || name.Below(trash)
	})
}
