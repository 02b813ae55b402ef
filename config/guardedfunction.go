package config

import (
	"errors"
	"math/big"
	"regexp"

	"github.com/hashicorp/hcl/v2/ext/customdecode"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

var (
	errHidden = errors.New("why is not shown, since a sensitive value takes part in it")
	errKind   = errors.New("the function cannot be given such a value")
	errNumber = errors.New("the number is too large, or too near to zero")
)

// goName is how an error shows that it was made for programmers.
var goName = regexp.MustCompile(`\b(cty|big|gocty|function|runtime|reflect|strconv)\.|\[\]interface|panic`)

// guarded is the function with errors for people: they show no sensitive value, no
// panic and no type of Go.
func guarded(f function.Function) function.Function {
	return function.New(&function.Spec{
		Params:   openParams(f),
		VarParam: openVarParam(f),
		Type: func(args []cty.Value) (cty.Type, error) {
			if err := checkNumbers(args); err != nil {
				return cty.NilType, err
			}
			ty, err := f.ReturnTypeForValues(args)
			return ty, forPeople(err, args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, err := f.Call(args)
			if err != nil {
				return cty.NilVal, forPeople(err, args)
			}
			if !v.IsKnown() {
				v = v.WithSameMarks(args...) // which cty drops where an argument is of no known type
			}
			return v, nil
		},
	})
}

// openParams are the function's parameters, by names for people, and for any value:
// the function itself says what it takes of them.
func openParams(f function.Function) []function.Parameter {
	params := f.Params()
	for i := range params {
		allowAll(&params[i])
	}
	return params
}

func openVarParam(f function.Function) *function.Parameter {
	p := f.VarParam()
	if p != nil {
		allowAll(p)
	}
	return p
}

func allowAll(p *function.Parameter) {
	p.Name = paramName(p.Name)
	p.AllowUnknown, p.AllowNull, p.AllowMarked, p.AllowDynamicType = true, true, true, true
}

// paramName is the name of a parameter for people, of one that a library gave it.
func paramName(name string) string {
	switch name {
	case "inputMap", "mapping":
		return "map"
	case "str", "src":
		return "string"
	case "num":
		return "number"
	case "v", "val":
		return "value"
	case "vals", "args":
		return "values"
	case "seqs":
		return "lists"
	case "params":
		return "numbers"
	case "first_set":
		return "set"
	case "other_sets":
		return "sets"
	case "cutset":
		return "characters"
	}
	return name
}

// maxExponent bounds numbers by the exponent of two: written out, or cut to a whole
// number, others would fill the memory.
const maxExponent = 1 << 14

func checkNumbers(args []cty.Value) error {
	for i, arg := range args {
		arg, _ = arg.Unmark()
		if arg.Type() != cty.Number || arg.IsNull() || !arg.IsKnown() {
			continue
		}
		if f := arg.AsBigFloat(); !f.IsInf() && outOfBounds(f) {
			return function.NewArgError(i, errNumber)
		}
	}
	return nil
}

func outOfBounds(f *big.Float) bool {
	e := f.MantExp(nil)
	return e > maxExponent || e < -maxExponent
}

// forPeople is what may be said of an error of a function that was given the
// arguments. Which of them is wrong it keeps.
func forPeople(err error, args []cty.Value) error {
	if err == nil {
		return nil
	}
	_, panicked := errors.AsType[function.PanicError](err)
	said := err
	switch {
	case anySensitive(args):
		said = errHidden
	case panicked || goName.MatchString(err.Error()):
		said = errKind
	default:
		return err
	}
	if at, ok := errors.AsType[function.ArgError](err); ok {
		return function.NewArgError(at.Index, said)
	}
	return said
}

func anySensitive(args []cty.Value) bool {
	for _, arg := range args {
		if arg.ContainsMarked() {
			return true
		}
	}
	return closesOverSensitive(args)
}

// closesOverSensitive says whether an argument is an expression that gets hold of
// something sensitive.
func closesOverSensitive(args []cty.Value) bool {
	for _, arg := range args {
		if arg.Type() != customdecode.ExpressionClosureType || arg.IsNull() || !arg.IsKnown() {
			continue
		}
		closure := customdecode.ExpressionClosureFromVal(arg)
		if handles(closure.Expression, closure.EvalContext) {
			return true
		}
	}
	return false
}

// checked is the function for arguments that pass the check, which sees them without
// their marks; null or unknown they may be.
func checked(f function.Function, check func(args []cty.Value) error) function.Function {
	return function.New(&function.Spec{
		Params:   openParams(f),
		VarParam: openVarParam(f),
		Type: func(args []cty.Value) (cty.Type, error) {
			bare := make([]cty.Value, len(args))
			for i, arg := range args {
				bare[i], _ = arg.UnmarkDeep()
			}
			if err := check(bare); err != nil {
				return cty.NilType, err
			}
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f.Call(args) },
	})
}

// knownAs says whether a value is of the type and there to be looked at.
func knownAs(v cty.Value, ty cty.Type) bool { return v.Type() == ty && v.IsKnown() && !v.IsNull() }
