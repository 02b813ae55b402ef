package rules

import (
	"math/bits"
	"strings"
)

// A Sketch tells at once of most pairs of tests that the one does not cover the
// other, so that thousands of rules can be compared with each other.
type Sketch struct {
	asks  marks // what this test covers tells at least one of these
	tells marks
}

// NewSketch returns the sketch of a test.
func NewSketch(t Test) Sketch {
	f := fact{t, true}
	return Sketch{f.asks(), f.tells()}
}

// MayCover says whether it is worth asking Covers, which is false otherwise.
func (s *Sketch) MayCover(other *Sketch) bool {
	return s.asks[0]&other.tells[0]|s.asks[1]&other.tells[1]|s.asks[2]&other.tells[2]|s.asks[3]&other.tells[3] != 0
}

// marks are a set of keys, of which some are taken for one another. The first bits
// are for what is common to many tests.
type marks [4]uint64

const (
	markAnything uint64 = 1 << iota
	markBound
	markFlags
	markContains
	markNoField
	markOther
	commonMarks = 1<<iota - 1
)

func common(bit uint64) marks { return marks{bit} }

func allMarks() marks { return marks{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)} }

// mark is the set of one key.
func mark(key string) marks {
	hash := uint64(14695981039346656037) // FNV-1a
	for i := range len(key) {
		hash = (hash ^ uint64(key[i])) * 1099511628211
	}
	hash ^= hash >> 32
	var m marks
	m[1+hash>>6%3] = 1 << (hash & 63)
	return m
}

func (m marks) with(other marks) marks {
	for i := range m {
		m[i] |= other[i]
	}
	return m
}

// size is the less the fewer tests tell one of the marks.
func (m marks) size() int {
	const asCommon = 32
	n := asCommon * bits.OnesCount64(m[0]&commonMarks)
	for _, word := range m {
		n += bits.OnesCount64(word)
	}
	return n
}

// asks are keys of which every fact tells one that this one follows from.
func (f fact) asks() marks {
	x := f.form()
	switch x.kind {
	case surely, nowise:
		return allMarks()
	case single:
		return x.leaf.marks(false)
	}
	least, union := allMarks(), marks{}
	for i := range x.parts {
		asks := x.part(i).asks()
		union = union.with(asks)
		if asks.size() < least.size() {
			least = asks
		}
	}
	if x.kind == every {
		return least
	}
	return union
}

// tells are never none, so that a test which asks for all finds one.
func (f fact) tells() marks {
	x := f.form()
	switch x.kind {
	case surely:
		return common(markAnything)
	case nowise:
		return allMarks()
	case single:
		return x.leaf.marks(true)
	}
	var tells marks
	for i := range x.parts {
		tells = tells.with(x.part(i).tells())
	}
	return tells
}

// marks are those of a criterion; told: with those of what it lies in.
func (f fact) marks(told bool) marks {
	if _, ok := f.bound(); ok {
		return common(markBound)
	}
	switch t := f.test.(type) {
	case *flagTest:
		return common(markFlags)
	case *fieldTest:
		if !f.holds {
			return common(markNoField)
		}
		return t.given.marks(told)
	default:
		return common(markOther)
	}
}

func (g *given) marks(told bool) marks {
	var all marks
	for e := range g.elements {
		all = all.with(mark(e))
	}
	for key := range g.book.whole {
		all = all.with(mark(key))
		if told {
			all = all.with(domainMarks(domainOfKey(key)))
		}
	}
	for domain := range g.book.domains {
		if told {
			all = all.with(domainMarks(domain))
		} else {
			all = all.with(mark(domain))
		}
	}
	if len(g.book.contained) > 0 {
		all = all.with(common(markContains))
	}
	return all
}

// domainMarks are those of a domain and of all that it is a subdomain of.
func domainMarks(domain string) marks {
	var all marks
	for domain != "" {
		all = all.with(mark(domain))
		_, domain, _ = strings.Cut(domain, ".")
	}
	return all
}
