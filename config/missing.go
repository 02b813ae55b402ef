package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// missingElement says of a diagnostic that is about an attribute or key which is
// not there which one was wanted and which is nearest; "" of any other.
func missingElement(d *hcl.Diagnostic, refs []hcl.Traversal, ctx *hcl.EvalContext) string {
	if d.Subject == nil || d.Summary != "Unsupported attribute" && d.Summary != "Invalid index" {
		return ""
	}
	for _, ref := range refs {
		for i := 1; i < len(ref); i++ {
			if ref[i].SourceRange() != *d.Subject {
				continue
			}
			within, diags := ref[:i].TraverseAbs(ctx)
			if diags.HasErrors() {
				return ""
			}
			switch step := ref[i].(type) {
			case hcl.TraverseAttr:
				return noSuchKey(within, cty.StringVal(step.Name))
			case hcl.TraverseIndex:
				return noSuchKey(within, step.Key)
			}
		}
	}
	if index, ok := d.Expression.(*hclsyntax.IndexExpr); ok && !handles(index, d.EvalContext) {
		within, diags := index.Collection.Value(d.EvalContext)
		key, more := index.Key.Value(d.EvalContext)
		if !diags.HasErrors() && !more.HasErrors() {
			return noSuchKey(within, key)
		}
	}
	return ""
}

// noSuchKey says that an object or map has no such element; "" if that cannot be
// told.
func noSuchKey(within, key cty.Value) string {
	if within.IsMarked() || key.IsMarked() || !within.IsKnown() && !within.Type().IsObjectType() || within.IsNull() || !key.IsKnown() || key.IsNull() || key.Type() != cty.String {
		return ""
	}
	ty := within.Type()
	var names []string
	switch {
	case ty.IsObjectType():
		names = sortedKeys(ty.AttributeTypes())
	case ty.IsMapType():
		for k := range within.Elements() {
			names = append(names, k.AsString())
		}
	default:
		return ""
	}
	return fmt.Sprintf("There is no %q in it.%s", key.AsString(), didYouMean(key.AsString(), names))
}
