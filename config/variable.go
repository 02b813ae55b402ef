package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// A variable is what its block says.
type variable struct {
	name     string
	block    *block
	typ      cty.Type
	defaults *typeexpr.Defaults
	literal  bool // a value from outside is a text as it stands, no expression

	description string
	sensitive   bool
	unclear     bool // it was declared or given wrongly, which is reported: it may be sensitive, and has no value
	nullable    bool
}

func variableArguments() []argument[variable] {
	return []argument[variable]{
		{name: "description", value: "a string", doc: "what the variable is for, for people", set: assign(text, func(v *variable) *string { return &v.description })},
		{name: "sensitive", value: "true or false", fallback: "false", doc: "whether its value must never be shown; it may then reach nothing but the username, password and password_command of an account", set: assign(boolean, func(v *variable) *bool { return &v.sensitive })},
		{name: "nullable", value: "true or false", fallback: "true", doc: "whether it may be null; if not, null stands for the default", set: assign(boolean, func(v *variable) *bool { return &v.nullable })},
	}
}

// declareVariable makes the variable known as var.NAME.
func (l *loader) declareVariable(b *block) {
	v := &variable{name: b.label, block: b, nullable: true, typ: cty.DynamicPseudoType, literal: true}
	if !l.node("var", b.label, b.declared, func() cty.Value { return l.variableValue(v) }) {
		return
	}
	l.variables[v.name] = v
	fixed := l.staticOnly(b, "description", "sensitive", "nullable")
	if decode(l, b, nil, variableArguments(), v)["sensitive"] == unknown || b.broken || !fixed {
		v.sensitive, v.unclear = true, true // rather than show what was meant to be hidden
	}
	if attr, ok := b.args["type"]; ok {
		typ, defaults, diags := typeexpr.TypeConstraintWithDefaults(attr.Expr)
		l.report.addAll(diags)
		if !diags.HasErrors() {
			v.typ, v.defaults, v.literal = typ, defaults, typ.IsPrimitiveType()
		}
	}
}

// staticOnly takes arguments away that refer to something: what a variable is must
// be known before anything has a value. It says whether there were none.
func (l *loader) staticOnly(b *block, names ...string) bool {
	fixed := true
	for _, name := range names {
		attr, ok := b.args[name]
		if !ok {
			continue
		}
		for _, ref := range attr.Expr.Variables() {
			l.report.errorAt(ref.SourceRange(), "Reference not allowed",
				fmt.Sprintf("The argument %s of a variable is fixed: it cannot refer to anything.", name))
			delete(b.args, name)
			fixed = false
		}
	}
	return fixed
}

// variableValue is the value that was given last, else the default.
func (l *loader) variableValue(v *variable) cty.Value {
	value := l.chosenValue(v)
	if v.unclear {
		return cty.DynamicVal
	}
	if v.sensitive {
		value = value.Mark(sensitiveMark{})
	}
	return value
}

func (l *loader) chosenValue(v *variable) cty.Value {
	fallback, hasDefault := l.defaultValue(v)
	if g, ok := l.given[v.name]; ok {
		raw, ok := l.givenValue(v, g)
		if !ok {
			return cty.UnknownVal(v.typ)
		}
		value, err := v.convert(raw)
		switch {
		case err != nil:
			l.badValue(v, g, fmt.Sprintf("The value for var.%s, from %s, is not suitable: %s.", v.name, g.origin, err))
			return cty.UnknownVal(v.typ)
		case !value.IsNull() || v.nullable:
			return value
		case !hasDefault:
			l.badValue(v, g, fmt.Sprintf("The value for var.%s, from %s, is null, which the variable does not allow.", v.name, g.origin))
			return cty.UnknownVal(v.typ)
		case value.IsMarked():
			return fallback.Mark(sensitiveMark{}) // that it is null is secret, too
		}
	}
	if hasDefault {
		return fallback
	}
	if l.call != nil {
		l.call.from.report.errorAt(l.call.block.declared, "Missing required argument",
			fmt.Sprintf("The module needs the argument %s, a value for its variable (at %s), which has no default.", v.name, place(v.block.declared)))
		return cty.UnknownVal(v.typ)
	}
	if !l.src.Incomplete && !v.unclear {
		l.report.errorAt(v.block.declared, "No value for a variable",
			fmt.Sprintf("The variable %q has no default and was given no value: set %s%s, or give one in imapform.imapvars.hcl%s.",
				v.name, environmentPrefix, v.name, pickText(v.sensitive, "", fmt.Sprintf(" or by -var=%s=…", v.name))))
	}
	return cty.UnknownVal(v.typ)
}

func pickText(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// badValue reports a value that is not suitable: where a module block gives it, or
// else at the variable's declaration, since the line that holds a value from
// outside may hold a secret.
func (l *loader) badValue(v *variable, g given, detail string) {
	if g.from != nil {
		l.call.from.report.errorAt(g.expr.Range(), "Invalid value for a variable", detail)
		return
	}
	l.report.errorAt(v.block.declared, "Invalid value for a variable", detail)
}

// convert is a value as one of the variable's type, as sensitive as it was.
func (v *variable) convert(value cty.Value) (cty.Value, error) {
	converted, err := v.typed(value)
	switch {
	case err != nil && (v.sensitive || value.ContainsMarked()): // its keys may be secret, too
		return cty.NilVal, fmt.Errorf("a value of the type %s is required", typeexpr.TypeString(v.typ))
	case err != nil:
		return cty.NilVal, pathInWords(err)
	case !value.ContainsMarked():
		return converted, nil
	}
	blind, err := v.typed(blinded(value)) // a default has no mark, and whether it is taken may hang on what has one
	if err != nil {
		return converted.Mark(sensitiveMark{}), nil
	}
	return marked(converted, blind), nil
}

// typed is a value as one of the variable's type, with the defaults of what it leaves
// out.
func (v *variable) typed(value cty.Value) (cty.Value, error) {
	if v.defaults != nil {
		value = v.defaults.Apply(value)
	}
	return convert.Convert(value, v.typ)
}

// pathInWords puts where in a value a conversion failed before what is wrong.
func pathInWords(err error) error {
	at, ok := err.(cty.PathError)
	if !ok || len(at.Path) == 0 {
		return err
	}
	where := ""
	for _, step := range at.Path {
		switch step := step.(type) {
		case cty.GetAttrStep:
			where += "." + step.Name
		case cty.IndexStep:
			where += indexInWords(step.Key)
		}
	}
	return fmt.Errorf("at %s, %w", where, err)
}

func indexInWords(key cty.Value) string {
	switch {
	case key.IsMarked() || !key.IsKnown() || key.IsNull():
		return "[…]"
	case key.Type() == cty.String:
		return fmt.Sprintf("[%q]", key.AsString())
	case key.Type() == cty.Number:
		return "[" + key.AsBigFloat().Text('f', -1) + "]"
	default:
		return "[…]"
	}
}

// defaultValue is the variable's default; unknown if there is something wrong with
// it.
func (l *loader) defaultValue(v *variable) (cty.Value, bool) {
	attr, ok := v.block.args["default"]
	if !ok {
		return cty.NilVal, false
	}
	raw, diags := attr.Expr.Value(nil)
	at := attr.Expr.Range()
	if v.sensitive {
		at = v.block.declared // which does not show the value
	}
	if diags.HasErrors() {
		if v.sensitive {
			l.report.errorAt(at, "Invalid default", "The default must be a constant: it can refer to nothing and call no function.")
		} else {
			l.report.addAll(diags)
		}
		return cty.UnknownVal(v.typ), true
	}
	value, err := v.convert(raw)
	switch {
	case err != nil:
		l.report.errorAt(at, "Invalid default", fmt.Sprintf("The default is not of the variable's type: %s.", err))
		return cty.UnknownVal(v.typ), true
	case value.IsNull() && !v.nullable:
		l.report.errorAt(at, "Invalid default", "The default is null, which the variable does not allow.")
		return cty.UnknownVal(v.typ), true
	}
	return value, true
}

// givenValue is what a value from outside says: a text, or an expression without
// references where the variable's type is not that of a text.
func (l *loader) givenValue(v *variable, g given) (cty.Value, bool) {
	if g.from != nil {
		value, _ := g.from.eval(g.expr, g.each)
		return value, true
	}
	if g.expr == nil && v.literal {
		return cty.StringVal(g.text), true
	}
	expr := g.expr
	if expr == nil {
		parsed, diags := hclsyntax.ParseExpression([]byte(g.text), g.origin, hcl.InitialPos)
		if diags.HasErrors() {
			l.badValue(v, g, fmt.Sprintf("The value for var.%s, from %s, is not an expression such as [\"a\", \"b\"] or { a = 1 }.", v.name, g.origin))
			return cty.NilVal, false
		}
		expr = parsed
	}
	value, diags := expr.Value(nil)
	if diags.HasErrors() {
		l.badValue(v, g, fmt.Sprintf("The value for var.%s, from %s, must be a constant: it can refer to nothing and call no function.", v.name, g.origin))
		return cty.NilVal, false
	}
	return value, true
}

// validateVariables judges the validation blocks of all variables, whose values
// are known by now.
func (l *loader) validateVariables() {
	for _, name := range sortedKeys(l.variables) {
		for _, b := range l.variables[name].block.all("validation") {
			l.validate(b, l.given[name])
		}
	}
}

func (l *loader) validate(b *block, g given) {
	if b.broken {
		return
	}
	for _, arg := range b.kind.args {
		if b.args[arg.Name] == nil {
			l.report.errorAt(b.declared, "Missing required argument", fmt.Sprintf("A validation needs the argument %s.", arg.Name))
			return
		}
	}
	v, ctx := l.eval(b.args["condition"].Expr, nil)
	message, _ := l.eval(b.args["error_message"].Expr, nil)
	v, _ = v.UnmarkDeep()
	if !v.IsKnown() {
		return
	}
	holds, err := boolean(v)
	if err != nil {
		l.valueError(b.args["condition"], ctx, err)
		return
	}
	if holds || !message.IsKnown() {
		return
	}
	detail := "The value does not fulfil the condition. Why is not shown: the message contains a sensitive value."
	if !message.IsMarked() {
		said, err := line(message)
		if err != nil {
			l.valueError(b.args["error_message"], ctx, err)
			return
		}
		detail = said
	}
	at := b.args["condition"].Expr.Range()
	if g.from != nil {
		g.from.report.errorAt(g.expr.Range(), "Invalid value for a variable",
			fmt.Sprintf("%s\n\nThe variable's validation at %s asks for this.", detail, place(at)))
		return
	}
	l.report.add(&hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Invalid value for a variable", Detail: detail,
		Subject: &at, Expression: b.args["condition"].Expr, EvalContext: ctx,
	})
}
