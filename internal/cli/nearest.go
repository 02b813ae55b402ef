package cli

import (
	"slices"

	"github.com/agext/levenshtein"
)

// nearest is the candidate that somebody most likely meant; empty: none is near.
// A third of a word may be wrong, so that short names are not near everything, or
// two of its letters may have changed places.
func nearest(word string, candidates []string) string {
	best, least := "", 0
	for _, c := range candidates {
		distance := levenshtein.Distance(word, c, nil)
		swapped := distance == 2 && slices.Equal(slices.Sorted(slices.Values([]byte(word))), slices.Sorted(slices.Values([]byte(c))))
		if distance > (max(len(word), len(c))+1)/3 && !swapped {
			continue
		}
		if best == "" || distance < least {
			best, least = c, distance
		}
	}
	return best
}
