package rules

import (
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// maxWritten is how many elements of a list are written.
const maxWritten = 5

// written is a value as an expression would say it, on one line, long lists cut
// short.
func written(v cty.Value) string {
	n := node{value: v}
	switch {
	case v == cty.NilVal || v.IsNull() || !v.IsKnown():
		return "null"
	case n.isString():
		return strconv.Quote(v.AsString())
	case n.isNumber():
		return v.AsBigFloat().Text('g', 10)
	case n.isBool():
		return strconv.FormatBool(v.True())
	case n.isList():
		return "[" + strings.Join(writtenElements(v), ", ") + "]"
	case n.isObject():
		return "{ " + strings.Join(writtenElements(v), ", ") + " }"
	default:
		return n.kind()
	}
}

func writtenElements(v cty.Value) []string {
	keyed := node{value: v}.isObject()
	var words []string
	for it := v.ElementIterator(); it.Next(); {
		key, element := it.Element()
		switch {
		case len(words) == maxWritten:
			return append(words, "… "+strconv.Itoa(v.LengthInt()-maxWritten)+" more")
		case keyed:
			words = append(words, writtenKey(key.AsString())+" = "+written(element))
		default:
			words = append(words, written(element))
		}
	}
	return words
}

// writtenKey leaves out the quotation marks around a name.
func writtenKey(key string) string {
	notName := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_'
	}
	if key == "" || strings.ContainsFunc(key, notName) {
		return strconv.Quote(key)
	}
	return key
}
