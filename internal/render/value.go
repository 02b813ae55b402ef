package render

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/document"
)

// A value is what an expression of a diagnostic refers to: `each.key`, `as "gh"`.
type value = document.Value

// valuesOf are the values that a diagnostic's expression refers to, by name.
func valuesOf(d *hcl.Diagnostic) []value {
	if d.Expression == nil || d.EvalContext == nil {
		return nil
	}
	var values []value
	for _, traversal := range d.Expression.Variables() {
		if traversal.RootName() == "special" {
			continue // its values mean nothing to people
		}
		v, diags := traversal.TraverseAbs(d.EvalContext)
		if diags.HasErrors() {
			continue // the same problem is reported on its own
		}
		if statement := statementOf(v); statement != "" {
			values = append(values, value{Traversal: traversalName(traversal), Statement: statement})
		}
	}
	slices.SortFunc(values, func(a, b value) int { return cmp.Compare(a.Traversal, b.Traversal) })
	return slices.CompactFunc(values, func(a, b value) bool { return a.Traversal == b.Traversal })
}

func statementOf(v cty.Value) string {
	switch {
	case v.ContainsMarked():
		return "as " + hiddenSecret
	case !v.IsKnown():
		return ""
	case v.IsNull():
		return "as null"
	default:
		return "as " + valueWords(v)
	}
}

// valueWords describes a value; of a collection it tells the size only.
func valueWords(v cty.Value) string {
	ty := v.Type()
	switch {
	case v.ContainsMarked():
		return hiddenSecret
	case v.IsNull():
		return "null"
	case !v.IsKnown():
		return "(not yet known)"
	case ty == cty.Bool:
		return string(truth(v.True()))
	case ty == cty.Number:
		return v.AsBigFloat().Text('g', 10)
	case ty == cty.String:
		return config.Shown(cty.StringVal(truncate(v.AsString(), 60)))
	case ty.IsObjectType():
		return ty.FriendlyName() + " with " + string(count(len(ty.AttributeTypes()), "attribute"))
	case ty.IsCollectionType() || ty.IsTupleType():
		return ty.FriendlyName() + " with " + string(count(v.LengthInt(), "element"))
	default:
		return config.Shown(v)
	}
}

func traversalName(t hcl.Traversal) string {
	var b strings.Builder
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(step.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + step.Name)
		case hcl.TraverseIndex:
			b.WriteString("[" + valueWords(step.Key) + "]")
		}
	}
	return b.String()
}
