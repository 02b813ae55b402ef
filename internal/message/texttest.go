package message

import "slices"

// A TextTest is a test of a message's readable text. Two of them are the same
// exactly if they are one value.
type TextTest struct {
	// Passes judges the text of one readable part, or one header field's value. It
	// must not keep it.
	Passes func(Text) bool
	Header bool // every field of the message's header counts as well as the readable parts
	// Word is a word of ASCII letters and digits, in any letter case, that each text
	// holds which passes, where nobody asks for what does not pass; empty: there is none.
	Word string
}

// A Verdict is what a TextTest came to.
type Verdict int8

// The verdicts, of which some part's passing counts for more than another's that
// could not be read, and that for more than one that does not pass.
const (
	Fails      Verdict = iota // no part passes, and all could be read
	Unreadable                // no part passes that could be read
	Passes                    // some part passes
)

func unionTexts(a, b []*TextTest) []*TextTest {
	if len(b) == 0 {
		return a
	}
	return slices.Concat(a, minusTexts(b, a))
}

func minusTexts(a, b []*TextTest) []*TextTest {
	var left []*TextTest
	for _, t := range a {
		if !slices.Contains(b, t) {
			left = append(left, t)
		}
	}
	return left
}
