package rules

import (
	"slices"
	"strings"

	"github.com/imapform/imapform/internal/message"
)

// A Finder finds which of the keys with one Look a message has. It remembers what it
// has found in the values of fields, since mail comes from the same people about the same
// things again and again: one goroutine at a time may use it.
type Finder struct {
	fields []string
	of     testKind
	places map[string][]int    // by key
	pieces *pieces             // nil: no key is one
	seen   map[string]*sighted // by a field's value as on the wire; nil: none yet
	text   []byte              // for reuse
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
		fields: message.Fields(strings.Split(l.Fields, ",")...).Fields, of: l.of,
		places: map[string][]int{},
	}
}

// Forget lets go of what was found so far.
func (f *Finder) Forget() { f.seen = nil }

// Add makes a key known, which has the Finder's Look, and what stands behind it.
func (f *Finder) Add(key Key, place int) {
	if !key.Piece {
		f.places[key.Value] = append(f.places[key.Value], place)
	} else {
		if f.pieces == nil {
			f.pieces = new(pieces)
		}
		f.pieces.add(key.Value, place)
	}
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
			told := false
			if found, told = f.find(field, found); !told {
				return found, false
			}
		}
	}
	return found, true
}

// find appends what stands behind the keys in one field.
func (f *Finder) find(field *message.Field, found []int) ([]int, bool) {
	if f.of == textTest {
		text, plain := field.AppendFold(f.text[:0])
		if f.text = text; plain { // to remember it would cost more
			return findPieces(f.pieces, text, found), true
		}
	}
	if before, ok := f.seen[string(field.Wire())]; ok {
		field.Learn(&before.field)
		return append(found, before.places...), true
	}
	if len(field.Wire()) > maxSeenValue {
		return f.look(field, found)
	}
	now := &sighted{field: field.Apart()}
	places, told := f.look(&now.field, nil)
	if !told {
		return found, false
	}
	field.Learn(&now.field)
	if f.seen == nil || len(f.seen) == maxSeen {
		f.seen = map[string]*sighted{}
	}
	now.places = slices.Clip(places)
	f.seen[string(now.field.Wire())] = now
	return append(found, places...), true
}

func (f *Finder) look(field *message.Field, found []int) (_ []int, told bool) {
	switch f.of {
	case listTest:
		return append(found, f.places[field.ListID().Fold]...), true
	case textTest:
		return findPieces(f.pieces, field.Text().Fold, found), true
	}
	addresses, told := field.Addresses()
	if !told {
		return found, false
	}
	for i := range addresses {
		found = f.findAddress(&addresses[i], found)
	}
	return found, true
}

// findAddress looks for an address, for its domain with those that it is a subdomain of,
// and for what is in its texts.
func (f *Finder) findAddress(a *message.Address, found []int) []int {
	if f.pieces != nil {
		spec, _ := a.Unicode()
		for _, text := range []string{a.Name.Fold, a.Spec.Fold, spec.Fold} {
			found = findPieces(f.pieces, text, found)
		}
	}
	if a.Domain == "" {
		return found
	}
	found = append(found, f.places[a.Spec.Fold]...)
	for domain, more := a.Domain, true; more; _, domain, more = strings.Cut(domain, ".") {
		found = append(found, f.places[domain]...)
	}
	return found
}
