package config

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// messageRoot is what a message is called in expressions.
const messageRoot = "message"

// A messageExpr is an expression over a message, with all else that it refers to
// evaluated: what is left is a function of the message.
type messageExpr struct {
	ctx    *hcl.EvalContext
	speaks []spoken // the attributes that it speaks of, each once
	gives  cty.Type // of its value, as far as that is known before there is a message
	needs  message.Parts
	reads  mailbox.Flags
}

// with is what the expression is evaluated in for a message of those attributes.
func (e *messageExpr) with(attributes map[string]cty.Value) *hcl.EvalContext {
	ctx := e.ctx.NewChild()
	ctx.Variables = map[string]cty.Value{messageRoot: cty.ObjectVal(attributes)}
	return ctx
}

// mentionsMessage says whether an expression is about a message.
func mentionsMessage(expr hcl.Expression) bool {
	return slices.ContainsFunc(expr.Variables(), func(ref hcl.Traversal) bool { return ref.RootName() == messageRoot })
}

// overMessage prepares an expression over a message; false if something is wrong
// with it, which is reported, or not known. Placed attributes are those that only
// where may speak of.
func (l *loader) overMessage(attr *hcl.Attribute, expr hclsyntax.Expression, each *instance, placed bool) (*messageExpr, bool) {
	var others []hcl.Traversal
	var refs []hcl.Traversal
	for _, ref := range expr.Variables() {
		if ref.RootName() == messageRoot {
			refs = append(refs, ref)
		} else {
			others = append(others, ref)
		}
	}
	e := &messageExpr{ctx: &hcl.EvalContext{Functions: l.functions, Variables: map[string]cty.Value{}}}
	if len(others) > 0 {
		found := l.references(others, each)
		if found == nil {
			return nil, false
		}
		e.ctx.Variables = found
	}
	if callsFunction(expr, "sensitive") || slices.ContainsFunc(others, func(ref hcl.Traversal) bool { return refersToSensitive(ref, e.ctx) }) {
		l.sensitiveAt(attr, cty.DynamicVal, e.ctx) // what is marked may show in no value before there is a message
		return nil, false
	}
	ok := l.withoutFiles(expr)
	for _, ref := range refs {
		ok = l.speakOf(e, attr, expr, ref, each, placed) && ok
	}
	if !ok {
		return nil, false
	}
	return e, l.tryUnknown(attr, expr, e, each)
}

// withoutFiles reports functions that read files: what a rule does with a message
// hangs on the message, not on what a file holds at the moment.
func (l *loader) withoutFiles(expr hclsyntax.Expression) bool {
	ok := true
	// The function returns no problem, so that VisitAll returns none.
	_ = hclsyntax.VisitAll(expr, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, is := n.(*hclsyntax.FunctionCallExpr); is && readsFiles(call.Name) {
			l.report.errorAt(call.NameRange, "Function not allowed", fmt.Sprintf("%s cannot stand in an expression about a message: put what it gives into a local value, and use that.", call.Name))
			ok = false
		}
		return nil
	})
	return ok
}

// tryUnknown evaluates an expression for a message of which nothing is known, which
// finds most of what is wrong with it.
func (l *loader) tryUnknown(attr *hcl.Attribute, expr hclsyntax.Expression, e *messageExpr, each *instance) bool {
	v, diags := expr.Value(e.with(e.unknowns(cty.UnknownVal)))
	for _, d := range diags {
		l.report.add(l.inWords(d, expr, expr.Variables(), e.ctx))
	}
	e.gives = v.Type()
	switch {
	case diags.HasErrors():
		return false
	case v.ContainsMarked() || sensitiveIn(e.ctx) && !allKnown(e.ctx):
		l.sensitiveAt(attr, v, e.ctx)
		return false
	}
	if !allKnown(e.ctx) {
		l.leaveOut(attr, each)
		return false
	}
	return l.tryOne(expr, e)
}

// tryOne evaluates an expression for a message that has one of everything, of which
// nothing is known: what is wrong with an element of a list shows only then.
func (l *loader) tryOne(expr hclsyntax.Expression, e *messageExpr) bool {
	ctx := e.with(e.unknowns(unknownOne))
	_, diags := expr.Value(ctx)
	ok := true
	for _, d := range diags {
		if d.Summary == "Unsupported attribute" { // all else may be so only because there is just one
			l.report.add(l.inWords(d, expr, expr.Variables(), ctx))
			ok = false
		}
	}
	return ok
}

// unknowns are the attributes of a message of which nothing is known.
func (e *messageExpr) unknowns(unknown func(cty.Type) cty.Value) map[string]cty.Value {
	attributes := map[string]cty.Value{}
	for _, s := range e.speaks {
		attributes[s.Name] = unknown(s.Type)
	}
	return attributes
}

// unknownOne is the unknown value of a type; of a list, one with an element.
func unknownOne(ty cty.Type) cty.Value {
	if ty.IsListType() {
		return cty.ListVal([]cty.Value{cty.UnknownVal(ty.ElementType())})
	}
	return cty.UnknownVal(ty)
}

// allKnown says whether all that an expression refers to beside the message has a
// value.
func allKnown(ctx *hcl.EvalContext) bool {
	for _, v := range ctx.Variables {
		if !v.IsWhollyKnown() {
			return false
		}
	}
	return true
}

// An outcome is what an expression gives for a message.
type outcome struct {
	truth   rules.Truth // True: value is it
	value   cty.Value
	missing message.Parts
}

// value evaluates an expression for a message.
func (e *messageExpr) value(expr hclsyntax.Expression, m *message.Message) outcome {
	ctx, untold := e.context(m)
	if ctx == nil {
		return untold
	}
	return valueIn(ctx, expr)
}

// valueIn evaluates an expression in the context of a message.
func valueIn(ctx *hcl.EvalContext, expr hclsyntax.Expression) outcome {
	v, diags := expr.Value(ctx)
	switch {
	case diags.HasErrors() || v.IsNull():
		return outcome{truth: rules.NoValue}
	case !v.IsWhollyKnown():
		return outcome{truth: rules.Unknown}
	}
	return outcome{truth: rules.True, value: v}
}

// context is what expressions over a message are evaluated in; nil: it cannot be
// told what they give.
func (e *messageExpr) context(m *message.Message) (*hcl.EvalContext, outcome) {
	if missing := e.needs.Minus(m.Known); !missing.Empty() {
		return nil, outcome{truth: rules.Unknown, missing: missing}
	}
	if len(e.needs.Fields) > 0 && m.Header.Broken() {
		return nil, outcome{truth: rules.Unknown}
	}
	attributes := map[string]cty.Value{}
	for _, s := range e.speaks {
		if s.Name == "uid" && m.UID == 0 {
			return nil, outcome{truth: rules.Unknown}
		}
		v := s.Value(m, s.names)
		if !v.IsWhollyKnown() {
			return nil, outcome{truth: rules.Unknown}
		}
		attributes[s.Name] = v
	}
	return e.with(attributes), outcome{}
}

// syntaxOf is an expression in the native syntax; of one in JSON, which is a string
// that holds a template, that template.
func (l *loader) syntaxOf(expr hcl.Expression) (hclsyntax.Expression, bool) {
	if native, ok := expr.(hclsyntax.Expression); ok {
		return native, true
	}
	at := expr.Range()
	var text string
	if json.Unmarshal(l.files.sourceOf(at), &text) != nil {
		return nil, false
	}
	start := at.Start
	start.Byte++
	start.Column++
	native, diags := hclsyntax.ParseTemplate([]byte(text), at.Filename, start)
	return native, !diags.HasErrors()
}
