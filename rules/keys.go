package rules

import (
	"slices"
	"strings"
)

// A Key is an address, a domain, a list or a piece of text that a test looks for in some
// fields.
type Key struct {
	Look  Look
	Value string
	Piece bool // it may stand anywhere in a text: that of the field, or of an address and its name
}

// A Look says where a key is looked for: fields, in lower case, sorted, with a comma
// between them, and what of them. Two tests that look in the same place have the same
// Look.
type Look struct {
	Fields string
	of     testKind
}

// Keys returns keys of which a message must have at least one for the test to be
// anything but False; false: there are none that would do. So of thousands of rules
// only those need be judged whose keys a message has, and those without.
func Keys(t Test) ([]Key, bool) {
	switch t := t.(type) {
	case all:
		return bestKeys(t)
	case headers:
		return bestKeys(t.all)
	case anyOf:
		return everyKey(t)
	case named:
		return Keys(t.Test)
	case *fieldTest:
		return t.keys()
	default:
		return nil, false
	}
}

// bestKeys are those of the conjunct whose keys are found at the least cost: without it
// all of them are False.
func bestKeys(tests []Test) (keys []Key, ok bool) {
	for _, t := range tests {
		if some, has := Keys(t); has && (!ok || cheaper(some, keys)) {
			keys, ok = some, true
		}
	}
	return keys, ok
}

// cheaper says whether some keys are found at less cost than others: they are fewer, or
// they are looked up, where the others are searched for.
func cheaper(some, others []Key) bool {
	searched := func(k Key) bool { return k.Piece }
	if x, y := slices.ContainsFunc(some, searched), slices.ContainsFunc(others, searched); x != y {
		return y
	}
	return len(some) < len(others)
}

func everyKey(tests []Test) (keys []Key, ok bool) {
	for _, t := range tests {
		some, has := Keys(t)
		if !has {
			return nil, false
		}
		keys = append(keys, some...)
	}
	return keys, len(tests) > 0
}

func (t *fieldTest) keys() (keys []Key, ok bool) {
	g, look := &t.given, Look{strings.Join(t.needs.Fields, ","), t.given.kind}
	if g.absent || len(g.lists) != len(g.elements) {
		return nil, false // objects are among them
	}
	for list := range g.lists {
		keys = append(keys, Key{Look: look, Value: list})
	}
	for address := range g.book.whole {
		keys = append(keys, Key{Look: look, Value: address})
	}
	for domain := range g.book.domains {
		keys = append(keys, Key{Look: look, Value: domain}) // no whole address is without "@"
	}
	for _, text := range g.book.contained {
		keys = append(keys, Key{Look: look, Value: text, Piece: true})
	}
	return keys, len(keys) > 0
}
