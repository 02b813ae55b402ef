package schema

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// asJSON writes a file of the native syntax in the JSON syntax.
func asJSON(t *testing.T, name, text string) any {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(text), name, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	c := converter{t, file.Bytes}
	converted := c.body(file.Body.(*hclsyntax.Body), "")
	if converted["rule"] == nil || converted["module"] == nil {
		return converted
	}
	var elements []any // for rules and modules to have an order
	for name, blocks := range converted {
		elements = append(elements, map[string]any{name: blocks})
	}
	return elements
}

type converter struct {
	*testing.T
	src []byte
}

func (c converter) body(body *hclsyntax.Body, of string) map[string]any {
	converted := map[string]any{}
	for name, attr := range body.Attributes {
		switch source := string(attr.Expr.Range().SliceBytes(c.src)); of + "." + name {
		case "variable.type", "dynamic.iterator": // which are no values
			converted[name] = source
		default:
			converted[name] = c.expression(attr.Expr)
		}
	}
	for _, b := range body.Blocks {
		var within any = c.body(b.Body, b.Type)
		for _, label := range b.Labels {
			within = map[string]any{label: within}
		}
		all, _ := converted[b.Type].([]any)
		converted[b.Type] = append(all, within)
	}
	return converted
}

func (c converter) expression(expr hclsyntax.Expression) any {
	switch expr := expr.(type) {
	case *hclsyntax.TupleConsExpr:
		elements := []any{}
		for _, e := range expr.Exprs {
			elements = append(elements, c.expression(e))
		}
		return elements
	case *hclsyntax.ObjectConsExpr:
		object := map[string]any{}
		for _, item := range expr.Items {
			if key, diags := item.KeyExpr.Value(nil); !diags.HasErrors() {
				object[key.AsString()] = c.expression(item.ValueExpr)
			} else {
				object[c.template(item.KeyExpr)] = c.expression(item.ValueExpr)
			}
		}
		return object
	}
	v, diags := expr.Value(nil)
	if diags.HasErrors() {
		return c.template(expr)
	}
	text, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		c.Fatal(err)
	}
	return json.RawMessage(strings.NewReplacer("${", "$${", "%{", "%%{").Replace(string(text)))
}

func (c converter) template(expr hclsyntax.Expression) string {
	return "${" + string(expr.Range().SliceBytes(c.src)) + "}"
}
