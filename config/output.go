package config

import (
	"github.com/zclconf/go-cty/cty"
)

// outputValue is what a module hands out.
var outputValue = Argument{Name: "value", Value: "a value", Doc: "what is handed out", Required: true}

// An output is what its block says beside the value.
type output struct {
	description string
	sensitive   bool
}

func outputArguments() []argument[output] {
	return []argument[output]{
		{name: "description", value: "a string", doc: "what the output is, for people", set: assign(text, func(o *output) *string { return &o.description })},
		{name: "sensitive", value: "true or false", fallback: "false", doc: "whether its value must never be shown, like that of a sensitive variable", set: assign(boolean, func(o *output) *bool { return &o.sensitive })},
	}
}

// declareOutput takes an output, which what uses the module can refer to.
func (l *loader) declareOutput(b *block) {
	l.node("output", b.label, b.declared, func() cty.Value {
		var o output
		unclear := decode(l, b, nil, outputArguments(), &o)["sensitive"] == unknown
		attr, ok := b.args["value"]
		if !ok {
			if !b.broken {
				l.missing(b, "An output", outputValue)
			}
			return cty.DynamicVal
		}
		v, _ := l.eval(attr.Expr, nil)
		if o.sensitive || unclear { // rather than show what was meant to be hidden
			v = v.Mark(sensitiveMark{})
		}
		return v
	})
}

// outputs are what a module hands out, as an object.
func (l *loader) outputs() cty.Value {
	values := map[string]cty.Value{}
	for name, n := range l.declared["output"] {
		values[name] = l.valueOf(n, n.declared)
	}
	return cty.ObjectVal(values)
}
