package mailbox

import (
	"slices"
	"strings"
)

// PatternOf is the pattern that covers exactly the folder of the reference.
func PatternOf(r Ref) Pattern {
	p := Pattern{use: r.Use}
	if r.Name != "" {
		p.levels = r.Name.Levels()
	}
	return p
}

// Resolve is the pattern with the folder of its use written out, where byUse has
// that folder. The name must be one that a configuration can hold.
func (p Pattern) Resolve(byUse map[Use]Name) Pattern {
	base, ok := byUse[p.use]
	if p.use == "" || !ok {
		return p
	}
	return Pattern{levels: slices.Concat(base.Levels(), p.levels)}
}

// Contains says whether p certainly covers every folder that q covers, where no
// folder is hidden. False says nothing: it may hold all the same.
func (p Pattern) Contains(q Pattern) bool {
	return !p.empty() && p.use == q.use && containsLevels(p.levels, q.levels)
}

// Covers says whether p certainly covers every folder that q covers, in every World
// but one that hides INBOX. False says nothing.
//
// What q names literally may be hidden in some World, which q covers then: so p has
// to name it, too.
func (p Pattern) Covers(q Pattern) bool {
	if !p.Contains(q) {
		return false
	}
	named := q.levels[:q.literals()]
	if q.use == "" && len(named) == 1 && named[0] == string(Inbox) {
		return true
	}
	return len(p.levels) >= len(named) && slices.Equal(p.levels[:len(named)], named)
}

// Prefix is the folder that the levels before the first wildcard name, below that
// of the use if there is one; "" if there are none.
func (p Pattern) Prefix() Name { return Name(strings.Join(p.levels[:p.literals()], "/")) }

// Lineage are the patterns of the folders above those that p covers, outermost
// first, and p itself.
func (p Pattern) Lineage() []Pattern {
	var all []Pattern
	for n := range p.levels {
		all = append(all, Pattern{use: p.use, levels: p.levels[:n+1]})
	}
	return all
}

// empty says that the pattern covers nothing.
func (p Pattern) empty() bool { return p.use == "" && len(p.levels) == 0 }

// literals counts the levels before the first wildcard.
func (p Pattern) literals() int {
	i := slices.IndexFunc(p.levels, func(level string) bool { return strings.Contains(level, "*") })
	if i < 0 {
		return len(p.levels)
	}
	return i
}

// Meets says whether both patterns may cover the same folder, in some World; false
// is certain. Of patterns with different uses that is never known.
func (p Pattern) Meets(q Pattern) bool {
	switch {
	case p.empty() || q.empty():
		return false
	case p.use != q.use:
		return true
	}
	if p.use != "" {
		return meetLevels(p.levels, q.levels)
	}
	for _, a := range p.spellings() {
		for _, b := range q.spellings() {
			if meetLevels(a, b) {
				return true
			}
		}
	}
	return false
}

// spellings are the pattern's levels and, for a World that is InInbox, what they
// leave of names behind INBOX.
func (p Pattern) spellings() [][]string {
	all := [][]string{p.levels}
	if len(p.levels) > 0 && (p.levels[0] == anyDepth || Starred(p.levels[0], string(Inbox))) {
		all = append(all, p.levels[1:]) // a "**" that goes on means what it means already
	}
	return all
}

// wild stands for whatever a star stands for, so that only a star matches it: no
// name holds a control character.
const wild = "\x00"

// containsLevels says whether whatever the levels of q match those of p do. Each
// "**" of q has to be within one of p.
func containsLevels(p, q []string) bool {
	for len(p) > 0 && len(q) > 0 && p[0] != anyDepth { // most end here
		if q[0] == anyDepth || !containsLevel(p[0], q[0]) {
			return false
		}
		p, q = p[1:], q[1:]
	}
	if len(p) == 0 || len(q) == 0 {
		return len(p) == len(q)
	}
	// reached[j]: the levels of p so far may have taken the first j of q.
	reached, next := make([]bool, len(q)+1), make([]bool, len(q)+1)
	reached[0] = true
	for _, level := range p {
		next[0] = false
		for j := range q {
			if level == anyDepth {
				next[j+1] = reached[j] || next[j]
			} else {
				next[j+1] = reached[j] && q[j] != anyDepth && containsLevel(level, q[j])
			}
		}
		reached, next = next, reached
	}
	return reached[len(q)]
}

// containsLevel says whether whatever the level q matches p does.
func containsLevel(p, q string) bool {
	if p == q || p == "*" {
		return true
	}
	return strings.Contains(p, "*") && Starred(p, strings.ReplaceAll(q, "*", wild))
}

// meetLevels says whether the levels of both match some name.
func meetLevels(p, q []string) bool {
	for len(p) > 0 && len(q) > 0 && p[0] != anyDepth && q[0] != anyDepth { // most end here
		if !meetLevel(p[0], q[0]) {
			return false
		}
		p, q = p[1:], q[1:]
	}
	if len(p) == 0 || len(q) == 0 {
		return len(p) == len(q)
	}
	// reached[j]: some levels of a name match the levels of p so far and the first j
	// of q, of which the last may be a "**" that goes on.
	reached, next := make([]bool, len(q)+1), make([]bool, len(q)+1)
	reached[0] = true
	for _, level := range p {
		next[0] = false
		for j := range q {
			// One more level of the name for both; or one more that only the other's
			// next level takes, while a "**" goes on.
			next[j+1] = meetLevel(level, q[j]) &&
				(reached[j] || q[j] == anyDepth && reached[j+1] || level == anyDepth && next[j])
		}
		reached, next = next, reached
	}
	return reached[len(q)]
}

// meetLevel says whether some level of a name matches both.
func meetLevel(p, q string) bool {
	if p == anyDepth || q == anyDepth || strings.Trim(p, "*") == "" || strings.Trim(q, "*") == "" {
		return true
	}
	if !strings.Contains(p, "*") {
		return Starred(q, p)
	}
	if !strings.Contains(q, "*") {
		return Starred(p, q)
	}
	// Both have a star in between, which takes whatever the other has there.
	startP, startQ := p[:strings.IndexByte(p, '*')], q[:strings.IndexByte(q, '*')]
	endP, endQ := p[strings.LastIndexByte(p, '*')+1:], q[strings.LastIndexByte(q, '*')+1:]
	return (strings.HasPrefix(startP, startQ) || strings.HasPrefix(startQ, startP)) &&
		(strings.HasSuffix(endP, endQ) || strings.HasSuffix(endQ, endP))
}
