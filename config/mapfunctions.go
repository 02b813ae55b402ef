package config

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
)

// lookup needs no default where the map has the key, and takes null for one, as
// Terraform's does. A result is as sensitive as the map, the key and what was found.
var lookup = function.New(&function.Spec{
	Params: []function.Parameter{
		{Name: "map", Type: cty.DynamicPseudoType, AllowMarked: true, AllowUnknown: true},
		{Name: "key", Type: cty.String, AllowMarked: true, AllowUnknown: true},
	},
	VarParam: &function.Parameter{Name: "default", Type: cty.DynamicPseudoType, AllowMarked: true, AllowUnknown: true, AllowDynamicType: true, AllowNull: true},
	Type: func(args []cty.Value) (cty.Type, error) {
		if len(args) > 3 {
			return cty.NilType, function.NewArgErrorf(3, "there can be one default only")
		}
		key, _ := args[1].Unmark()
		switch ty := args[0].Type(); {
		case ty.IsMapType():
			return ty.ElementType(), nil
		case !ty.IsObjectType():
			return cty.NilType, function.NewArgErrorf(0, "a map is needed")
		case !key.IsKnown():
			return cty.DynamicPseudoType, nil
		case ty.HasAttribute(key.AsString()):
			return ty.AttributeType(key.AsString()), nil
		case len(args) == 3:
			return args[2].Type(), nil
		}
		return cty.NilType, noKey(key)
	},
	Impl: func(args []cty.Value, want cty.Type) (cty.Value, error) {
		of, marks := args[0].Unmark()
		key, keyMarks := args[1].Unmark()
		if !of.IsKnown() || !key.IsKnown() {
			return cty.UnknownVal(want).WithMarks(marks, keyMarks), nil
		}
		if v, ok := at(of, key); ok {
			return v.WithMarks(marks, keyMarks), nil
		}
		if len(args) < 3 {
			return cty.NilVal, noKey(key)
		}
		fallback, err := convert.Convert(args[2], want)
		if err != nil {
			return cty.NilVal, function.NewArgErrorf(2, "the default must be of the type of the map's elements: %w", err)
		}
		return fallback.WithMarks(marks, keyMarks), nil
	},
})

// at is what a map or an object has at a key.
func at(of, key cty.Value) (cty.Value, bool) {
	if of.Type().IsObjectType() {
		if !of.Type().HasAttribute(key.AsString()) {
			return cty.NilVal, false
		}
		return of.GetAttr(key.AsString()), true
	}
	if of.HasIndex(key).False() {
		return cty.NilVal, false
	}
	return of.Index(key), true
}

func noKey(key cty.Value) error {
	return function.NewArgErrorf(1, "the map has nothing at %q; give what holds then as third argument", key.AsString())
}
