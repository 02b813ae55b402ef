package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// Shown writes a value as an expression would say it, over several lines where it
// holds others. What must not be shown is "(sensitive value)", what is not known
// "(unknown)".
func Shown(v cty.Value) string {
	var b strings.Builder
	show(&b, v, "\n")
	return withoutMarks(b.String())
}

// show writes a value whose lines begin as newline says.
func show(b *strings.Builder, v cty.Value, newline string) {
	ty := v.Type()
	switch {
	case v.IsMarked():
		b.WriteString("(sensitive value)")
	case !v.IsKnown():
		b.WriteString("(unknown)")
	case v.IsNull():
		b.WriteString("null")
	case ty.Equals(accountType):
		b.WriteString(v.EncapsulatedValue().(*Account).Address)
	case ty.Equals(namedMatchType):
		b.WriteString(v.EncapsulatedValue().(*namedMatch).address)
	case ty.IsPrimitiveType():
		b.Write(hclwrite.TokensForValue(v).Bytes())
	case ty.IsMapType() || ty.IsObjectType():
		showElements(b, v, newline, "{", "}", func(key cty.Value) string { return keyText(key.AsString()) + " = " })
	case v.CanIterateElements():
		showElements(b, v, newline, "[", "]", func(cty.Value) string { return "" })
	default:
		b.WriteString("(a value of the program's own)")
	}
}

func showElements(b *strings.Builder, v cty.Value, newline, open, end string, before func(key cty.Value) string) {
	b.WriteString(open)
	some := false
	for key, element := range v.Elements() {
		some = true
		b.WriteString(newline + "  " + before(key))
		show(b, element, newline+"  ")
		b.WriteString(",")
	}
	if some {
		b.WriteString(newline)
	}
	b.WriteString(end)
}

// keyText is how the key of an object is written.
func keyText(key string) string {
	if hclsyntax.ValidIdentifier(key) {
		return key
	}
	return string(hclwrite.TokensForValue(cty.StringVal(key)).Bytes())
}
