package rules

import "github.com/zclconf/go-cty/cty"

// A Criterion is one argument of a match block. The table of them is the
// language's vocabulary: decoding and judging come from it.
type Criterion struct {
	Name  string
	Value string // what it takes, in words: "address test", "age", …
	Doc   string // when it holds, in a sentence
	// Compile makes the test of a value. cty.Type cannot say "string, list or
	// object", so the criterion decodes the value itself; a problem within it is a
	// cty.PathError, so that the very element can be marked.
	Compile func(v cty.Value) (Test, error)
}
