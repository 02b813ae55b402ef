package rules

import "slices"

// pieces are texts that are looked for in others, all of them at once: by the octet that
// they begin with.
type pieces [256][]piece

type piece struct {
	text  string // not empty
	place int    // what stands behind it
}

func (p *pieces) add(text string, place int) { p[text[0]] = append(p[text[0]], piece{text, place}) }

// findPieces appends what stands behind the pieces that are in a text.
func findPieces[S []byte | string](p *pieces, text S, found []int) []int {
	from := len(found)
	for i := range len(text) {
		for _, piece := range p[text[i]] {
			end := i + len(piece.text)
			if end <= len(text) && string(text[i:end]) == piece.text && !slices.Contains(found[from:], piece.place) {
				found = append(found, piece.place)
			}
		}
	}
	return found
}
