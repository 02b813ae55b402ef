package rules

import (
	"slices"
	"strings"

	"github.com/imapform/imapform/internal/message"
)

// A Finder finds which of the keys with one Look a message has. It remembers what it
// has found in the values of fields, since mail comes from the same people again and
// again: one goroutine at a time may use it.
type Finder struct {
	fields []string
	list   bool
	places map[string][]int    // by key
	seen   map[string]*sighted // by a field's value as on the wire; nil: none yet
}

// sighted is a field that was seen.
type sighted struct {
	field  message.Field
	places []int
}

// What a Finder remembers at most: strangers write the values.
const (
	maxSeen      = 4096 // values
	maxSeenValue = 256  // octets of each
)

// Finder returns one for the Look, without keys.
func (l Look) Finder() *Finder {
	return &Finder{
		fields: message.Fields(strings.Split(l.Fields, ",")...).Fields, list: l.List,
		places: map[string][]int{},
	}
}

// Forget lets go of what was found so far.
func (f *Finder) Forget() { f.seen = nil }

// Add makes a key's value known, and what stands behind it.
func (f *Finder) Add(value string, place int) {
	f.places[value] = append(f.places[value], place)
	f.Forget()
}

// Find appends what stands behind each key that the message has; false: that cannot be
// told, or is not known yet, so that every test must be judged.
func (f *Finder) Find(m *message.Message, found []int) ([]int, bool) {
	if m.Header.Broken() || !m.Known.HasFields(f.fields) {
		return found, false
	}
	for _, name := range f.fields {
		for field := range m.Header.Fields(name) {
			places, told := f.find(field)
			if !told {
				return found, false
			}
			found = append(found, places...)
		}
	}
	return found, true
}

// find returns what stands behind the keys in one field.
func (f *Finder) find(field *message.Field) ([]int, bool) {
	value := field.Wire()
	if before, ok := f.seen[value]; ok {
		field.Learn(&before.field)
		return before.places, true
	}
	if len(value) > maxSeenValue {
		return f.look(field)
	}
	now := &sighted{field: field.Apart()}
	told := false
	if now.places, told = f.look(&now.field); !told {
		return nil, false
	}
	field.Learn(&now.field)
	if f.seen == nil || len(f.seen) == maxSeen {
		f.seen = map[string]*sighted{}
	}
	now.places = slices.Clip(now.places)
	f.seen[now.field.Wire()] = now
	return now.places, true
}

func (f *Finder) look(field *message.Field) (found []int, told bool) {
	if f.list {
		return f.places[field.ListID().Fold], true
	}
	addresses, told := field.Addresses()
	if !told {
		return nil, false
	}
	for i := range addresses {
		found = f.findAddress(&addresses[i], found)
	}
	return found, true
}

// findAddress looks for an address, and for its domain with those that it is a
// subdomain of.
func (f *Finder) findAddress(a *message.Address, found []int) []int {
	if a.Domain == "" {
		return found
	}
	found = append(found, f.places[a.Spec.Fold]...)
	for domain, more := a.Domain, true; more; _, domain, more = strings.Cut(domain, ".") {
		found = append(found, f.places[domain]...)
	}
	return found
}
