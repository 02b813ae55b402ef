package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
)

// A node is a value within what a criterion was given, and the way to it.
type node struct {
	value cty.Value
	path  cty.Path
}

// errorf is a problem with the node, for people: it speaks the configuration's
// words.
func (n node) errorf(format string, args ...any) error { return n.path.NewErrorf(format, args...) }

// top checks what every criterion asks of its value.
func top(v cty.Value) (node, error) {
	n := node{value: v}
	switch {
	case v == cty.NilVal:
		return n, n.errorf("it has no value")
	case v.ContainsMarked():
		_, marked := v.UnmarkDeepWithPaths()
		return node{path: marked[0].Path}, marked[0].Path.NewErrorf("a sensitive value cannot be used in a match")
	case !v.IsWhollyKnown():
		return n, n.errorf("its value is not known")
	case v.IsNull():
		return n, n.errorf("it must not be null here")
	}
	return n, nil
}

// kind says in people's words what the value is.
func (n node) kind() string {
	if n.value.IsNull() {
		return "null"
	}
	switch t := n.value.Type(); {
	case t == cty.String:
		return "a string"
	case t == cty.Number:
		return "a number"
	case t == cty.Bool:
		return "true or false"
	case n.isList():
		return "a list"
	case n.isObject():
		return "an object"
	default:
		return "something else"
	}
}

func (n node) isString() bool { return !n.value.IsNull() && n.value.Type() == cty.String }
func (n node) isNumber() bool { return !n.value.IsNull() && n.value.Type() == cty.Number }
func (n node) isBool() bool   { return !n.value.IsNull() && n.value.Type() == cty.Bool }

func (n node) isList() bool {
	t := n.value.Type()
	return !n.value.IsNull() && (t.IsListType() || t.IsTupleType() || t.IsSetType())
}

func (n node) isObject() bool {
	t := n.value.Type()
	return !n.value.IsNull() && (t.IsObjectType() || t.IsMapType())
}

// elements returns the elements of a list, and the node itself where it is none. A
// list that is empty, or has a null in it, would make a test that means something
// else than it says.
func (n node) elements() ([]node, error) {
	if !n.isList() {
		return []node{n}, nil
	}
	var elements []node
	for it := n.value.ElementIterator(); it.Next(); {
		key, v := it.Element()
		element := node{v, n.path.Index(key)}
		switch {
		case v.IsNull():
			return nil, element.errorf("an element of the list is null: leave it out, for instance with compact()")
		case element.isList():
			return nil, element.errorf("an element of the list is a list itself: say flatten([…])")
		}
		elements = append(elements, element)
	}
	if len(elements) == 0 {
		return nil, n.errorf("the list is empty: it would test nothing. Leave the argument out, or give it null")
	}
	return elements, nil
}

// An entry is an attribute of an object, or an element of a map.
type entry struct {
	key string
	node
}

// entries returns what an object holds, by key; what is null is not there.
func (n node) entries() ([]entry, error) {
	var entries []entry
	for it := n.value.ElementIterator(); it.Next(); {
		key, v := it.Element()
		if v.IsNull() {
			continue
		}
		path := n.path.Index(key)
		if n.value.Type().IsObjectType() {
			path = n.path.GetAttr(key.AsString())
		}
		entries = append(entries, entry{key.AsString(), node{v, path}})
	}
	if len(entries) == 0 {
		return nil, n.errorf("the object is empty: it would test nothing")
	}
	return entries, nil
}

// text returns a string that can be a test: not blank, and without anything that a
// value as it is compared cannot hold.
func (n node) text() (string, error) {
	s := n.value.AsString()
	switch {
	case strings.TrimSpace(s) == "":
		return "", n.errorf("the string is empty: it would take every message. Leave it out; where it comes from split(), say compact(split(…))")
	case !utf8.ValidString(s):
		return "", n.errorf("the string is not valid UTF-8")
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return "", n.errorf("the string contains the control character %U, which no value that is compared has", r)
		}
	}
	return s, nil
}

// boolean returns true or false.
func (n node) boolean() (bool, error) {
	if !n.isBool() {
		return false, n.errorf("this is %s: write true or false, without quotes", n.kind())
	}
	return n.value.True(), nil
}

// word returns a string that is no list and no number.
func (n node) word(what, example string) (string, error) {
	if !n.isString() {
		return "", n.errorf("this is %s, and %s is a string such as %q", n.kind(), what, example)
	}
	return n.value.AsString(), nil
}
