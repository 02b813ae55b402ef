package config

import (
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// Explain says what the attributes are that the expression speaks of.
func (t *whereTest) Explain(m *message.Message, _ time.Time) rules.Explanation {
	e := rules.Explanation{Criterion: whereArgument.Name, Wants: t.text}
	ctx, _ := t.context(m)
	if ctx == nil {
		return e
	}
	seen := map[string]bool{}
	for _, ref := range t.expr.Variables() {
		if ref.RootName() != messageRoot {
			continue
		}
		if saw := sawAttribute(ref, ctx); !seen[saw] {
			seen[saw] = true
			e.Saw = append(e.Saw, saw)
		}
	}
	switch v, diags := t.expr.Value(ctx); {
	case diags.HasErrors():
		e.Why = "no value: " + withoutMarks(diags[0].Summary+"; "+diags[0].Detail)
	case v.IsNull():
		e.Why = "no value: it comes to null"
	}
	return e
}

// sawAttribute is what a reference comes to, or what is left of it where the rest
// has no value: of null, or behind the end of a list.
func sawAttribute(ref hcl.Traversal, ctx *hcl.EvalContext) string {
	v, diags := ref.TraverseAbs(ctx)
	for ; diags.HasErrors() && len(ref) > 2; v, diags = ref.TraverseAbs(ctx) {
		ref = ref[:len(ref)-1]
	}
	if diags.HasErrors() {
		return referenceText(ref) + " has no value"
	}
	return referenceText(ref) + " = " + strings.Join(strings.Fields(Shown(v)), " ")
}

// referenceText is a reference as it is written.
func referenceText(ref hcl.Traversal) string {
	var b strings.Builder
	for _, step := range ref {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(step.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + step.Name)
		case hcl.TraverseIndex:
			if step.Key.Type() == cty.String || step.Key.Type() == cty.Number {
				b.WriteString("[" + Shown(step.Key) + "]")
			}
		}
	}
	return b.String()
}

// oneLine is the source text of an expression, on one line.
func (l *loader) oneLine(expr hcl.Expression) string {
	return strings.Join(strings.Fields(string(l.files.sourceOf(expr.Range()))), " ")
}
