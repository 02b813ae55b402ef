package rules

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// All pieces are found that are in a text, each once, and no others.
func TestPieces(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	random := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte("AB\xc3"[rng.IntN(3)])
		}
		return b.String()
	}
	hits := 0
	for range 5000 {
		var p pieces
		var all []string
		for i := range rng.IntN(6) {
			all = append(all, random(1+rng.IntN(4)))
			p.add(all[i], i)
		}
		text, want := random(rng.IntN(12)), []int{-1}
		for i, piece := range all {
			if strings.Contains(text, piece) {
				want = append(want, i)
				hits++
			}
		}
		got := findPieces(&p, text, []int{-1})
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%q: got %v of %q, want %v", text, got, all, want)
		}
		if octets := findPieces(&p, []byte(text), []int{-1}); len(octets) != len(got) {
			t.Fatalf("%q: as octets %v", text, octets)
		}
	}
	if hits < 1000 {
		t.Errorf("only %d were to be found", hits)
	}
}
