package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// maxDepth is how deep brackets may nest: the parsers descend with them, and
// would end the process where the stack does.
const maxDepth = 500

// tooDeep reports a native source that nests deeper than anybody writes.
func tooDeep(src []byte, name string) hcl.Diagnostics {
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos) // what is wrong in it the parser says
	depth, signs := 0, 0
	for _, token := range tokens {
		switch token.Type {
		case hclsyntax.TokenBang, hclsyntax.TokenMinus:
			signs++
		default:
			signs = 0
		}
		switch token.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
			depth--
		}
		if depth+signs > maxDepth {
			return depthError(token.Range)
		}
	}
	return nil
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
		Summary:  "Too deep",
		Detail:   fmt.Sprintf("Brackets are nested more than %d deep here.", maxDepth),
		Subject:  &at,
	}}
}
