package uidset

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
)

// listed are the UIDs of a set.
func listed(set imap.UIDSet) map[imap.UID]bool {
	all := map[imap.UID]bool{}
	for _, r := range set {
		for uid := r.Start; uid <= r.Stop; uid++ {
			all[uid] = true
		}
	}
	return all
}

// Sets are combined as what they list is.
func TestRandomSets(t *testing.T) {
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(seed, 3))
		random := func() (set imap.UIDSet) {
			for range rng.IntN(8) {
				set = Add(set, imap.UID(1+rng.IntN(24)))
			}
			return Sorted(set)
		}
		a, b := random(), random()
		inA, inB := listed(a), listed(b)
		check := func(what string, got imap.UIDSet, want func(imap.UID) bool) {
			in := listed(got)
			for uid := imap.UID(1); uid < 30; uid++ {
				if in[uid] != want(uid) {
					t.Fatalf("seed %d: %s of %q and %q is %q", seed, what, a, b, got)
				}
			}
			if !slices.Equal(got, Sorted(got)) || Count(got) != int64(len(in)) {
				t.Fatalf("seed %d: %s of %q and %q, %q, is not sorted, or of %d UIDs", seed, what, a, b, got, Count(got))
			}
		}
		var uids []imap.UID
		for range rng.IntN(12) {
			uids = append(uids, imap.UID(1+rng.IntN(24)))
		}
		if got, want := Of(uids), imap.UIDSetNum(uids...); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %v are %q, not %q", seed, uids, got, want)
		}
		check("union", Union(a, b), func(uid imap.UID) bool { return inA[uid] || inB[uid] })
		check("what is common", Common(a, b), func(uid imap.UID) bool { return inA[uid] && inB[uid] })
		check("difference", Without(a, b), func(uid imap.UID) bool { return inA[uid] && !inB[uid] })
		most := imap.UID(rng.IntN(26))
		check("what is low", UpTo(a, most), func(uid imap.UID) bool { return inA[uid] && uid <= most })
		check("what is high", Above(a, most), func(uid imap.UID) bool { return inA[uid] && uid > most })
		if Has(a, most) != inA[most] {
			t.Fatalf("seed %d: %d is in %q: %t", seed, most, a, !inA[most])
		}
		within := true
		for uid := range inA {
			within = within && inB[uid]
			if uid > Highest(a) {
				t.Fatalf("seed %d: the highest of %q is %d", seed, a, Highest(a))
			}
		}
		if Within(a, b) != within {
			t.Fatalf("seed %d: %q within %q: %t", seed, a, b, !within)
		}
	}
}

func TestEndOfUIDs(t *testing.T) {
	all := imap.UIDSet{{Start: 1, Stop: 4294967295}}
	if rest := Without(all, imap.UIDSet{{Start: 4294967295, Stop: 4294967295}}); rest.String() != "1:4294967294" {
		t.Errorf("got %q", rest)
	}
	if rest := Without(all, all); len(rest) > 0 || Count(all) != 4294967295 {
		t.Errorf("got %q, and %d", rest, Count(all))
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "0", "1,1", "2,1", "1,2", "1:3,4", "3:1", "1:1", "*", "1:*", "a", "1,", ",1", "+1", "-1", "4294967296", "1:2:3", " 1"} {
		if set, err := Parse(text); err == nil {
			t.Errorf("%q is %v", text, set)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("1,3:5,4294967295")
	f.Add("1:4294967295")
	f.Fuzz(func(t *testing.T, text string) {
		set, err := Parse(text)
		if err != nil {
			return
		}
		if again, err := Parse(set.String()); err != nil || !slices.Equal(again, set) || !slices.Equal(set, Sorted(set)) {
			t.Errorf("%q is %q, and then %q, %v", text, set, again, err)
		}
	})
}
