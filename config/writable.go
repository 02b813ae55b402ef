package config

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// ofWritable is the function for values that can be written: an account or a named
// match has no text, and would become that of something else.
func ofWritable(f function.Function) function.Function {
	return function.New(&function.Spec{
		Params:   f.Params(),
		VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			for i, arg := range args {
				if found := capsuleIn(arg.Type()); found != "" {
					return cty.NilType, function.NewArgErrorf(i, "%s cannot be written as a text", found)
				}
			}
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f.Call(args) },
	})
}

// capsuleIn names what is in a type that is no data; empty: nothing is.
func capsuleIn(ty cty.Type) string {
	switch {
	case ty.IsCapsuleType():
		return ty.FriendlyName()
	case ty.IsCollectionType():
		return capsuleIn(ty.ElementType())
	case ty.IsTupleType():
		for _, element := range ty.TupleElementTypes() {
			if found := capsuleIn(element); found != "" {
				return found
			}
		}
	case ty.IsObjectType():
		attributes := ty.AttributeTypes()
		for _, name := range sortedKeys(attributes) {
			if found := capsuleIn(attributes[name]); found != "" {
				return found
			}
		}
	}
	return ""
}
