package config

import (
	"errors"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// shownJSON writes a value as JSON on one line.
func shownJSON(v cty.Value) ([]byte, error) {
	shown, err := cty.Transform(v, func(path cty.Path, v cty.Value) (cty.Value, error) {
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
			return v, path.NewError(errors.New(why))
		}
		if address, ok := addressOf(v); ok {
			return cty.StringVal(address), nil
		}
		return v, nil
	})
	if err != nil {
		return nil, pathInWords(err)
	}
	return ctyjson.Marshal(shown, shown.Type())
}

func hasUse(s string) bool {
	_, at := firstUse(s)
	return at >= 0
}
