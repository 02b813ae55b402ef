package config

import (
	"strings"
	"time"

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
	for _, group := range functionGroups("", time.Time{}) {
		described := FunctionGroup{Name: group.name}
		for _, b := range group.functions {
			described.Functions = append(described.Functions, b.described())
		}
		groups = append(groups, described)
	}
	return groups
}

func (b builtin) described() Function {
	f := Function{Name: b.name, Doc: b.doc, Returns: returns(b.function)}
	var names []string
	for _, p := range b.function.Params() {
		f.Params = append(f.Params, describedParam(p))
		names = append(names, p.Name)
	}
	if rest := b.function.VarParam(); rest != nil {
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

// returns is the type of what a function gives for arguments of which nothing but
// their types is known.
func returns(f function.Function) string {
	var args []cty.Type
	for _, p := range f.Params() {
		args = append(args, p.Type)
	}
	if rest := f.VarParam(); rest != nil {
		args = append(args, rest.Type)
	}
	ty, err := f.ReturnType(args)
	if err != nil {
		return typeName(cty.DynamicPseudoType)
	}
	return typeName(ty)
}

// typeName writes a type as variables declare it. What is none that they can have,
// such as the expressions that "try" takes, is any.
func typeName(ty cty.Type) string {
	if capsuleIn(ty) != "" {
		ty = cty.DynamicPseudoType
	}
	return typeexpr.TypeString(ty)
}
