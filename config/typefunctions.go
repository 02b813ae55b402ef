package config

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func typeFunctions() []builtin {
	return []builtin{
		{"can", "whether the expression can be worked out", can},
		{"issensitive", "whether the value is sensitive", isSensitive},
		{"sensitive", "the value as one that must not be shown", sensitive},
		{"tobool", "the value as true or false", stdlib.MakeToFunc(cty.Bool)},
		{"tolist", "the value as a list", stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType))},
		{"tomap", "the value as a map", stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType))},
		{"tonumber", "the value as a number", stdlib.MakeToFunc(cty.Number)},
		{"toset", "the value as a set", stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType))},
		{"tostring", "the value as a string", stdlib.MakeToFunc(cty.String)},
		{"try", "the first of the expressions that can be worked out", try},
	}
}

func anyValue() []function.Parameter {
	return []function.Parameter{{
		Name: "value", Type: cty.DynamicPseudoType,
		AllowUnknown: true, AllowNull: true, AllowMarked: true, AllowDynamicType: true,
	}}
}

// sensitive marks a value as one that must not be shown.
var sensitive = function.New(&function.Spec{
	Params: anyValue(),
	Type:   func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
	Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return args[0].Mark(sensitiveMark{}), nil },
})

// isSensitive gives no part of the value away, so its result is not sensitive. What
// is not known yet may turn out to be.
var isSensitive = function.New(&function.Spec{
	Params:       anyValue(),
	Type:         function.StaticReturnType(cty.Bool),
	RefineResult: notNull,
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		switch v := args[0]; {
		case v.HasMark(sensitiveMark{}):
			return cty.True, nil
		case !v.IsKnown():
			return cty.UnknownVal(cty.Bool), nil
		default:
			return cty.False, nil
		}
	},
})
