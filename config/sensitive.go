package config

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
)

// sensitiveMark is what marks a value that comes from a sensitive variable.
type sensitiveMark struct{}

// keepMarks is what an expression gave, with each part marked that hangs on something
// sensitive. HCL loses marks: that of a key by which an element of an object is chosen,
// and those that say which of the expressions of try can be worked out.
//
// So the expression is evaluated again without knowing what is sensitive. What comes
// out as it did before does not hang on it.
func (l *loader) keepMarks(v cty.Value, expr hcl.Expression, ctx *hcl.EvalContext, each *instance) cty.Value {
	if _, isReference := expr.(*hclsyntax.ScopeTraversalExpr); isReference || v.IsMarked() || !v.IsKnown() {
		return v // a reference loses none
	}
	blind, diags := expr.Value(l.blindContext(ctx, each))
	if diags.HasErrors() {
		return v.Mark(sensitiveMark{})
	}
	return marked(v, blind)
}

// marked is a value with each known part marked that is not the same in blind, which
// was made without knowing what is sensitive.
func marked(v, blind cty.Value) cty.Value {
	switch {
	case v.IsMarked() || !v.IsKnown():
		return v
	case blind.IsMarked() || !blind.IsKnown() || v.IsNull() != blind.IsNull():
		return v.Mark(sensitiveMark{})
	case v.IsNull():
		return v
	case isKeyed(v.Type()) && isKeyed(blind.Type()):
		return markedElements(v, blind)
	case isSequence(v.Type()) && isSequence(blind.Type()):
		return markedSequence(v, blind)
	case same(v, blind):
		return v
	default:
		return v.Mark(sensitiveMark{})
	}
}

// isKeyed says whether values of a type are objects or maps.
func isKeyed(ty cty.Type) bool { return ty.IsObjectType() || ty.IsMapType() }

// isSequence says whether values of a type are lists, but no sets.
func isSequence(ty cty.Type) bool { return ty.IsTupleType() || ty.IsListType() }

// markedElements is marked for an object or a map.
func markedElements(v, blind cty.Value) cty.Value {
	elements, others := v.AsValueMap(), blind.AsValueMap()
	if !slices.Equal(sortedKeys(elements), sortedKeys(others)) {
		return v.Mark(sensitiveMark{})
	}
	for key, element := range elements {
		elements[key] = marked(element, others[key])
	}
	switch {
	case len(elements) == 0:
		return v
	case v.Type().IsMapType():
		return cty.MapVal(elements)
	default:
		return cty.ObjectVal(elements)
	}
}

// markedSequence is marked for a tuple or a list.
func markedSequence(v, blind cty.Value) cty.Value {
	elements, others := v.AsValueSlice(), blind.AsValueSlice()
	if len(elements) != len(others) {
		return v.Mark(sensitiveMark{})
	}
	for i, element := range elements {
		elements[i] = marked(element, others[i])
	}
	switch {
	case len(elements) == 0:
		return v
	case v.Type().IsListType():
		return cty.ListVal(elements)
	default:
		return cty.TupleVal(elements)
	}
}

// same says whether values without marks are equal once they are of one type. Of which
// type a value becomes may hang on one that is sensitive.
func same(v, blind cty.Value) bool {
	converted, err := convert.Convert(blind, v.Type())
	return err == nil && converted.RawEquals(v)
}

// blindContext is a context in which what is sensitive is not known, and cannot be made
// from what is known.
func (l *loader) blindContext(ctx *hcl.EvalContext, each *instance) *hcl.EvalContext {
	blind := &hcl.EvalContext{Functions: l.blindFunctions(), Variables: maps.Clone(ctx.Variables)}
	for root, v := range ctx.Variables {
		switch i := each.named(root); {
		case i != nil:
			blind.Variables[root] = blinded(v)
		case l.declared[root] != nil:
			blind.Variables[root] = l.blindMembers(root, v)
		}
	}
	return blind
}

// blindMembers is an object of what is declared, without knowing what is sensitive.
func (l *loader) blindMembers(root string, of cty.Value) cty.Value {
	members := of.AsValueMap()
	for name := range members {
		n := l.declared[root][name]
		if n == nil || !n.marked {
			continue
		}
		if n.blind == cty.NilVal {
			n.blind = blinded(n.value)
		}
		members[name] = n.blind
	}
	return cty.ObjectVal(members)
}

// blindFunctions are the functions, of which sensitive gives nothing that is known.
func (l *loader) blindFunctions() map[string]function.Function {
	if l.blindCalls[l.dir] == nil {
		calls := maps.Clone(l.functions)
		calls["sensitive"] = blindSensitive
		l.blindCalls[l.dir] = calls
	}
	return l.blindCalls[l.dir]
}

// blindSensitive is sensitive for who must not know the value.
var blindSensitive = function.New(&function.Spec{
	Params: anyValue(),
	Type:   func([]cty.Value) (cty.Type, error) { return cty.DynamicPseudoType, nil },
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		return blinded(args[0].Mark(sensitiveMark{})), nil
	},
})

// blinded is a value of which nothing sensitive is known but that it is. What holds
// something sensitive becomes an object or a tuple, whose elements may be of any types.
func blinded(v cty.Value) cty.Value {
	switch ty := v.Type(); {
	case v.IsMarked() && ty.IsPrimitiveType():
		return cty.UnknownVal(ty).WithSameMarks(v)
	case v.IsMarked():
		return cty.DynamicVal.WithSameMarks(v) // the names of an object's attributes may be secret, too
	case !v.ContainsMarked():
		return v
	case isKeyed(ty):
		elements := v.AsValueMap()
		for key, element := range elements {
			elements[key] = blinded(element)
		}
		return cty.ObjectVal(elements)
	default: // sets hold nothing that is marked
		elements := v.AsValueSlice()
		for i, element := range elements {
			elements[i] = blinded(element)
		}
		return cty.TupleVal(elements)
	}
}

func refersToSensitive(ref hcl.Traversal, ctx *hcl.EvalContext) bool {
	v, diags := ref.TraverseAbs(ctx)
	if diags.HasErrors() { // maybe because of what is sensitive
		v, _ = ref[:1].TraverseAbs(ctx)
	}
	return v.ContainsMarked()
}
