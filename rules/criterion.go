package rules

import (
	"cmp"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

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

	saw      sight // for explanations
	verbatim bool  // what is seen is text of the message
}

// Criteria is the table, sorted by name.
func Criteria() []Criterion {
	table := slices.Concat(addressCriteria(), textCriteria(), timeCriteria(), sizeCriteria(), flagCriteria(), bodyCriteria(), []Criterion{attachment, part, everything})
	slices.SortFunc(table, func(a, b Criterion) int { return cmp.Compare(a.Name, b.Name) })
	for i, c := range table {
		table[i].Compile = c.explained()
	}
	return table
}

// compile makes a Criterion's Compile of a function that need not look at marks,
// unknown values and null.
func compile(f func(n node) (Test, error)) func(cty.Value) (Test, error) {
	return func(v cty.Value) (Test, error) {
		n, err := top(v)
		if err != nil {
			return nil, err
		}
		test, err := f(n)
		if err != nil {
			return nil, err // and no test that is half made
		}
		return test, nil
	}
}
