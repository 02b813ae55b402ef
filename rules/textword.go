package rules

import (
	"strings"

	"github.com/imapform/imapform/internal/message"
)

// minWord is the length of the shortest word that is worth looking for.
const minWord = 3

// wordOfKey is a word that each text holds for which the entry of a text test holds;
// empty: there is none.
func wordOfKey(e entry) string {
	switch e.key {
	case "contains", "is", "prefix", "suffix":
		if elements, err := e.elements(); err == nil && len(elements) == 1 {
			return wordOf(elements[0])
		}
	}
	return ""
}

// wordOf is the longest run of ASCII letters and digits of a string; empty: there is
// none that is worth looking for.
func wordOf(n node) string {
	if !n.isString() {
		return ""
	}
	longest := ""
	for _, word := range strings.FieldsFunc(message.TextOf(n.value.AsString()).Plain, notInWord) {
		longest = longer(longest, word)
	}
	if len(longest) < minWord {
		return ""
	}
	return longest
}

func notInWord(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// longer is the longer of two words, the first where they are alike.
func longer(a, b string) string {
	if len(b) > len(a) {
		return b
	}
	return a
}

// shared are tests that stand in several places, told by the first one and how many
// they are.
type shared struct {
	first *Test
	n     int
}

// dropWords takes the words from all that a test reads of texts. A test may have the
// same one in it many times, which is seen once.
func dropWords(t Test, seen map[shared]bool) {
	each := func(ts []Test) {
		if len(ts) == 0 || seen[shared{&ts[0], len(ts)}] {
			return
		}
		seen[shared{&ts[0], len(ts)}] = true
		for _, t := range ts {
			dropWords(t, seen)
		}
	}
	switch t := t.(type) {
	case all:
		each(t)
	case anyOf:
		each(t)
	case named:
		dropWords(t.Test, seen)
	case not: // they are dropped
	default:
		for _, text := range t.Needs().Texts {
			text.Word = ""
		}
	}
}
