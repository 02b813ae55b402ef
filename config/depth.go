package config

import (
	"fmt"
	"regexp"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// maxDepth is how deep brackets may nest: the parsers descend with them, and
// would end the process where the stack does.
const maxDepth = 500

// maxLiteral is how large the exponent of a number may be: working with larger
// ones takes time and memory without end.
const maxLiteral = 9999

// tooDeep reports a native source that nests deeper, or has larger numbers, than
// anybody writes.
func tooDeep(src []byte, name string) hcl.Diagnostics {
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos) // what is wrong in it the parser says
	if at, found := beyond(tokens); found {
		return depthError(at)
	}
	return nil
}

// tooDeepTemplate is tooDeep for a template.
func tooDeepTemplate(text string) bool {
	tokens, _ := hclsyntax.LexTemplate([]byte(text), "", hcl.InitialPos) // what is wrong in it the parser says
	_, found := beyond(tokens)
	return found
}

// beyond finds the first token that is too deep, or too large a number.
func beyond(tokens hclsyntax.Tokens) (at hcl.Range, found bool) {
	depth, signs := 0, 0
	for i, token := range tokens {
		switch token.Type {
		case hclsyntax.TokenBang, hclsyntax.TokenMinus:
			signs++
		default:
			signs = 0
		}
		switch token.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp:
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
			depth--
		case hclsyntax.TokenTemplateControl:
			depth += 1 + nesting(tokens[i+1:])
		case hclsyntax.TokenNumberLit:
			if largeExponent.Match(token.Bytes) {
				return token.Range, true
			}
		}
		if depth+signs > maxDepth {
			return token.Range, true
		}
	}
	return hcl.Range{}, false
}

// largeExponent finds the exponent of a number that is larger than maxLiteral.
var largeExponent = regexp.MustCompile(`[eE][+-]?0*[1-9][0-9]{4,}`)

// nesting is how a directive of a template changes the depth.
func nesting(after hclsyntax.Tokens) int {
	if len(after) == 0 || after[0].Type != hclsyntax.TokenIdent {
		return 0
	}
	switch string(after[0].Bytes) {
	case "if", "for":
		return 1
	case "endif", "endfor":
		return -1
	}
	return 0
}

// tooDeepJSON is tooDeep for the JSON syntax.
func tooDeepJSON(src []byte, name string) hcl.Diagnostics {
	depth, quoted := 0, false
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == 'e' || c == 'E') && largeExponent.Match(src[i:min(i+20, len(src))]) && largeExponent.FindIndex(src[i:])[0] == 0:
			return depthError(hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos})
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if depth > maxDepth {
			return depthError(hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos})
		}
	}
	return nil
}

func depthError(at hcl.Range) hcl.Diagnostics {
	return hcl.Diagnostics{{
		Severity: hcl.DiagError,
		Summary:  "Too deep or too large",
		Detail:   fmt.Sprintf("Brackets are nested more than %d deep here, or a number has an exponent above %d.", maxDepth, maxLiteral),
		Subject:  &at,
	}}
}
