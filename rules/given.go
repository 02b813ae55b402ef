package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/imapform/imapform/internal/message"
)

// A given is what the alternatives of a fieldTest were made of, so that two tests
// can be compared.
type given struct {
	kind     testKind
	book     addressBook     // strings of an address test; of a text test: contained
	elements map[string]bool // everything else that one alternative was made of, as text
	lists    map[string]bool // of those, the strings of a list test, folded
	absent   bool            // one of them is that there is no such field
}

// testKind says what of a field is tested.
type testKind int

const (
	addressTest testKind = iota
	textTest
	listTest
)

// newGiven takes what a text or a list test was made of.
func newGiven(kind testKind, n node, cases []textCase) (given, error) {
	g := given{kind: kind}
	elements, err := n.elements()
	if err != nil {
		return g, err
	}
	for i, e := range elements {
		if !e.isString() || kind != textTest {
			g.add(e, cases[i].exists == absent)
			if e.isString() {
				g.addList(e)
			}
			continue
		}
		left, middle, right, err := textArgument{node: e}.needle()
		if err != nil {
			return g, err
		}
		g.book.contained = append(g.book.contained, left+middle+right)
	}
	return g, nil
}

// addList takes a string of a list test.
func (g *given) addList(n node) {
	if s, err := n.text(); err == nil { // else the test itself is wrong
		if g.lists == nil {
			g.lists = make(map[string]bool)
		}
		g.lists[message.TextOf(s).Fold] = true
	}
}

// add takes an element that means the same only as one that is written the same.
func (g *given) add(n node, absent bool) {
	if g.elements == nil {
		g.elements = make(map[string]bool)
	}
	g.elements[fmt.Sprintf("%#v", n.value)] = true
	g.absent = g.absent || absent
}

// within says whether whatever the alternatives of t pass those of other do.
func (p *prover) within(t, other *fieldTest) bool {
	x, y := &t.given, &other.given
	if len(x.elements) == 0 && x.book.empty() {
		return t == other // nobody has said what it was made of
	}
	cost := len(x.elements) + len(x.book.whole) + len(x.book.domains)
	if x.kind != y.kind || !p.spend(cost+len(x.book.contained)*len(y.book.contained)) {
		return false
	}
	if x.absent && !slices.Equal(t.needs.Fields, other.needs.Fields) || !other.needs.Covers(t.needs) {
		return false
	}
	for e := range x.elements {
		if !y.elements[e] {
			return false
		}
	}
	return x.book.within(&y.book)
}

// within says whether every address that one of b's strings takes is one that some
// string of other takes.
func (b *addressBook) within(other *addressBook) bool {
	for key := range b.whole {
		if !other.whole[key] && (len(other.domains) == 0 || !inDomains(domainOfKey(key), other.domains)) {
			return false
		}
	}
	for domain := range b.domains {
		if !inDomains(domain, other.domains) {
			return false
		}
	}
	for _, s := range b.contained {
		if !slices.ContainsFunc(other.contained, func(part string) bool { return strings.Contains(s, part) }) {
			return false
		}
	}
	return true
}

// domainOfKey returns the domain of a whole address; "" where letters beyond ASCII
// leave it open what the domain of an address with that key is.
func domainOfKey(key string) string {
	const short = 100 // message.Domain treats very long ones in another way
	at := strings.LastIndexByte(key, '@')
	domain := key[at+1:]
	if at < 0 || len(domain) > short || strings.IndexByte(key, '@') != at || strings.ContainsFunc(domain, func(r rune) bool { return r >= 0x80 }) {
		return ""
	}
	return message.Domain(domain)
}
