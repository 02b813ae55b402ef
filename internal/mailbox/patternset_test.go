package mailbox

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func pattern(t *testing.T, s string) Pattern {
	t.Helper()
	p, err := ParsePattern(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPatternSets(t *testing.T) {
	trash, junk := UseTrash.Token(), UseJunk.Token()
	tests := []struct {
		p, q                    string
		contains, covers, meets bool
	}{
		{"Lists", "Lists", true, true, true},
		{"Lists", "lists", false, false, false},
		{"Lists", "Lists/Go", false, false, false},
		{"Lists", "INBOX/Lists", false, false, true}, // one folder where all lie below INBOX
		{"INBOX/*", "Lists", false, false, true},
		{"INBOX/*", "Lists/Go", false, false, false},
		{"INBOX", "INBOX/Lists", false, false, false},
		{"Lists/*", "Lists/Go", true, false, true}, // Lists/Go may be where junk goes
		{"Lists/*", "Lists/G*", true, true, true},
		{"Lists/G*", "Lists/*", false, false, true},
		{"Lists/**", "Lists/*", true, true, true},
		{"Lists/*", "Lists/**", false, false, true},
		{"Lists/**", "Lists/Go/*", true, false, true},
		{"**", "INBOX", true, true, true},
		{"*", "INBOX", true, true, true},
		{"**", "INBOX/*", true, true, true},
		{"**", "INBOX/a", true, false, true},
		{"**", "Lists", true, false, true},
		{"**", "*/**", true, true, true},
		{"*/**", "**", false, false, true},
		{"**/**", "*", false, false, true}, // INBOX/a may be a
		{"a/**/**", "a/*", false, false, false},
		{"**/**", "**/*", true, true, true},
		{"**/a", "**/b", false, false, false},
		{"**/a", "b/**", false, false, true},
		{"a/**/c", "a/b", false, false, false},
		{"a*", "*b", false, false, true},
		{"a*", "b*", false, false, false},
		{"*a", "*b", false, false, false},
		{"a*b*c", "a*c", false, false, true},
		{"a*c", "a*b*c", true, true, true},
		{"ab*", "*b", false, false, true},
		{"ab*bc", "abc", false, false, false},

		{trash, trash, true, true, true},
		{trash, junk, false, false, true}, // who knows
		{trash, "Trash", false, false, true},
		{trash + "/**", trash + "/*", true, true, true},
		{trash + "/*", trash, false, false, false},
		{trash + "/**", trash + "/a", true, false, true},
		{"**", trash, false, false, true},
	}
	for _, test := range tests {
		p, q := pattern(t, test.p), pattern(t, test.q)
		if got := p.Contains(q); got != test.contains {
			t.Errorf("%s contains %s: %v", p, q, got)
		}
		if got := p.Covers(q); got != test.covers {
			t.Errorf("%s covers %s: %v", p, q, got)
		}
		if got := p.Meets(q); got != test.meets || q.Meets(p) != got {
			t.Errorf("%s meets %s: %v; the other way %v", p, q, got, q.Meets(p))
		}
	}
	if (Pattern{}).Contains(Pattern{}) || (Pattern{}).Meets(pattern(t, "**")) {
		t.Error("the zero Pattern covers a folder")
	}
}

func TestPatternOf(t *testing.T) {
	byUse := map[Use]Name{UseTrash: "Mail/Trash"}
	for _, test := range []struct{ ref, resolved string }{
		{"a/b", "a/b"}, {UseTrash.Token(), "Mail/Trash"}, {UseTrash.Token() + "/a", "Mail/Trash/a"}, {UseJunk.Token(), "special.junk"},
	} {
		ref, err := ParseRef(test.ref)
		if err != nil {
			t.Fatal(err)
		}
		p := PatternOf(ref)
		if got, ok := p.Ref(); got != ref || !ok {
			t.Errorf("PatternOf(%v).Ref() = %v, %v", ref, got, ok)
		}
		if got := p.Resolve(byUse).String(); got != test.resolved {
			t.Errorf("%v resolved is %s; want %s", ref, got, test.resolved)
		}
	}
	if got := pattern(t, UseTrash.Token()+"/**").Resolve(byUse).String(); got != "Mail/Trash/**" {
		t.Errorf("resolved: %s", got)
	}
}

func randomLevels(rng *rand.Rand, levels ...string) string {
	some := make([]string, 1+rng.IntN(4))
	for i := range some {
		some[i] = levels[rng.IntN(len(levels))]
	}
	return strings.Join(some, "/")
}

// What is said of two patterns is so of random names, whatever is hidden.
func TestPatternSetsOfNames(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	name := func() Name {
		return FromLevels(strings.Split(randomLevels(rng, "a", "ab", "b", "INBOX", "ba", "aba"), "/"))
	}
	contained, covered, apart, meeting := 0, 0, 0, 0
	for range 10000 {
		p := pattern(t, randomLevels(rng, "a", "b", "*", "**", "a*", "*b", "a*b", "INBOX", "**"))
		q := pattern(t, randomLevels(rng, "a", "b", "*", "**", "a*", "ab*", "ab*b", "*a", "INBOX", "**"))
		contains, covers, meets := p.Contains(q), p.Covers(q), p.Meets(q)
		if covers && !contains || contains && !meets || !meets && p.String() == q.String() {
			t.Fatalf("%s and %s: contains %v, covers %v, meets %v", p, q, contains, covers, meets)
		}
		met := false
		for range 60 {
			n := name()
			w := World{InInbox: rng.IntN(2) == 0}
			met = met || p.Match(n, w) && q.Match(n, w)
			if contains && q.Match(n, w) && !p.Match(n, w) {
				t.Fatalf("%s contains %s, but %s", p, q, n)
			}
			if !meets && q.Match(n, w) && p.Match(n, w) {
				t.Fatalf("%s does not meet %s, but in %s", p, q, n)
			}
			for range rng.IntN(3) {
				if hidden := name(); hidden != Inbox {
					w.Hidden = append(w.Hidden, hidden)
				}
			}
			if parent, ok := n.Parent(); ok && parent != Inbox && rng.IntN(2) == 0 {
				w.Hidden = append(w.Hidden, parent)
			}
			if covers && q.Match(n, w) && !p.Match(n, w) {
				t.Fatalf("%s covers %s, but not %s in %v", p, q, n, w)
			}
		}
		contained, covered, apart = contained+one(contains), covered+one(covers), apart+one(!meets)
		meeting += one(meets && !met)
	}
	t.Logf("contained %d, covered %d, apart %d, meeting without a name found %d", contained, covered, apart, meeting)
	if contained < 300 || covered < 200 || apart < 300 {
		t.Errorf("contained %d, covered %d, apart %d: the test shows too little", contained, covered, apart)
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
