package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// A FunctionGroup is functions of one kind.
type FunctionGroup struct {
	Name      string     // of the kind: "strings"
	Functions []Function // by name
}

// A Function describes a function that expressions can call.
type Function struct {
	Name      string
	Signature string // as people write a call: "join(separator, lists...)"
	Doc       string // one sentence: what it gives
	Params    []Param
	Variadic  *Param // takes all arguments after Params; nil: there are none
	Returns   string // a type as variables declare it; "any": it hangs on the arguments
}

// A Param describes a parameter of a function.
type Param struct {
	Name string
	Type string // as variables declare it: "string", "list(string)", "any"
}

// Functions describes the functions that expressions can call.
func Functions() []FunctionGroup {
	var groups []FunctionGroup
	for _, group := range functionGroups(outside{}) {
		described := FunctionGroup{Name: group.name}
		for _, b := range group.functions {
			described.Functions = append(described.Functions, b.described())
		}
		groups = append(groups, described)
	}
	return groups
}

func (b builtin) described() Function {
	called := guarded(b.function)
	f := Function{Name: b.name, Doc: b.doc, Returns: returns(called)}
	var names []string
	for _, p := range called.Params() {
		f.Params = append(f.Params, describedParam(p))
		names = append(names, p.Name)
	}
	if rest := called.VarParam(); rest != nil {
		p := describedParam(*rest)
		f.Variadic = &p
		names = append(names, rest.Name+"...")
	}
	f.Signature = b.name + "(" + strings.Join(names, ", ") + ")"
	return f
}

func describedParam(p function.Parameter) Param {
	return Param{Name: p.Name, Type: typeName(p.Type)}
}

// returns is the type of what a function gives, if it is the same for arguments of
// any types.
func returns(f function.Function) string {
	found := cty.NilType
	for _, probe := range probes() {
		ty, err := f.ReturnType(probed(f, probe))
		switch {
		case err != nil: // not a type that the function takes
		case found == cty.NilType:
			found = ty
		case !ty.Equals(found):
			return typeName(cty.DynamicPseudoType)
		}
	}
	if found == cty.NilType {
		found = cty.DynamicPseudoType
	}
	return typeName(found)
}

// probes are types of every kind, for parameters that take any.
func probes() []cty.Type {
	return []cty.Type{
		cty.String, cty.Number, cty.List(cty.String), cty.Set(cty.Number), cty.Map(cty.Bool), cty.Tuple([]cty.Type{cty.String}),
		cty.Object(map[string]cty.Type{"a": cty.Number}), cty.List(cty.Map(cty.Number)),
	}
}

// probed are types of arguments, with the probe wherever any type can stand.
func probed(f function.Function, probe cty.Type) []cty.Type {
	params := f.Params()
	if rest := f.VarParam(); rest != nil {
		params = append(params, *rest, *rest)
	}
	types := make([]cty.Type, len(params))
	for i, p := range params {
		types[i] = p.Type
		if p.Type == cty.DynamicPseudoType {
			types[i] = probe
		}
	}
	return types
}

// typeName writes a type as variables declare it. What is none that they can have,
// such as the expressions that "try" takes, is any.
func typeName(ty cty.Type) string {
	if capsuleIn(ty) != "" {
		ty = cty.DynamicPseudoType
	}
	return typeexpr.TypeString(ty)
}
