package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// sensitiveKey reports, once, that a key of an object in JSON is sensitive, which HCL
// cannot evaluate. In the native syntax such an object is sensitive as a whole.
func (l *loader) sensitiveKey(expr hcl.Expression, ctx *hcl.EvalContext) bool {
	if _, native := expr.(hclsyntax.Expression); native {
		return false
	}
	if elements, diags := hcl.ExprList(expr); !diags.HasErrors() {
		for _, element := range elements {
			if l.sensitiveKey(element, ctx) {
				return true
			}
		}
	}
	pairs, diags := hcl.ExprMap(expr)
	if diags.HasErrors() {
		return false
	}
	for _, pair := range pairs {
		if key, diags := pair.Key.Value(ctx); !diags.HasErrors() && key.IsMarked() {
			l.report.errorAt(pair.Key.Range(), "Sensitive key", "This comes from a sensitive variable, which no key of an object in JSON can.")
			return true
		}
		if l.sensitiveKey(pair.Value, ctx) {
			return true
		}
	}
	return false
}
