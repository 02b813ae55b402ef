package server

import (
	"github.com/imapform/imapform/internal/cache"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// states are what a listing told of folders, by their canonical names, by which it can be
// known whether anything in them has changed. The zero value is empty.
type states map[mailbox.Name]cache.State

// newStates takes what a listing told.
func newStates(l *listing) states {
	all := states{}
	for name, e := range l.folders {
		if !e.folder.Selectable || !e.complete() {
			continue
		}
		all[name] = cache.State{
			UIDValidity: e.status.UIDValidity, UIDNext: e.status.UIDNext,
			Messages: *e.status.NumMessages, HighestModSeq: e.status.HighestModSeq,
		}
	}
	return all
}

// namesakes are how many folders have a UIDVALIDITY, as the listing told.
type namesakes map[uint32]int

func newNamesakes(l *listing) namesakes {
	all := namesakes{}
	for _, e := range l.folders {
		if e.status != nil {
			all[e.status.UIDValidity]++
		}
	}
	return all
}

// withModSeqs tells of listed folders by which a change in them shows, where that can be
// told of the folder and not only of whichever has its name.
func (s *Session) withModSeqs(folders []plan.Folder) []plan.Folder {
	if !s.caps.has("CONDSTORE") {
		return folders
	}
	for i := range folders {
		f := &folders[i]
		if state, known := s.listed(f.Name); known && s.tellable(f.Name) {
			f.HighestModSeq = state.HighestModSeq
		}
	}
	return folders
}

// forget drops what is known of folders that are about to be changed, and of those
// below them.
func (all states) forget(names ...mailbox.Name) {
	for known := range all {
		for _, name := range names {
			if known == name || known.Below(name) {
				delete(all, known)
			}
		}
	}
}

// listed returns what the listing told of a folder that this session has not begun to
// change since; false: nothing.
func (s *Session) listed(name mailbox.Name) (cache.State, bool) {
	state, found := s.states[s.namespaces.own.canonical(name)]
	return state, found
}

// forgetState drops what the listing told of folders, before they are changed.
func (s *Session) forgetState(names ...mailbox.Name) {
	for _, name := range names {
		s.states.forget(s.namespaces.own.canonical(name))
	}
}
