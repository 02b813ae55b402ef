package mailbox

import (
	"fmt"
	"slices"
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
	levels, err := parseLevels(rest, "*")
	if err != nil {
		return Pattern{}, err
	}
	for _, level := range levels {
		if strings.Contains(level, anyDepth) && level != anyDepth {
			return Pattern{}, fmt.Errorf("%q must be a whole level of a pattern, as in %q", anyDepth, "Lists/**")
		}
	}
	return Pattern{use: use, levels: below(use, levels).Levels()}, nil
}

// anyDepth is a level that stands for one level or more.
const anyDepth = "**"

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
	// InInbox says that the server keeps all folders below INBOX, so that each has a
	// second spelling: "Lists" is "INBOX/Lists" too.
	InInbox bool
}

// Match says whether the pattern covers the folder.
func (p Pattern) Match(n Name, w World) bool {
	if p.match(n, w) {
		return true
	}
	if !w.InInbox || p.use != "" || n == Inbox {
		return false
	}
	below := World{Hidden: make([]Name, len(w.Hidden))}
	for i, hidden := range w.Hidden {
		below.Hidden[i] = Inbox + "/" + hidden
	}
	return p.match(Inbox+"/"+n, below)
}

func (p Pattern) match(n Name, w World) bool {
	var base []string // as on the server: what looks like a wildcard in it is none
	if p.use != "" {
		folder, ok := w.ByUse[p.use]
		if !ok {
			return false
		}
		base = folder.Levels()
	}
	levels := n.Levels()
	if len(levels) < len(base) || !slices.Equal(levels[:len(base)], base) || !matchLevels(p.levels, levels[len(base):]) {
		return false
	}
	return !slices.ContainsFunc(w.Hidden, func(hidden Name) bool {
		return (n == hidden || n.Below(hidden)) && !p.names(hidden.Levels(), base)
	})
}

// names says whether the pattern begins with that very folder; base is the folder
// of its use.
func (p Pattern) names(folder, base []string) bool {
	for i, level := range folder {
		switch {
		case i < len(base):
			if base[i] != level {
				return false
			}
		case i-len(base) >= len(p.levels), p.levels[i-len(base)] != level, strings.Contains(level, "*"):
			return false
		}
	}
	return true
}

// matchLevels matches levels against those of a pattern, taking as little for each
// "**" as lets the next part follow: only the last "**" can have to take more, so
// that it takes the product of the lengths at most.
func matchLevels(pattern, levels []string) bool {
	p, l := 0, 0
	again, taken := -1, 0 // behind the last "**", and how far it has taken levels
	for l < len(levels) {
		switch {
		case p < len(pattern) && pattern[p] == anyDepth:
			p, l = p+1, l+1
			again, taken = p, l
		case p < len(pattern) && Starred(pattern[p], levels[l]):
			p, l = p+1, l+1
		case again >= 0:
			taken++
			p, l = again, taken
		default:
			return false
		}
	}
	return p == len(pattern)
}

// Starred matches a text, such as a level, against one with stars, each of which is
// anything, in linear time for what people write: each takes as little as lets the next
// part follow.
func Starred(pattern, level string) bool {
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
