package message

import (
	"slices"
	"strings"
)

// Parts says which parts of a message are meant: needed, asked for or known. The
// zero value is none.
type Parts struct {
	Flags    bool
	Received bool
	Size     bool
	Saved    bool
	Fields   []string // header fields, in lower case, sorted, each once
	// Structure is the tree of its parts (BODYSTRUCTURE).
	Structure bool
	// Texts are tests of its readable text, each once. They are run where the text is
	// read, message by message, so that no text is kept.
	Texts []*TextTest
}

// Fields are the parts that consist of these header fields, in any letter case.
func Fields(names ...string) Parts {
	lower := make([]string, len(names))
	for i, name := range names {
		lower[i] = strings.ToLower(name)
	}
	slices.Sort(lower)
	return Parts{Fields: slices.Compact(lower)}
}

// Empty says that no part is meant.
func (p Parts) Empty() bool {
	return !p.Flags && !p.Received && !p.Size && !p.Saved && len(p.Fields) == 0 && !p.Structure && len(p.Texts) == 0
}

// Cheap is what is worth asking of every message: all but what takes the reading of
// its parts.
func (p Parts) Cheap() Parts {
	p.Structure, p.Texts = false, nil
	return p
}

// Union is what p or q mean.
func (p Parts) Union(q Parts) Parts {
	return Parts{
		Flags:    p.Flags || q.Flags,
		Received: p.Received || q.Received,
		Size:     p.Size || q.Size,
		Saved:    p.Saved || q.Saved,
		Fields:   union(p.Fields, q.Fields),

		Structure: p.Structure || q.Structure,
		Texts:     unionTexts(p.Texts, q.Texts),
	}
}

// Minus is what p means and q does not.
func (p Parts) Minus(q Parts) Parts {
	var fields []string
	for _, f := range p.Fields {
		if _, found := slices.BinarySearch(q.Fields, f); !found {
			fields = append(fields, f)
		}
	}
	return Parts{
		Flags:    p.Flags && !q.Flags,
		Received: p.Received && !q.Received,
		Size:     p.Size && !q.Size,
		Saved:    p.Saved && !q.Saved,
		Fields:   fields,

		Structure: p.Structure && !q.Structure,
		Texts:     minusTexts(p.Texts, q.Texts),
	}
}

// HasFields says whether p means all of these header fields, which are as Fields has them.
// It is what judging asks for each message and test, and looks for few among few.
func (p Parts) HasFields(names []string) bool {
	have := p.Fields
	if len(names) > 0 && len(names) == len(have) && &names[0] == &have[0] {
		return true // what was asked for is told
	}
	for _, name := range names {
		for len(have) > 0 && have[0] != name {
			have = have[1:]
		}
		if len(have) == 0 {
			return false
		}
	}
	return true
}

// Covers says that p means all that q does. It is asked of each message that is read.
func (p Parts) Covers(q Parts) bool {
	return (p.Flags || !q.Flags) && (p.Received || !q.Received) && (p.Size || !q.Size) && (p.Saved || !q.Saved) &&
		(p.Structure || !q.Structure) && p.HasFields(q.Fields) &&
		!slices.ContainsFunc(q.Texts, func(t *TextTest) bool { return !slices.Contains(p.Texts, t) })
}

// union merges two sorted lists without repeating anything; it allocates nothing
// where one of them is the result.
func union(a, b []string) []string {
	switch {
	case len(b) == 0 || slices.Equal(a, b):
		return a
	case len(a) == 0:
		return b
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
