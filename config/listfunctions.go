package config

import (
	"errors"
	"fmt"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// coalesce passes over empty strings too, as Terraform's does.
var coalesce = function.New(&function.Spec{
	VarParam: &function.Parameter{Name: "values", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true, AllowDynamicType: true},
	Type: func(args []cty.Value) (cty.Type, error) {
		return stdlib.CoalesceFunc.ReturnTypeForValues(args)
	},
	Impl: func(args []cty.Value, want cty.Type) (cty.Value, error) {
		for _, v := range args {
			if !v.IsKnown() {
				return cty.UnknownVal(want), nil
			}
			if v, err := convert.Convert(v, want); err == nil && !v.IsNull() && !v.RawEquals(cty.StringVal("")) {
				return v, nil
			}
		}
		return cty.NilVal, errors.New("every value is null or an empty string")
	},
})

// quantifier makes a function over a list of booleans, where null counts as false:
// the result is that of the first element which is decisive.
func quantifier(decisive bool) function.Function {
	return function.New(&function.Spec{
		Params:       []function.Parameter{{Name: "list", Type: cty.List(cty.Bool)}},
		Type:         function.StaticReturnType(cty.Bool),
		RefineResult: notNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			open := false
			for _, v := range args[0].Elements() {
				switch {
				case !v.IsKnown():
					open = true
				case (!v.IsNull() && v.True()) == decisive:
					return cty.BoolVal(decisive), nil
				}
			}
			if open {
				return cty.UnknownVal(cty.Bool), nil
			}
			return cty.BoolVal(!decisive), nil
		},
	})
}

var (
	allTrue = quantifier(false)
	anyTrue = quantifier(true)
)

// length counts letters, elements or attributes. How many there are is no secret
// where only elements are.
var length = function.New(&function.Spec{
	Params:       []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true, AllowUnknown: true, AllowMarked: true}},
	Type:         function.StaticReturnType(cty.Number),
	RefineResult: notNull,
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v := args[0]
		switch ty := v.Type(); {
		case ty == cty.DynamicPseudoType:
			return cty.UnknownVal(cty.Number).WithSameMarks(v), nil
		case ty == cty.String:
			return stdlib.Strlen(v)
		case ty.IsObjectType():
			return cty.NumberIntVal(int64(len(ty.AttributeTypes()))).WithSameMarks(v), nil
		case ty.IsTupleType() || ty.IsCollectionType():
			return v.Length(), nil
		default:
			return cty.NilVal, function.NewArgErrorf(0, "a string, a list or a map is needed")
		}
	},
})

// one is the only element of a list that has at most one.
var one = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
	Type: func(args []cty.Value) (cty.Type, error) {
		ty := args[0].Type()
		switch {
		case ty.IsListType() || ty.IsSetType():
			return ty.ElementType(), nil
		case ty.IsTupleType() && ty.Length() == 1:
			return ty.TupleElementType(0), nil
		case ty.IsTupleType() && ty.Length() == 0:
			return cty.DynamicPseudoType, nil
		}
		return cty.NilType, function.NewArgErrorf(0, "a list or set with at most one element is needed")
	},
	Impl: func(args []cty.Value, want cty.Type) (cty.Value, error) {
		if !args[0].Length().IsKnown() {
			return cty.UnknownVal(want), nil
		}
		switch n := args[0].LengthInt(); n {
		case 0:
			return cty.NullVal(want), nil
		case 1:
			for _, v := range args[0].Elements() {
				return v, nil
			}
		}
		return cty.NilVal, function.NewArgErrorf(0, "a list or set with at most one element is needed")
	},
})

// index is where a list has a value first.
var index = function.New(&function.Spec{
	Params:       []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}, {Name: "value", Type: cty.DynamicPseudoType}},
	Type:         function.StaticReturnType(cty.Number),
	RefineResult: notNull,
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if ty := args[0].Type(); !ty.IsListType() && !ty.IsTupleType() {
			return cty.NilVal, function.NewArgErrorf(0, "a list is needed")
		}
		for i, v := range args[0].Elements() {
			switch same := v.Equals(args[1]); {
			case !same.IsKnown():
				return cty.UnknownVal(cty.Number), nil
			case same.True():
				return i, nil
			}
		}
		return cty.NilVal, function.NewArgErrorf(1, "the list has no such element; ask contains() first")
	},
})

// sum adds up. Strings of digits are taken for their number, as everywhere.
var sum = function.New(&function.Spec{
	Params:       []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
	Type:         function.StaticReturnType(cty.Number),
	RefineResult: notNull,
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		list := args[0]
		if ty := list.Type(); !ty.IsListType() && !ty.IsSetType() && !ty.IsTupleType() {
			return cty.NilVal, function.NewArgErrorf(0, "a list or set of numbers is needed")
		}
		if !list.IsWhollyKnown() {
			return cty.UnknownVal(cty.Number), nil
		}
		if list.LengthInt() == 0 {
			return cty.NilVal, function.NewArgErrorf(0, "the sum of no numbers is not defined; put a 0 before them: sum(concat([0], list))")
		}
		total := cty.Zero
		for _, v := range list.Elements() {
			n, err := convert.Convert(v, cty.Number)
			if err != nil || n.IsNull() {
				return cty.NilVal, function.NewArgErrorf(0, "a list or set of numbers is needed, and %s stands in it", kindOf(v))
			}
			if total, err = stdlib.Add(total, n); err != nil {
				return cty.NilVal, err
			}
		}
		return total, nil
	},
})

// matchKeys takes of a list what has one of the keys.
var matchKeys = function.New(&function.Spec{
	Params: []function.Parameter{
		{Name: "values", Type: cty.List(cty.DynamicPseudoType)},
		{Name: "keys", Type: cty.List(cty.DynamicPseudoType)},
		{Name: "searched", Type: cty.List(cty.DynamicPseudoType)},
	},
	Type: func(args []cty.Value) (cty.Type, error) {
		if ty, _ := convert.UnifyUnsafe([]cty.Type{args[1].Type(), args[2].Type()}); ty == cty.NilType {
			return cty.NilType, function.NewArgErrorf(2, "what is searched must be of the same type as the keys")
		}
		return args[0].Type(), nil
	},
	RefineResult: notNull,
	Impl: func(args []cty.Value, want cty.Type) (cty.Value, error) {
		for _, arg := range args {
			if !arg.IsWhollyKnown() {
				return cty.UnknownVal(want), nil
			}
		}
		if values, keys := args[0].LengthInt(), args[1].LengthInt(); values != keys {
			return cty.NilVal, function.NewArgErrorf(1, "there must be a key for each value, and there are %d for %d", keys, values)
		}
		ty, _ := convert.UnifyUnsafe([]cty.Type{args[1].Type(), args[2].Type()})
		searched, err := convert.Convert(args[2], ty)
		if err != nil {
			return cty.NilVal, function.NewArgError(2, err)
		}
		keys, err := convert.Convert(args[1], ty)
		if err != nil {
			return cty.NilVal, function.NewArgError(1, err)
		}
		var found []cty.Value
		for i, key := range keys.Elements() {
			if hasElement(searched, key) {
				found = append(found, args[0].Index(i))
			}
		}
		if found == nil {
			return cty.ListValEmpty(want.ElementType()), nil
		}
		return cty.ListVal(found), nil
	},
})

func hasElement(list, value cty.Value) bool {
	for _, v := range list.Elements() {
		if v.Equals(value).True() {
			return true
		}
	}
	return false
}

// flatten knows nothing of a list with an element that may yet turn out to be a list:
// the library's takes it for none.
var flatten = function.New(&function.Spec{
	Params: openParams(stdlib.FlattenFunc),
	Type: func(args []cty.Value) (cty.Type, error) {
		if mayHoldList(args[0]) {
			return cty.DynamicPseudoType, nil
		}
		return stdlib.FlattenFunc.ReturnTypeForValues(args)
	},
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if mayHoldList(args[0]) {
			return cty.DynamicVal, nil
		}
		return stdlib.FlattenFunc.Call(args)
	},
})

// mayHoldList says whether something in a list, or in a list in it, is of no known type.
func mayHoldList(v cty.Value) bool {
	v, _ = v.Unmark()
	if !isList(v.Type()) || v.IsNull() || !v.IsKnown() {
		return false
	}
	for _, element := range v.Elements() {
		bare, _ := element.Unmark()
		if !bare.IsKnown() && bare.Type() == cty.DynamicPseudoType || mayHoldList(element) {
			return true
		}
	}
	return false
}

// transpose makes of which elements a key has which keys an element has.
var transpose = function.New(&function.Spec{
	Params:       []function.Parameter{{Name: "map", Type: cty.Map(cty.List(cty.String))}},
	Type:         function.StaticReturnType(cty.Map(cty.List(cty.String))),
	RefineResult: notNull,
	Impl: func(args []cty.Value, want cty.Type) (cty.Value, error) {
		if !args[0].IsWhollyKnown() {
			return cty.UnknownVal(want), nil
		}
		keys := map[string][]cty.Value{}
		for key, list := range args[0].Elements() {
			if list.IsNull() {
				return cty.NilVal, function.NewArgErrorf(0, "a list in it is null")
			}
			for _, v := range list.Elements() {
				if v.IsNull() {
					return cty.NilVal, function.NewArgErrorf(0, "an element of a list in it is null")
				}
				keys[v.AsString()] = append(keys[v.AsString()], key)
			}
		}
		if len(keys) == 0 {
			return cty.MapValEmpty(cty.List(cty.String)), nil
		}
		lists := map[string]cty.Value{}
		for value, of := range keys {
			lists[value] = cty.ListVal(of)
		}
		return cty.MapVal(lists), nil
	},
})

// maxProduct is how many elements setproduct may give.
const maxProduct = 100_000

// checkProduct keeps a few short lists from filling the memory. An empty one makes
// the product empty.
func checkProduct(args []cty.Value) error {
	total := 1
	for _, arg := range args {
		ty := arg.Type()
		if !ty.IsListType() && !ty.IsSetType() && !ty.IsTupleType() || arg.IsNull() || !arg.IsKnown() || !arg.Length().IsKnown() {
			continue
		}
		total = min(total, maxProduct+1) * arg.LengthInt()
	}
	if total > maxProduct {
		return fmt.Errorf("the product would have more than %d elements", maxProduct)
	}
	return nil
}
