package rules

import (
	"strings"

	"github.com/imapform/imapform/internal/message"
)

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

// A Finder finds what a message has of the keys with one Look.
type Finder struct {
	fields message.Parts
	list   bool
}

// Finder returns the Look's.
func (l Look) Finder() Finder {
	return Finder{message.Fields(strings.Split(l.Fields, ",")...), l.List}
}

// Find appends what stands in the table behind each value that the message has to
// offer; false: that cannot be told, or is not known yet, so that every test must be
// judged.
func (f *Finder) Find(m *message.Message, table map[string][]int, found []int) ([]int, bool) {
	if m.Header.Broken() || !m.Known.HasFields(f.fields.Fields) {
		return found, false
	}
	for _, name := range f.fields.Fields {
		for field := range m.Header.Fields(name) {
			if f.list {
				found = append(found, table[field.ListID().Fold]...)
				continue
			}
			addresses, told := field.Addresses()
			if !told {
				return found, false
			}
			for i := range addresses {
				found = findAddress(&addresses[i], table, found)
			}
		}
	}
	return found, true
}

// findAddress looks for an address, and for its domain with those that it is a
// subdomain of.
func findAddress(a *message.Address, table map[string][]int, found []int) []int {
	if a.Domain == "" {
		return found
	}
	found = append(found, table[a.Spec.Fold]...)
	for domain, more := a.Domain, true; more; _, domain, more = strings.Cut(domain, ".") {
		found = append(found, table[domain]...)
	}
	return found
}
