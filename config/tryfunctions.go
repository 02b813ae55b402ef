package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/customdecode"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// try is the first of the expressions that can be worked out. All of the result is
// sensitive where it may hang on something sensitive which of them that is.
var try = function.New(&function.Spec{
	VarParam: &function.Parameter{Name: "expressions", Type: customdecode.ExpressionClosureType},
	Type:     function.StaticReturnType(cty.DynamicPseudoType), // what it is, evaluating them once tells
	Impl:     func(args []cty.Value, _ cty.Type) (cty.Value, error) { return firstWorking(args) },
})

func firstWorking(args []cty.Value) (cty.Value, error) {
	hangs := false
	for _, arg := range args {
		got := tried(arg)
		hangs = hangs || got.hangs
		switch {
		case !got.works:
			continue
		case !got.surely:
			got.value = cty.DynamicVal // once it fails, it will be another one
		}
		if hangs {
			return got.value.Mark(sensitiveMark{}), nil
		}
		return got.value, nil
	}
	return tryfunc.TryFunc.Call(args) // which says of each why it cannot be worked out
}

// can says whether the expression can be worked out, which is sensitive where it may
// hang on something sensitive.
var can = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "expression", Type: customdecode.ExpressionClosureType}},
	Type:   function.StaticReturnType(cty.Bool),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		got := tried(args[0])
		works := cty.BoolVal(got.works)
		if got.works && !got.surely {
			works = cty.UnknownVal(cty.Bool)
		}
		if got.hangs {
			works = works.Mark(sensitiveMark{})
		}
		return works, nil
	},
})

// A trial is what came of trying an expression.
type trial struct {
	value  cty.Value
	works  bool // it can be worked out, as far as is known
	surely bool // and that will not change once more is known
	hangs  bool // whether it can may hang on something sensitive
}

func tried(arg cty.Value) trial {
	closure := customdecode.ExpressionClosureFromVal(arg)
	v, diags := closure.Value()
	hangs := !onlyHolds(closure.Expression, closure.EvalContext)
	return trial{
		value:  v,
		works:  !diags.HasErrors(),
		surely: v.IsWhollyKnown() || !hangs && knownBesideSensitive(v),
		hangs:  hangs,
	}
}

// knownBesideSensitive says whether all of a value is known but what is sensitive.
func knownBesideSensitive(v cty.Value) bool {
	known := true
	// The function returns no error, so that Walk returns none.
	_ = cty.Walk(v, func(_ cty.Path, at cty.Value) (bool, error) {
		known = known && (at.IsMarked() || at.IsKnown())
		return known && !at.IsMarked(), nil
	})
	return known
}

// onlyHolds says whether an expression can be worked out, or cannot, whatever the
// sensitive values are: it has them in what it gives, and does nothing with them.
func onlyHolds(expr hcl.Expression, ctx *hcl.EvalContext) bool {
	switch expr := expr.(type) {
	case *hclsyntax.ParenthesesExpr:
		return onlyHolds(expr.Expression, ctx)
	case *hclsyntax.TupleConsExpr:
		return !slices.ContainsFunc(expr.Exprs, func(e hclsyntax.Expression) bool { return !onlyHolds(e, ctx) })
	case *hclsyntax.ObjectConsExpr:
		return !slices.ContainsFunc(expr.Items, func(i hclsyntax.ObjectConsItem) bool {
			return handles(i.KeyExpr, ctx) || !onlyHolds(i.ValueExpr, ctx)
		})
	case *hclsyntax.ScopeTraversalExpr:
		return leadsBesideSensitive(expr.Traversal, ctx)
	default:
		return !handles(expr, ctx)
	}
}

// leadsBesideSensitive says whether a reference leads through nothing sensitive; what
// it leads to may be.
func leadsBesideSensitive(ref hcl.Traversal, ctx *hcl.EvalContext) bool {
	for i := 1; i < len(ref); i++ {
		if v, diags := ref[:i].TraverseAbs(ctx); diags.HasErrors() || v.IsMarked() {
			return diags.HasErrors()
		}
	}
	return true
}

// handles says whether an expression gets hold of something sensitive.
func handles(expr hcl.Expression, ctx *hcl.EvalContext) bool {
	if slices.ContainsFunc(expr.Variables(), func(ref hcl.Traversal) bool { return refersToSensitive(ref, ctx) }) {
		return true
	}
	node, native := expr.(hclsyntax.Node)
	return !native || callsFunction(node, "sensitive")
}

// callsFunction says whether a function is called in an expression.
func callsFunction(expr hclsyntax.Node, name string) bool {
	calls := false
	// The function returns no problem, so that VisitAll returns none.
	_ = hclsyntax.VisitAll(expr, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, is := n.(*hclsyntax.FunctionCallExpr); is && call.Name == name {
			calls = true
		}
		return nil
	})
	return calls
}
