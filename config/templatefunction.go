package config

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// templateFile renders files. A template sees nothing but its variables, and the
// functions; not itself, since that might never end.
func templateFile(o outside) function.Function {
	calls := sync.OnceValue(func() map[string]function.Function {
		all := functions(o)
		delete(all, "templatefile")
		delete(all, "sensitive") // whether anything is must show where the function is called
		return all
	})
	render := func(args []cty.Value) (cty.Value, error) {
		name, vars := args[0].AsString(), args[1]
		template, err := parseTemplate(o, name)
		if err != nil {
			return cty.NilVal, function.NewArgError(0, err)
		}
		return renderTemplate(template, vars, calls())
	}
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}, {Name: "vars", Type: cty.DynamicPseudoType}},
		Type: func(args []cty.Value) (cty.Type, error) {
			if !args[0].IsKnown() || !args[1].IsKnown() {
				return cty.DynamicPseudoType, nil
			}
			v, err := render(args)
			if err != nil {
				return cty.NilType, err
			}
			return v.Type(), nil
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return render(args) },
	})
}

func parseTemplate(o outside, name string) (hclsyntax.Expression, error) {
	text, err := o.text(name)
	if err != nil {
		return nil, err
	}
	if tooDeepTemplate(text) {
		return nil, fmt.Errorf("brackets are nested more than %d deep in %q", maxDepth, name)
	}
	template, diags := hclsyntax.ParseTemplate([]byte(text), name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, templateError(diags)
	}
	return template, nil
}

func renderTemplate(template hclsyntax.Expression, vars cty.Value, calls map[string]function.Function) (cty.Value, error) {
	if ty := vars.Type(); !ty.IsMapType() && !ty.IsObjectType() {
		return cty.NilVal, function.NewArgErrorf(1, "the variables are given as an object, as in { name = \"x\" }")
	}
	ctx := &hcl.EvalContext{Variables: vars.AsValueMap(), Functions: calls}
	for name := range ctx.Variables {
		if !hclsyntax.ValidIdentifier(name) {
			return cty.NilVal, function.NewArgErrorf(1, "%q can be no variable's name: it must begin with a letter, and have only letters, digits, _ and -", name)
		}
	}
	for _, ref := range template.Variables() {
		name := ref.RootName()
		if _, ok := ctx.Variables[name]; !ok {
			return cty.NilVal, function.NewArgErrorf(1, "the template refers to %q (%s), which is none of the variables given to it%s", name, place(ref.SourceRange()), nearestGiven(name, ctx.Variables))
		}
	}
	v, diags := template.Value(ctx)
	if diags.HasErrors() {
		return cty.NilVal, templateError(diags)
	}
	return v, nil
}

func nearestGiven(name string, vars map[string]cty.Value) string {
	if near := Nearest(name, sortedKeys(vars)); near != "" {
		return fmt.Sprintf("; %q is", near)
	}
	return ""
}

// templateError is the first mistake of a template, with its place.
func templateError(diags hcl.Diagnostics) error {
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		detail := d.Detail
		if extra, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallUnknownDiagExtra](d); ok {
			detail = missingInTemplate(extra.CalledFunctionName())
		}
		if d.Subject == nil {
			return errors.New(strings.TrimSuffix(detail, "."))
		}
		return fmt.Errorf("%s: %s", place(*d.Subject), strings.TrimSuffix(detail, "."))
	}
	return diags
}

func missingInTemplate(name string) string {
	switch name {
	case "templatefile":
		return "A template cannot render another one, or itself."
	case "sensitive":
		return "A template cannot make a value sensitive: write sensitive(templatefile(…)) where it is called."
	default:
		return missingFunction(name)
	}
}
