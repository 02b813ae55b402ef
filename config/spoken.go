package config

import (
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

// A spoken attribute is one that an expression speaks of.
type spoken struct {
	rules.Attribute
	names []string // of header fields, with header and headers
}

// speakOf notes the attribute that a reference is about.
func (l *loader) speakOf(e *messageExpr, attr *hcl.Attribute, expr hclsyntax.Expression, ref hcl.Traversal, each *instance, placed bool) bool {
	name, ok := l.member(ref)
	if !ok {
		return false
	}
	a, ok := l.attributes[name]
	if !ok || a.Placed && !placed {
		l.unknownAttribute(ref, name, placed)
		return false
	}
	s := spoken{Attribute: a}
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
	e.speak(s)
	return true
}

// speak notes an attribute, with what must be known to tell it; of header and headers
// all fields come together.
func (e *messageExpr) speak(s spoken) {
	e.needs = e.needs.Union(s.Needs)
	if s.Needs.Flags {
		e.reads = mailbox.EveryFlag()
	}
	if i := slices.IndexFunc(e.speaks, func(other spoken) bool { return other.Name == s.Name }); i >= 0 {
		e.speaks[i].names = append(e.speaks[i].names, s.names...)
		return
	}
	e.speaks = append(e.speaks, s)
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
