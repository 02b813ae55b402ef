package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// declareLocals makes each local value known as local.NAME.
func (l *loader) declareLocals(b *block) {
	for _, attr := range attributes(b.args) {
		if !hclsyntax.ValidIdentifier(attr.Name) {
			l.report.errorAt(attr.NameRange, "Invalid name",
				fmt.Sprintf("The name %q cannot be referred to: a name begins with a letter and goes on with letters, digits, \"_\" and \"-\".", attr.Name))
			continue
		}
		l.node("local", attr.Name, attr.NameRange, func() cty.Value {
			v, _ := l.eval(attr.Expr, nil)
			return v
		})
	}
}
