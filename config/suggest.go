package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// habits are words that people know from elsewhere.
var habits = map[string]string{"and": "all", "bin": "trash", "or": "any", "spam": "junk"}

// Nearest returns the candidate that somebody most likely meant, the first of
// those equally near; "" if none is near. How much may differ grows with the
// length, so that short names are not offered for everything.
func Nearest(given string, candidates []string) string {
	if meant := habits[strings.ToLower(given)]; slices.Contains(candidates, meant) {
		return meant
	}
	best, bestDistance := "", -1
	for _, c := range candidates {
		d := distance(given, c)
		if d > max(len(given), len(c))/3 {
			continue
		}
		if bestDistance < 0 || d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance counts the edits between two names: letter case is none, and one pair
// of letters in the wrong order is one.
func distance(a, b string) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	d := levenshtein.Distance(a, b, nil)
	if d == 2 && swapped(a, b) {
		return 1
	}
	return d
}

// swapped says whether the names are the same but for one pair of neighbours.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i+1 < len(a); i++ {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}

// didYouMean is a sentence that offers the nearest candidate, with a space before
// it; "" if none is near.
func didYouMean(given string, candidates []string) string {
	if name := Nearest(given, candidates); name != "" {
		return fmt.Sprintf(" Did you mean %q?", name)
	}
	return ""
}

// oneOf lists words as a choice: `"a", "b" or "c"`.
func oneOf(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = fmt.Sprintf("%q", w)
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
