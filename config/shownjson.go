package config

import (
	"errors"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// shownJSON writes a value as JSON on one line.
func shownJSON(v cty.Value) ([]byte, error) {
	// What holds others is looked at before them: where it must not be shown, neither
	// must the keys on the way to what it holds.
	err := cty.Walk(v, func(path cty.Path, v cty.Value) (bool, error) {
		why := ""
		switch {
		case v.IsMarked():
			why = "it comes from a sensitive variable"
		case !v.IsKnown():
			why = "it hangs on a variable that has no value"
		case v.Type() == cty.String && !v.IsNull() && hasUse(v.AsString()):
			why = "it names the folder of a special use, which only the server knows"
		}
		if why != "" {
			return false, path.NewError(errors.New(why))
		}
		return true, nil
	})
	if err != nil {
		return nil, pathInWords(err)
	}
	shown := withAddresses(v)
	return ctyjson.Marshal(shown, shown.Type())
}

// withAddresses is a value with the address of each account and match in its place.
// Lists and maps become tuples and objects, whose elements may be of any type.
func withAddresses(v cty.Value) cty.Value {
	ty := v.Type()
	address, named := addressOf(v)
	switch {
	case named:
		return cty.StringVal(address)
	case v.IsNull():
		return cty.NullVal(cty.String)
	case ty.IsObjectType() || ty.IsMapType():
		attributes := map[string]cty.Value{}
		for key, element := range v.Elements() {
			attributes[key.AsString()] = withAddresses(element)
		}
		return cty.ObjectVal(attributes)
	case isList(ty):
		var elements []cty.Value
		for _, element := range v.Elements() {
			elements = append(elements, withAddresses(element))
		}
		return cty.TupleVal(elements)
	default:
		return v
	}
}

func hasUse(s string) bool {
	_, at := firstUse(s)
	return at >= 0
}
