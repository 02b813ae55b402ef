package config

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

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
	speaks []spoken // the attributes that it speaks of
	needs  message.Parts
	reads  mailbox.Flags
}

// A spoken attribute is one that an expression speaks of.
type spoken struct {
	rules.Attribute
	names []string // of header fields, with header and headers
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
	if l.callsSensitive(expr) || slices.ContainsFunc(others, func(ref hcl.Traversal) bool { return refersToSensitive(ref, e.ctx) }) {
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

// speakOf notes the attribute that a reference is about.
func (l *loader) speakOf(e *messageExpr, attr *hcl.Attribute, expr hclsyntax.Expression, ref hcl.Traversal, each *instance, placed bool) bool {
	name, ok := l.member(ref)
	if !ok {
		return false
	}
	table := rules.Attributes()
	i := slices.IndexFunc(table, func(a rules.Attribute) bool { return a.Name == name })
	if i < 0 || table[i].Placed && !placed {
		l.unknownAttribute(ref, name, placed)
		return false
	}
	s := spoken{Attribute: table[i]}
	if s.Type.IsMapType() {
		field, ok := l.fieldName(attr, expr, ref, each)
		if !ok {
			return false
		}
		s.names = []string{field}
		s.Needs = message.Fields(field)
	} else if _, diags := ref[2:].TraverseRel(cty.UnknownVal(s.Type)); diags.HasErrors() {
		for _, d := range diags {
			l.report.add(l.inWords(d, expr, []hcl.Traversal{ref}, &hcl.EvalContext{Variables: map[string]cty.Value{messageRoot: cty.ObjectVal(map[string]cty.Value{name: cty.UnknownVal(s.Type)})}}))
		}
		return false
	}
	e.needs = e.needs.Union(s.Needs)
	if s.Needs.Flags {
		e.reads = mailbox.EveryFlag()
	}
	e.speaks = append(e.speaks, s)
	return true
}

func (l *loader) unknownAttribute(ref hcl.Traversal, name string, placed bool) {
	var names []string
	for _, a := range rules.Attributes() {
		if placed || !a.Placed {
			names = append(names, a.Name)
		}
		if a.Name == name {
			l.report.errorAt(ref[:2].SourceRange(), "Unknown reference", fmt.Sprintf("message.%s is about where a message lies, on which no destination can hang.", name))
			return
		}
	}
	hint := didYouMean(name, names)
	switch {
	case slices.Contains([]string{"date", "day", "month", "time", "year"}, name):
		hint = fmt.Sprintf(" Did you mean message.received.%s, or message.sent.%s?", name, name)
	case hint == "":
		hint = fmt.Sprintf(" It has %s.", strings.Join(names, ", "))
	}
	l.report.errorAt(ref[:2].SourceRange(), "Unknown reference", fmt.Sprintf("A message has no %q.%s", name, hint))
}

// fieldName is the header field that a reference to message.header or
// message.headers is about, which must be known before there is a message: it is
// what is fetched.
func (l *loader) fieldName(attr *hcl.Attribute, expr hclsyntax.Expression, ref hcl.Traversal, each *instance) (string, bool) {
	if len(ref) > 2 {
		switch step := ref[2].(type) {
		case hcl.TraverseAttr:
			return step.Name, true
		case hcl.TraverseIndex:
			if step.Key.Type() == cty.String && strings.TrimSpace(step.Key.AsString()) != "" {
				return step.Key.AsString(), true
			}
		}
	}
	var key hclsyntax.Expression
	_ = hclsyntax.VisitAll(expr, func(n hclsyntax.Node) hcl.Diagnostics {
		if index, is := n.(*hclsyntax.IndexExpr); is && index.Collection.Range() == ref.SourceRange() {
			key = index.Key
		}
		return nil
	})
	if key != nil && !mentionsMessage(key) && !speaksOfLocal(key, expr) {
		v, _ := l.eval(key, each)
		if !v.IsKnown() {
			l.leaveOut(attr, each)
		}
		if !v.IsKnown() || v.IsMarked() {
			return "", false
		}
		if !v.IsNull() && v.Type() == cty.String && strings.TrimSpace(v.AsString()) != "" {
			return v.AsString(), true
		}
	}
	l.report.errorAt(ref.SourceRange(), "Header field without a name", fmt.Sprintf("Which field is meant must be known before there is a message: write %s.%s[\"x-spam-score\"].", messageRoot, ref[1].(hcl.TraverseAttr).Name))
	return "", false
}

// speaksOfLocal says whether a part of an expression refers to the variable of a
// for expression around it.
func speaksOfLocal(part, whole hclsyntax.Expression) bool {
	free := whole.Variables()
	return slices.ContainsFunc(part.Variables(), func(ref hcl.Traversal) bool {
		return !slices.ContainsFunc(free, func(outer hcl.Traversal) bool { return outer.SourceRange() == ref.SourceRange() })
	})
}

// tryUnknown evaluates an expression for a message of which nothing is known, which
// finds most of what is wrong with it.
func (l *loader) tryUnknown(attr *hcl.Attribute, expr hclsyntax.Expression, e *messageExpr, each *instance) bool {
	unknown := map[string]cty.Value{}
	for _, s := range e.speaks {
		unknown[s.Name] = cty.UnknownVal(s.Type)
	}
	ctx := e.ctx.NewChild()
	ctx.Variables = map[string]cty.Value{messageRoot: cty.ObjectVal(unknown)}
	v, diags := expr.Value(ctx)
	for _, d := range diags {
		l.report.add(l.inWords(d, expr, expr.Variables(), e.ctx))
	}
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
	one := map[string]cty.Value{}
	for _, s := range e.speaks {
		one[s.Name] = cty.UnknownVal(s.Type)
		if s.Type.IsListType() {
			one[s.Name] = cty.ListVal([]cty.Value{cty.UnknownVal(s.Type.ElementType())})
		}
	}
	ctx := e.ctx.NewChild()
	ctx.Variables = map[string]cty.Value{messageRoot: cty.ObjectVal(one)}
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
		v := s.Value(m, e.fields(s.Name))
		if !v.IsWhollyKnown() {
			return nil, outcome{truth: rules.Unknown}
		}
		attributes[s.Name] = v
	}
	ctx := e.ctx.NewChild()
	ctx.Variables = map[string]cty.Value{messageRoot: cty.ObjectVal(attributes)}
	return ctx, outcome{}
}

// fields are the header fields that an attribute is spoken of with.
func (e *messageExpr) fields(name string) []string {
	var names []string
	for _, s := range e.speaks {
		if s.Name == name {
			names = append(names, s.names...)
		}
	}
	return names
}

// syntaxOf is an expression in the native syntax; of one in JSON, which is a string
// that holds a template, that template.
func (l *loader) syntaxOf(expr hcl.Expression) (hclsyntax.Expression, bool) {
	if native, ok := expr.(hclsyntax.Expression); ok {
		return native, true
	}
	at := expr.Range()
	file := l.files[at.Filename]
	if file == nil || !at.CanSliceBytes(file.Bytes) {
		return nil, false
	}
	var text string
	if json.Unmarshal(at.SliceBytes(file.Bytes), &text) != nil {
		return nil, false
	}
	start := at.Start
	start.Byte++
	start.Column++
	native, diags := hclsyntax.ParseTemplate([]byte(text), at.Filename, start)
	return native, !diags.HasErrors()
}
