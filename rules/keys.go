package rules

import "strings"

// A Key is an address, a domain or a list that a test looks for in some fields.
type Key struct {
	Look  Look
	Value string
}

// A Look says where a key is looked for: fields, in lower case, sorted, with a comma
// between them. Two tests that look in the same place have the same Look.
type Look struct {
	Fields string
	List   bool // identifiers of lists; else addresses
}

// Keys returns keys of which a message must have at least one for the test to be
// anything but False; false: there are none that would do. So of thousands of rules
// only those need be judged whose keys a message has, and those without.
func Keys(t Test) ([]Key, bool) {
	switch t := t.(type) {
	case all:
		return fewestKeys(t)
	case headers:
		return fewestKeys(t.all)
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

// fewestKeys are those of the conjunct that has the fewest: without it all of them
// are False.
func fewestKeys(tests []Test) (keys []Key, ok bool) {
	for _, t := range tests {
		if some, has := Keys(t); has && (!ok || len(some) < len(keys)) {
			keys, ok = some, true
		}
	}
	return keys, ok
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

func (t *fieldTest) keys() ([]Key, bool) {
	g, look := &t.given, Look{Fields: strings.Join(t.needs.Fields, ",")}
	if g.absent {
		return nil, false
	}
	var keys []Key
	switch g.kind {
	case addressTest:
		if len(g.book.contained)+len(g.elements) > 0 {
			return nil, false
		}
		for address := range g.book.whole {
			keys = append(keys, Key{look, address})
		}
		for domain := range g.book.domains {
			keys = append(keys, Key{look, domain}) // no whole address is without "@"
		}
	case listTest:
		look.List = true
		if len(g.lists) != len(g.elements) {
			return nil, false // objects are among them
		}
		for list := range g.lists {
			keys = append(keys, Key{look, list})
		}
	}
	return keys, len(keys) > 0
}
