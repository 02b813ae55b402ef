package message

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestFields(t *testing.T) {
	got := Fields("To", "FROM", "to").Fields
	if want := []string{"from", "to"}; !slices.Equal(got, want) {
		t.Errorf("Fields = %q; want %q", got, want)
	}
	if !(Parts{}).Empty() || !Fields().Empty() || Fields("to").Empty() || (Parts{Saved: true}).Empty() {
		t.Error("Empty is wrong")
	}
}

// Parts are sets: what holds for sets holds for them.
func TestPartsAreSets(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	random := func() Parts {
		var names []string
		for _, name := range []string{"a", "b", "c", "d"} {
			if rng.IntN(2) == 0 {
				names = append(names, name)
			}
		}
		p := Fields(names...)
		p.Flags, p.Received, p.Size, p.Saved = rng.IntN(2) == 0, rng.IntN(2) == 0, rng.IntN(2) == 0, rng.IntN(2) == 0
		return p
	}
	same := func(p, q Parts) bool { return p.Covers(q) && q.Covers(p) }
	for range 2000 {
		p, q := random(), random()
		both, rest := p.Union(q), p.Minus(q)
		switch {
		case !both.Covers(p), !both.Covers(q), !same(both, q.Union(p)), !slices.IsSorted(both.Fields):
			t.Fatalf("%+v and %+v together are %+v", p, q, both)
		case !p.Covers(rest), !same(rest.Union(q), both), !same(rest.Minus(q), rest):
			t.Fatalf("%+v without %+v is %+v", p, q, rest)
		case p.Covers(q) != same(both, p):
			t.Fatalf("%+v covers %+v: %v", p, q, p.Covers(q))
		}
	}
}
