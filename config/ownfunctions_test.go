package config

import (
	"testing"

	"github.com/zclconf/go-cty/cty"
)

func TestCoalesce(t *testing.T) {
	null, empty, x := cty.NullVal(cty.String), cty.StringVal(""), cty.StringVal("x")
	for _, c := range []struct {
		args []cty.Value
		want cty.Value // the zero value: an error
	}{
		{[]cty.Value{null, empty}, cty.Value{}},
		{[]cty.Value{null, empty, x}, x},
		{[]cty.Value{x, empty}, x},
		{[]cty.Value{cty.NumberIntVal(1), x}, cty.StringVal("1")},
		{[]cty.Value{empty, cty.UnknownVal(cty.String), x}, cty.UnknownVal(cty.String).RefineNotNull()},
		{[]cty.Value{empty, x.Mark("secret")}, x.Mark("secret")},
	} {
		got, err := coalesce.Call(c.args)
		if c.want == (cty.Value{}) {
			if err == nil {
				t.Errorf("%#v: got %#v, want an error", c.args, got)
			}
			continue
		}
		if err != nil || !got.RawEquals(c.want) && !(!got.IsKnown() && !c.want.IsKnown()) {
			t.Errorf("%#v: got %#v, %v, want %#v", c.args, got, err, c.want)
		}
	}
}
