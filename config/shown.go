package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
)

// Shown writes a value as an expression would say it, over several lines where it
// holds others. What must not be shown is "(sensitive value)", what is not known
// "(unknown)". A text is in quotation marks, with what cannot be printed as an
// escape; a key that is a name is not.
func Shown(v cty.Value) string {
	var b strings.Builder
	show(&b, v, "\n")
	return b.String()
}

// show writes a value whose lines begin as newline says.
func show(b *strings.Builder, v cty.Value, newline string) {
	ty := v.Type()
	address, named := addressOf(v)
	switch {
	case v.IsMarked():
		b.WriteString("(sensitive value)")
	case !v.IsKnown():
		b.WriteString("(unknown)")
	case v.IsNull():
		b.WriteString("null")
	case named:
		b.WriteString(address)
	case ty == cty.String:
		b.WriteString(shownText(v.AsString()))
	case ty.IsPrimitiveType():
		b.Write(hclwrite.TokensForValue(v).Bytes())
	case ty.IsObjectType():
		showElements(b, v, newline, "{", "}")
	case ty.IsMapType():
		showElements(b, v, newline, "tomap({", "})")
	case ty.IsTupleType():
		showElements(b, v, newline, "[", "]")
	case ty.IsListType():
		showElements(b, v, newline, "tolist([", "])")
	case ty.IsSetType():
		showElements(b, v, newline, "toset([", "])")
	default:
		b.WriteString("(a value of the program's own)")
	}
}

// showElements writes the elements of a value, one on a line, with their keys
// where these are names.
func showElements(b *strings.Builder, v cty.Value, newline, open, end string) {
	b.WriteString(open)
	named := v.Type().IsObjectType() || v.Type().IsMapType()
	some := false
	for key, element := range v.Elements() {
		some = true
		b.WriteString(newline + "  ")
		if named {
			b.WriteString(keyText(key.AsString()) + " = ")
		}
		show(b, element, newline+"  ")
		b.WriteString(",")
	}
	if some {
		b.WriteString(newline)
	}
	b.WriteString(end)
}

// addressOf is the address of what a value stands for, where it stands for a block
// and is nothing else.
func addressOf(v cty.Value) (string, bool) {
	switch ty := v.Type(); {
	case v.IsMarked() || !v.IsKnown() || v.IsNull():
		return "", false
	case ty.Equals(accountType):
		return v.EncapsulatedValue().(*Account).Address, true
	case ty.Equals(namedMatchType):
		return v.EncapsulatedValue().(*namedMatch).address, true
	default:
		return "", false
	}
}

// keyText is how the key of an object is written.
func keyText(key string) string {
	if hclsyntax.ValidIdentifier(key) {
		return key
	}
	return shownText(key)
}

// shownText is a string as an expression says it: special.trash, where that is all
// that it is, else in quotation marks.
func shownText(s string) string {
	var b strings.Builder
	for s != "" {
		use, at := firstUse(s)
		if at < 0 {
			break
		}
		b.WriteString(unquoted(s[:at]))
		token := use.Token()
		if b.Len() == 0 && s == token {
			return "special." + string(use)
		}
		b.WriteString("${special." + string(use) + "}")
		s = s[at+len(token):]
	}
	return `"` + b.String() + unquoted(s) + `"`
}

// firstUse is the first special use in a text whose folder is not known yet, and
// where; less than 0: there is none.
func firstUse(s string) (first mailbox.Use, at int) {
	at = -1
	for _, use := range mailbox.Uses() {
		if i := strings.Index(s, use.Token()); i >= 0 && (at < 0 || i < at) {
			first, at = use, i
		}
	}
	return first, at
}

// unquoted is a text as it stands between quotation marks.
func unquoted(s string) string {
	text := string(hclwrite.TokensForValue(cty.StringVal(s)).Bytes())
	return strings.TrimSuffix(strings.TrimPrefix(text, `"`), `"`)
}
