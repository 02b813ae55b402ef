package plan

import (
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
)

// A shield says which folders are protected: those that a pattern covers in any
// letter case, and all that lie in them. What patterns leave alone unless they name
// it, such as the trash, is not taken for a part of the folders above it.
type shield struct {
	patterns []shielding
	world    mailbox.World
	folded   mailbox.World
	known    map[mailbox.Name]bool
}

// shielding is a pattern as written and without letter case.
type shielding struct{ written, folded mailbox.Pattern }

func newShield(patterns []mailbox.Pattern, world mailbox.World) *shield {
	s := &shield{world: world, folded: world.Fold(), known: map[mailbox.Name]bool{}}
	for _, p := range patterns {
		s.patterns = append(s.patterns, shielding{p, p.Fold()})
	}
	return s
}

// covers says whether a folder of that name is protected.
func (s *shield) covers(name mailbox.Name) bool {
	if len(s.patterns) == 0 || name == "" {
		return false
	}
	covered, ok := s.known[name]
	if !ok {
		covered = slices.ContainsFunc(s.patterns, func(p shielding) bool { return s.protects(p, name) })
		s.known[name] = covered
	}
	return covered
}

// without are the patterns that would be left if those names were to be protected
// no more.
func (s *shield) without(names []mailbox.Name) []mailbox.Pattern {
	var rest []mailbox.Pattern
	for _, p := range s.patterns {
		if !slices.ContainsFunc(names, func(name mailbox.Name) bool { return s.protects(p, name) }) {
			rest = append(rest, p.written)
		}
	}
	return rest
}

// protects says whether the pattern covers the name, or one that it lies in.
func (s *shield) protects(p shielding, name mailbox.Name) bool {
	for !s.match(p, name) {
		parent, ok := name.Parent()
		if !ok || slices.Contains(s.world.Hidden, name) {
			return false
		}
		name = parent
	}
	return true
}

// match says whether the pattern covers the name, or the one that the folder had
// before an apply that was to remove it was cut short.
func (s *shield) match(p shielding, name mailbox.Name) bool {
	for ok := true; ok; name, ok = name.SetAsideOf() {
		if p.written.Match(name, s.world) || p.folded.Match(name.Folded(), s.folded) {
			return true
		}
	}
	return false
}
