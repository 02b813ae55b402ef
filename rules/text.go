package rules

import (
	"slices"

	"github.com/imapform/imapform/internal/message"
)

// A textCase is one alternative of a text test: it holds for a value that meets
// all conditions.
type textCase struct {
	exists     presence
	raw        bool   // the value as on the wire
	word       string // that each value holds which meets the conditions; empty: there is none
	conditions []textCondition
}

type textCondition func(message.Text) bool

// presence says whether there is to be a value at all.
type presence int8

const (
	unsaid presence = iota
	present
	absent
)

func (c *textCase) passes(t message.Text) bool {
	for _, condition := range c.conditions {
		if !condition(t) {
			return false
		}
	}
	return true
}

// A textStyle is what differs between the places where text tests stand.
type textStyle struct {
	what    string                                    // what the whole test is called
	plain   func(textArgument) (textCondition, error) // what a string by itself means
	letters letterCase                                // caseNever: `case` must be among what is refused
	refused map[string]string                         // options that may not stand in it, and what to do then
}

// keys leaves out what may not stand in the test.
func (s textStyle) keys(all []string) []string {
	return slices.DeleteFunc(all, func(key string) bool { return s.refused[key] != "" })
}

var fieldStyle = textStyle{what: "a text test", plain: contains}

const textShape = `write a string, a list of strings or an object such as { is = "…" }`

// compileText makes the alternatives of a text test.
func compileText(n node, style textStyle) ([]textCase, error) {
	elements, err := n.elements()
	if err != nil {
		return nil, err
	}
	cases := make([]textCase, len(elements))
	for i, element := range elements {
		if cases[i], err = compileTextCase(element, style); err != nil {
			return nil, err
		}
	}
	return cases, nil
}

func compileTextCase(n node, style textStyle) (textCase, error) {
	switch {
	case n.isString():
		condition, err := style.plain(textArgument{node: n})
		return textCase{conditions: []textCondition{condition}, word: wordOf(n)}, err
	case n.isObject():
		entries, err := n.entries()
		if err != nil {
			return textCase{}, err
		}
		return compileTextObject(n, entries, style)
	default:
		return textCase{}, n.errorf("this is %s, and %s is not: %s", n.kind(), style.what, textShape)
	}
}

// compileTextObject makes a case of those keys of a text test that entries hold.
func compileTextObject(n node, entries []entry, style textStyle) (textCase, error) {
	c := textCase{}
	letters, err := c.options(entries, style)
	if err != nil {
		return c, err
	}
	for _, e := range entries {
		if slices.Contains(textOptions, e.key) {
			continue
		}
		key, ok := textKeys[e.key]
		if !ok {
			return c, unknownKey(e, style.keys(knownTextKeys()))
		}
		condition, err := key(e.node, letters)
		if err != nil {
			return c, err
		}
		c.conditions = append(c.conditions, condition)
		c.word = longer(c.word, wordOfKey(e))
	}
	switch {
	case c.exists == absent && len(entries) > 1:
		return c, n.errorf("exists = false says that there is nothing that anything else in the object could test: use two elements of a list")
	case c.exists == unsaid && len(c.conditions) == 0:
		return c, n.errorf("the object tests nothing: it needs one of %s", list(style.keys(testingKeys())))
	}
	return c, nil
}

// textOptions are the keys that are no conditions.
var textOptions = []string{"case", "exists", "raw"}

func (c *textCase) options(entries []entry, style textStyle) (letterCase, error) {
	letters := style.letters
	for _, e := range entries {
		if !slices.Contains(textOptions, e.key) {
			continue
		}
		if instead := style.refused[e.key]; instead != "" {
			return letters, e.errorf("%q cannot stand here: %s", e.key, instead)
		}
		value, err := e.boolean()
		if err != nil {
			return letters, err
		}
		switch {
		case e.key == "raw":
			c.raw = value
		case e.key == "case" && value:
			letters = caseCounts
		case e.key == "exists" && value:
			c.exists = present
		case e.key == "exists":
			c.exists = absent
		}
	}
	return letters, nil
}

// fieldAlternatives are the cases of a text test over header fields; value is what
// is tested of a field unless it is raw.
func fieldAlternatives(cases []textCase, value func(*message.Field) message.Text) []alternative {
	alternatives := make([]alternative, len(cases))
	for i := range cases {
		c := &cases[i]
		if c.exists == absent {
			alternatives[i] = alternative{absent: true}
			continue
		}
		alternatives[i] = alternative{pass: func(f *message.Field) Truth {
			if c.raw {
				return truthOf(c.passes(message.TextOf(f.Raw())))
			}
			return truthOf(c.passes(value(f)))
		}}
	}
	return alternatives
}
