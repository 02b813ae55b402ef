package config

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// problems are what was found, each once: what is wrong with an argument whatever
// the instance of its block, or of its module, is not said again for each of them.
type problems struct {
	diags hcl.Diagnostics
	seen  map[string]bool
	alike map[problemKind]int // how many there are of each, be they among diags or not
}

// A report takes the problems of a configuration, or of one instance of a module.
type report struct {
	*problems
	module string // its address; empty: the configuration itself
}

// add reports a problem.
func (r report) add(d *hcl.Diagnostic) {
	key := diagnosticKey(d)
	if r.seen[key] {
		return
	}
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	r.seen[key] = true
	if !r.room(d) {
		return
	}
	if r.module != "" {
		within := *d
		within.Extra = inModule{r.module, d.Extra}
		d = &within
	}
	r.diags = append(r.diags, d)
}

// inModule is the extra information that a diagnostic of a module has.
type inModule struct {
	address string
	wrapped any
}

// UnwrapDiagnosticExtra is for hcl.DiagnosticExtra.
func (m inModule) UnwrapDiagnosticExtra() any { return m.wrapped }

// ModuleOf is the address of the module's instance in which a problem was found,
// the first of them if there are several; empty: it is in none.
func ModuleOf(d *hcl.Diagnostic) string {
	m, _ := hcl.DiagnosticExtra[inModule](d)
	return m.address
}

// addAll reports what HCL found.
func (r report) addAll(diags hcl.Diagnostics) {
	for _, d := range diags {
		r.add(d)
	}
}

// errorAt reports an error that no expression's value explains.
func (r report) errorAt(subject hcl.Range, summary, detail string) {
	r.add(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &subject})
}

// errorNowhere reports an error that has no place in a configuration file.
func (r report) errorNowhere(summary, detail string) {
	r.add(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail})
}

func diagnosticKey(d *hcl.Diagnostic) string {
	parts := []string{d.Summary, d.Detail}
	if d.Subject != nil {
		parts = append(parts, d.Subject.String())
	}
	if d.Expression != nil && d.Summary != "Unsupported attribute" { // which is misspelt for every instance alike
		for _, ref := range d.Expression.Variables() {
			parts = append(parts, instanceKey(ref.RootName(), d.EvalContext))
		}
	}
	return strings.Join(parts, "\x00")
}

// instanceKey is the key that an expression was evaluated with where the name is
// that of an instance: each, or the iterator of a dynamic block.
func instanceKey(name string, ctx *hcl.EvalContext) string {
	if name != "each" && (name == "special" || slices.Contains(roots[:], name)) {
		return ""
	}
	for ; ctx != nil; ctx = ctx.Parent() {
		each, ok := ctx.Variables[name]
		ty := each.Type()
		if !ok || !ty.IsObjectType() || len(ty.AttributeTypes()) != 2 || !ty.HasAttribute("key") || !ty.HasAttribute("value") {
			continue // none, or the variable of a for expression
		}
		if key, _ := each.GetAttr("key").Unmark(); key.IsKnown() && !key.IsNull() && key.Type().IsPrimitiveType() {
			return Shown(key)
		}
	}
	return ""
}

// all are the problems in the order of the source.
func (p *problems) all() hcl.Diagnostics { return sorted(p.withRest()) }

// sorted orders problems as the source does; those without a place come first.
func sorted(diags hcl.Diagnostics) hcl.Diagnostics {
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int {
		if a.Subject == nil || b.Subject == nil {
			return cmp.Compare(boolToInt(a.Subject != nil), boolToInt(b.Subject != nil))
		}
		return cmp.Or(
			strings.Compare(a.Subject.Filename, b.Subject.Filename),
			cmp.Compare(a.Subject.Start.Byte, b.Subject.Start.Byte),
		)
	})
	return diags
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// rangeAt is the tightest range of what a path within an expression's value was
// written as: the deepest step that can still be told in the source.
func rangeAt(expr hcl.Expression, path cty.Path) hcl.Range {
	for _, step := range path {
		next := exprAt(expr, step)
		if next == nil {
			break
		}
		expr = next
	}
	return expr.Range()
}

func exprAt(expr hcl.Expression, step cty.PathStep) hcl.Expression {
	var key cty.Value
	switch step := step.(type) {
	case cty.GetAttrStep:
		key = cty.StringVal(step.Name)
	case cty.IndexStep:
		key, _ = step.Key.Unmark()
	}
	if key.IsNull() || !key.IsKnown() {
		return nil
	}
	switch key.Type() {
	case cty.Number:
		exprs, diags := hcl.ExprList(unwrapped(expr))
		i, _ := key.AsBigFloat().Int64()
		if !diags.HasErrors() && i >= 0 && i < int64(len(exprs)) {
			return exprs[i]
		}
	case cty.String:
		pairs, diags := hcl.ExprMap(unwrapped(expr))
		if diags.HasErrors() {
			return nil
		}
		for _, pair := range pairs {
			if name, ok := literalText(pair.Key); ok && name == key.AsString() {
				return pair.Value
			}
		}
	}
	return nil
}

// literalText is the text that an expression is, if it refers to nothing.
func literalText(expr hcl.Expression) (string, bool) {
	v, diags := expr.Value(nil)
	if diags.HasErrors() || v.Type() != cty.String || v.IsNull() || !v.IsKnown() {
		return "", false
	}
	return v.AsString(), true
}

func unwrapped(expr hcl.Expression) hcl.Expression {
	for {
		p, ok := expr.(*hclsyntax.ParenthesesExpr)
		if !ok {
			return expr
		}
		expr = p.Expression
	}
}
