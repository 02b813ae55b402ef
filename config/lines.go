package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Lines are those of an expression that is read line by line. The zero value has
// none yet.
type Lines struct {
	text strings.Builder
	open []hclsyntax.TokenType // what closes the brackets that are open before rest
	rest string                // lines that can be told apart together only
}

// String is the text of all lines.
func (l *Lines) String() string { return l.text.String() }

// Add adds a whole line and says whether the expression goes on in another one: the
// end of a bracket, a template or a heredoc is missing. What no further line could
// put right does not go on.
func (l *Lines) Add(line string) (unfinished bool) {
	l.text.WriteString(line)
	rest := l.rest + line
	open, ok := stillOpen(l.open, rest)
	if !ok {
		return false
	}
	// Within a template or heredoc, a line means nothing by itself.
	l.rest = rest
	if !slices.Contains(open, hclsyntax.TokenTemplateSeqEnd) && !slices.Contains(open, hclsyntax.TokenCHeredoc) {
		l.open, l.rest = open, ""
	}
	return len(open) > 0
}

// stillOpen is what closes the brackets that are open behind a text, where those of
// before were; not ok: something in it is wrong.
func stillOpen(before []hclsyntax.TokenType, text string) (open []hclsyntax.TokenType, ok bool) {
	open = slices.Clone(before)
	// What is wrong with the tokens is reported where they are parsed.
	tokens, _ := hclsyntax.LexExpression([]byte(text), consoleFile, hcl.InitialPos)
	for _, token := range tokens {
		closer, opens := closers[token.Type]
		switch last := len(open) - 1; {
		case opens:
			open = append(open, closer)
		case token.Type == hclsyntax.TokenQuotedNewline || token.Type == hclsyntax.TokenInvalid || token.Type == hclsyntax.TokenBadUTF8:
			return nil, false
		case !slices.Contains(closing, token.Type):
		case last < 0 || open[last] != token.Type:
			return nil, false
		default:
			open = open[:last]
		}
	}
	return open, true
}

// closers are the tokens that close what others open.
var closers = map[hclsyntax.TokenType]hclsyntax.TokenType{
	hclsyntax.TokenOBrace:          hclsyntax.TokenCBrace,
	hclsyntax.TokenOBrack:          hclsyntax.TokenCBrack,
	hclsyntax.TokenOParen:          hclsyntax.TokenCParen,
	hclsyntax.TokenOHeredoc:        hclsyntax.TokenCHeredoc,
	hclsyntax.TokenTemplateInterp:  hclsyntax.TokenTemplateSeqEnd,
	hclsyntax.TokenTemplateControl: hclsyntax.TokenTemplateSeqEnd,
}

var closing = slices.Collect(maps.Values(closers))

// Blank says whether a text is no expression, but white space and comments.
func Blank(text string) bool {
	tokens, _ := hclsyntax.LexExpression([]byte(text), consoleFile, hcl.InitialPos)
	for _, token := range tokens {
		switch token.Type {
		case hclsyntax.TokenNewline, hclsyntax.TokenComment, hclsyntax.TokenEOF:
		default:
			return false
		}
	}
	return true
}
