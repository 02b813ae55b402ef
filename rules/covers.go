package rules

import (
	"cmp"
	"reflect"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// Covers says whether a certainly holds for every message for which b does. False
// says nothing: it may hold all the same.
//
// A criterion that this file does not know is taken for the same as itself only.
func Covers(a, b Test) bool {
	p := prover{steps: maxProof}
	return p.follows(fact{a, true}, fact{b, true})
}

// Never says whether the test certainly holds for no message, because what it asks
// contradicts itself. False says nothing.
func Never(t Test) bool {
	p := prover{steps: maxProof}
	return p.impossible(nil, fact{t, true})
}

// NeverAfter says whether the test certainly holds for no message to which the
// flags add were just added, and from which the flags remove were just removed.
// False says nothing.
func NeverAfter(t Test, add, remove mailbox.Flags) bool {
	p := prover{steps: maxProof}
	var known []fact
	has := func(f imap.Flag, set bool) {
		known = append(known, fact{&flagTest{criterion: "flags", flags: mailbox.NewFlags(f), set: true}, set})
	}
	for _, f := range add {
		has(f, true)
	}
	for _, f := range remove {
		has(f, false)
	}
	return p.impossible(known, fact{t, true})
}

// maxProof bounds the steps of a proof: trees that nest could take exponentially
// many.
const maxProof = 20_000

// A prover tries proofs, and gives up when no steps are left.
type prover struct{ steps int }

func (p *prover) spend(steps int) bool {
	p.steps -= steps
	return p.steps >= 0
}

// A fact is that a test is True of a message, or that it is False of it. Of a
// message of which the test is Unknown it is neither.
type fact struct {
	test  Test
	holds bool
}

func (f fact) opposite() fact { return fact{f.test, !f.holds} }

// A form is what a fact comes to once what only wraps a test is taken off.
type form struct {
	kind  formKind
	leaf  fact   // of a single criterion
	parts []Test // of every and some: at least two …
	holds bool   // … and whether they are True or False
}

type formKind int

const (
	single formKind = iota // a criterion
	every                  // every one of the parts
	some                   // at least one of them
	surely                 // it is a fact of every message
	nowise                 // it is one of none
)

func (f form) part(i int) fact { return fact{f.parts[i], f.holds} }

func (f fact) form() form {
	for {
		var parts []Test
		kind := every
		switch t := f.test.(type) {
		case not:
			f = fact{t.Test, !f.holds}
			continue
		case *keeping:
			f.test = t.Test
			continue
		case named:
			f.test = t.Test
			continue
		case headers:
			f.test = t.all
			continue
		case always:
			if f.holds {
				return form{kind: surely}
			}
			return form{kind: nowise}
		case all:
			parts = t
		case anyOf:
			parts, kind = t, some
		default:
			return form{kind: single, leaf: f}
		}
		switch {
		case len(parts) == 0: // Unknown of every message
			return form{kind: nowise}
		case len(parts) == 1:
			f.test = parts[0]
			continue
		case !f.holds: // De Morgan
			kind = every + some - kind
		}
		return form{kind: kind, parts: parts, holds: f.holds}
	}
}

// follows says whether a is a fact of every message of which b is one.
func (p *prover) follows(a, b fact) bool {
	if !p.spend(1) {
		return false
	}
	x, y := a.form(), b.form()
	switch {
	case x.kind == surely || y.kind == nowise:
		return true
	case x.kind == nowise || y.kind == surely:
		return false
	case x.kind == every:
		for i := range x.parts {
			if !p.follows(x.part(i), b) {
				return false
			}
		}
		return true
	case y.kind == some:
		for i := range y.parts {
			if !p.follows(a, y.part(i)) {
				return false
			}
		}
		return true
	case x.kind == single && y.kind == single:
		return p.leafFollows(x.leaf, y.leaf)
	}
	if x.kind == some {
		for i := range x.parts {
			if p.follows(x.part(i), b) {
				return true
			}
		}
	}
	if y.kind == every {
		for i := range y.parts {
			if p.follows(a, y.part(i)) {
				return true
			}
		}
	}
	return false
}

// impossible says whether a fact contradicts itself or the criteria that are known
// to be facts.
func (p *prover) impossible(known []fact, f fact) bool {
	known = known[:len(known):len(known)]
	var choices []form
	for queue := []fact{f}; len(queue) > 0; queue = queue[1:] {
		if !p.spend(1) {
			return false
		}
		switch x := queue[0].form(); x.kind {
		case nowise:
			return true
		case every:
			for i := range x.parts {
				queue = append(queue, x.part(i))
			}
		case some:
			choices = append(choices, x)
		case single:
			for _, other := range known {
				if p.excludes(x.leaf, other) {
					return true
				}
			}
			known = append(known, x.leaf)
		}
	}
	for _, x := range choices {
		left := false // some part is not ruled out
		for i := 0; i < len(x.parts) && !left; i++ {
			left = !p.impossible(known, x.part(i))
		}
		if !left {
			return true
		}
	}
	return false
}

// excludes says whether no message has both facts.
func (p *prover) excludes(a, b fact) bool {
	return p.leafFollows(a.opposite(), b) || p.leafFollows(b.opposite(), a)
}

// leafFollows is follows for single criteria.
func (p *prover) leafFollows(a, b fact) bool {
	if !p.spend(1) {
		return false
	}
	if x, ok := a.bound(); ok {
		y, ok := b.bound()
		return ok && x.follows(y)
	}
	switch x := a.test.(type) {
	case *flagTest:
		y, ok := b.test.(*flagTest)
		return ok && x.follows(a.holds, y, b.holds)
	case *fieldTest:
		y, ok := b.test.(*fieldTest)
		return ok && a.holds == b.holds && (a.holds && p.within(y, x) || !a.holds && p.within(x, y))
	default:
		return a.holds == b.holds && same(a.test, b.test)
	}
}

// same says whether two tests are one and the same.
func same(a, b Test) bool {
	t := reflect.TypeOf(a)
	return t == reflect.TypeOf(b) && t.Comparable() && a == b
}

// follows says whether what t says follows from what other says.
func (t *flagTest) follows(holds bool, other *flagTest, otherHolds bool) bool {
	switch some, otherSome := t.set == holds, other.set == otherHolds; {
	case some != otherSome:
		return false
	case some: // one of few is one of many
		return len(other.flags.Without(t.flags)) == 0
	default: // none of many is none of few
		return len(t.flags.Without(other.flags)) == 0
	}
}

// A bound is a fact that compares something of a message with a limit.
type bound struct {
	what    string
	atLeast bool // from the limit on; else below it
	there   bool // and that something is there: else the fact holds without it, too
	limit   [2]int64
}

// bound is the comparison that a fact comes to; false: it is something else.
func (f fact) bound() (bound, bool) {
	switch t := f.test.(type) {
	case *ageTest:
		what := "age"
		if t.needs.Saved {
			what = "age here"
		}
		return bound{what: what, atLeast: t.younger != f.holds, limit: [2]int64{t.seconds}}, true
	case *sizeTest:
		if t.larger {
			return bound{what: "size", atLeast: f.holds, limit: [2]int64{t.octets + 1}}, true
		}
		return bound{what: "size", atLeast: !f.holds, limit: [2]int64{t.octets}}, true
	case *dateTest:
		what := "received"
		switch {
		case t.sent && t.floating:
			what = "sent, by the clock there"
		case t.sent:
			what = "sent"
		}
		limit := [2]int64{t.at.Unix(), int64(t.at.Nanosecond())}
		return bound{what: what, atLeast: t.before != f.holds, there: t.sent && f.holds, limit: limit}, true
	}
	return bound{}, false
}

func (b bound) follows(other bound) bool {
	if b.what != other.what || b.atLeast != other.atLeast || b.there && !other.there {
		return false
	}
	c := cmp.Or(cmp.Compare(other.limit[0], b.limit[0]), cmp.Compare(other.limit[1], b.limit[1]))
	if b.atLeast {
		return c >= 0
	}
	return c <= 0
}
