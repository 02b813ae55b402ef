package mailbox

import (
	"fmt"
	"strings"
)

// A Pattern covers folders by name. In it, "*" is anything within a level and a
// level "**" is one level or more, so that "Lists/**" is what lies below Lists.
// The zero value covers nothing.
type Pattern struct {
	use    Use
	levels []string
}

// ParsePattern turns what somebody wrote, perhaps with a use's Token at its
// beginning, into a Pattern. It fails where no folder could ever be covered.
func ParsePattern(s string) (Pattern, error) {
	use, rest, err := cutUse(s)
	if err != nil {
		return Pattern{}, err
	}
	if use != "" && rest == "" {
		return Pattern{use: use}, nil
	}
	// What is not a wildcard must be a name that a folder could have.
	name, err := ParseName(strings.ReplaceAll(rest, "*", "w"))
	if err != nil {
		return Pattern{}, err
	}
	if !strings.Contains(rest, "*") {
		return Pattern{use: use, levels: name.Levels()}, nil
	}
	levels := strings.Split(rest, "/")
	for _, level := range levels {
		if strings.Contains(level, "**") && level != "**" {
			return Pattern{}, fmt.Errorf("%q must be a whole level of a pattern, as in %q", "**", "Lists/**")
		}
	}
	return Pattern{use: use, levels: canonicalLevels(levels)}, nil
}

// canonicalLevels writes the levels of a pattern as those of a Name are written.
func canonicalLevels(levels []string) []string {
	const star = "\uE000" // stands for "*", which FromLevels and NFC leave alone
	return strings.Split(strings.ReplaceAll(string(FromLevels(strings.Split(
		nfc(strings.ReplaceAll(strings.Join(levels, "/"), "*", star)), "/"))), star, "*"), "/")
}

// Ref returns the one folder that the pattern names; false if it has a wildcard.
func (p Pattern) Ref() (Ref, bool) {
	for _, level := range p.levels {
		if strings.Contains(level, "*") {
			return Ref{}, false
		}
	}
	return Ref{Use: p.use, Name: Name(strings.Join(p.levels, "/"))}, p.use != "" || len(p.levels) > 0
}

// Use is the special use at the pattern's beginning, or "".
func (p Pattern) Use() Use { return p.use }

// String is the pattern as people write it.
func (p Pattern) String() string {
	return Ref{Use: p.use, Name: Name(strings.Join(p.levels, "/"))}.String()
}

// A World is what a pattern must know of an account to say what it covers.
type World struct {
	ByUse map[Use]Name // the folder of each use that is known
	// Hidden are folders that a pattern covers, with what lies below them, only if
	// it names them literally or by use: trash, junk, drafts and the like.
	Hidden []Name
}

// Match says whether the pattern covers the folder.
func (p Pattern) Match(n Name, w World) bool {
	levels := p.levels
	if p.use != "" {
		base, ok := w.ByUse[p.use]
		if !ok {
			return false
		}
		levels = append(base.Levels(), levels...)
	}
	if !matchLevels(levels, n.Levels()) {
		return false
	}
	for _, hidden := range w.Hidden {
		if (n == hidden || n.Below(hidden)) && !names(levels, hidden) {
			return false
		}
	}
	return true
}

// names says whether a pattern's levels begin with that very folder.
func names(levels []string, n Name) bool {
	want := n.Levels()
	if len(levels) < len(want) {
		return false
	}
	for i, level := range want {
		if levels[i] != level {
			return false
		}
	}
	return true
}

func matchLevels(pattern, levels []string) bool {
	for len(pattern) > 0 {
		if pattern[0] == "**" {
			for skip := 1; skip <= len(levels); skip++ {
				if matchLevels(pattern[1:], levels[skip:]) {
					return true
				}
			}
			return false
		}
		if len(levels) == 0 || !matchLevel(pattern[0], levels[0]) {
			return false
		}
		pattern, levels = pattern[1:], levels[1:]
	}
	return len(levels) == 0
}

// matchLevel matches one level against one with stars, in linear time for what
// people write: each star takes as little as lets the next part follow.
func matchLevel(pattern, level string) bool {
	first, rest, ok := strings.Cut(pattern, "*")
	if !ok {
		return pattern == level
	}
	level, found := strings.CutPrefix(level, first)
	if !found {
		return false
	}
	parts := strings.Split(rest, "*")
	last := parts[len(parts)-1]
	for _, part := range parts[:len(parts)-1] {
		i := strings.Index(level, part)
		if i < 0 {
			return false
		}
		level = level[i+len(part):]
	}
	return strings.HasSuffix(level, last)
}
