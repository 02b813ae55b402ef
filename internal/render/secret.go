package render

import (
	"regexp"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/imapform/imapform/config"
)

// hiddenSecret stands where a secret would be.
const hiddenSecret = "(sensitive value)"

// A span is some bytes of a source.
type span struct{ from, to int }

// secretWord is in the names of what is secret.
var secretWord = regexp.MustCompile(`(?i)passw|secret|token|credential`)

// secretComment finds a secret in what is commented out.
var secretComment = regexp.MustCompile(`(?i)[\w-]*(?:passw|secret|token|credential)[\w-]*"?\s*[=:]\s*(.*)`)

// secretName says whether something of that name, which may be misspelt, is secret
// wherever it stands.
func secretName(name string) bool {
	return secretWord.MatchString(name) || config.Nearest(name, []string{"password", "password_command", "default"}) != ""
}

// secretArgument says whether an argument of a block is secret. Where an account or
// a variable has one that nobody knows, nor one like it, that may be the password.
func secretArgument(kind, name string) bool {
	if secretName(name) {
		return true
	}
	kind = config.Nearest(kind, []string{"account", "variable"})
	for _, b := range config.Blocks() {
		if b.Name == kind {
			var names []string
			for _, arg := range b.Arguments {
				names = append(names, arg.Name)
			}
			meant := config.Nearest(name, names)
			return meant == "" || secretName(meant)
		}
	}
	return false
}

// maxRestarts is how many quotation marks may be missing before nothing of the rest
// is shown.
const maxRestarts = 50

// secretSpans are the literals of a source that may be secrets. The source need not
// be right: what cannot be read is what is shown most often.
func secretSpans(src []byte) []span {
	s := &secretScanner{src: src}
	from := 0
	for range maxRestarts {
		if from = s.scan(from); from >= len(src) {
			return s.found
		}
	}
	return append(s.found, span{from, len(src)})
}

// A secretScanner walks through the tokens of a native source.
type secretScanner struct {
	src    []byte
	blocks []string // the types of those that are open
	found  []span
}

// scan scans to the end, or behind a line in which a quotation mark is not closed.
func (s *secretScanner) scan(from int) int {
	// What is wrong with the tokens is reported where the file is parsed.
	tokens, _ := hclsyntax.LexConfig(s.src[from:], "", hcl.Pos{Line: 1, Column: 1, Byte: from})
	for i := 0; i < len(tokens); i++ {
		switch t := tokens[i]; t.Type {
		case hclsyntax.TokenQuotedNewline:
			return t.Range.End.Byte
		case hclsyntax.TokenComment:
			s.comment(t)
		case hclsyntax.TokenOBrace:
			s.blocks = append(s.blocks, "")
		case hclsyntax.TokenCBrace:
			s.blocks = s.blocks[:max(0, len(s.blocks)-1)]
		case hclsyntax.TokenIdent:
			if assigns(tokens, i+1) {
				v := secretValue{secretScanner: s, hide: s.secret(string(t.Bytes)), open: -1, sensitive: -1}
				end, restart := v.scan(tokens, i+2)
				if restart > 0 {
					return restart
				}
				i = end - 1
				continue
			}
			last := i + 1
			for last < len(tokens) && label(tokens[last].Type) {
				last++
			}
			if last < len(tokens) && tokens[last].Type == hclsyntax.TokenOBrace {
				s.blocks = append(s.blocks, string(t.Bytes))
				last++
			}
			i = last - 1
		}
	}
	return len(s.src)
}

func (s *secretScanner) secret(name string) bool {
	if len(s.blocks) == 1 {
		return secretArgument(s.blocks[0], name)
	}
	return secretName(name)
}

func (s *secretScanner) hide(from, to int) { s.found = append(s.found, span{from, to}) }

func (s *secretScanner) comment(t hclsyntax.Token) {
	for _, at := range secretComment.FindAllSubmatchIndex(t.Bytes, -1) {
		s.hide(t.Range.Start.Byte+at[2], t.Range.Start.Byte+at[3])
	}
}

func label(t hclsyntax.TokenType) bool {
	return t == hclsyntax.TokenIdent || t == hclsyntax.TokenOQuote || t == hclsyntax.TokenQuotedLit || t == hclsyntax.TokenCQuote
}

// assigns says whether the token is what stands between a name and its value.
func assigns(tokens hclsyntax.Tokens, i int) bool {
	return i < len(tokens) && (tokens[i].Type == hclsyntax.TokenEqual || tokens[i].Type == hclsyntax.TokenColon)
}

// A secretValue walks through the tokens of an argument's value.
type secretValue struct {
	*secretScanner
	hide      bool // it is secret
	depth     int  // of brackets
	quotes    int  // of texts, which may have others in them
	open      int  // where the hidden text that is open begins; -1: none is
	sensitive int  // the depth at which sensitive(…) is called; -1: it is not
	keyed     bool // the value of a key in it is secret
	keyDepth  int
}

// scan returns the index of the token after the value, or where to scan on because
// a quotation mark is not closed.
func (v *secretValue) scan(tokens hclsyntax.Tokens, i int) (end, restart int) {
	for ; i < len(tokens); i++ {
		t := tokens[i]
		switch t.Type {
		case hclsyntax.TokenQuotedNewline, hclsyntax.TokenEOF:
			if v.open >= 0 {
				v.secretScanner.hide(v.open, t.Range.Start.Byte)
			}
			if t.Type == hclsyntax.TokenQuotedNewline {
				return i, t.Range.End.Byte
			}
		case hclsyntax.TokenNewline, hclsyntax.TokenComma:
			if v.depth == 0 && v.quotes == 0 && t.Type == hclsyntax.TokenNewline {
				return i, 0
			}
			v.keyed = v.keyed && v.depth > v.keyDepth
		case hclsyntax.TokenComment:
			v.comment(t)
			if v.depth == 0 && v.quotes == 0 && len(t.Bytes) > 0 && t.Bytes[len(t.Bytes)-1] == '\n' {
				return i + 1, 0
			}
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			v.depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
			if v.depth == 0 && v.quotes == 0 {
				return i, 0
			}
			v.depth--
			v.keyed = v.keyed && v.depth >= v.keyDepth
			if v.depth <= v.sensitive {
				v.sensitive = -1
			}
		case hclsyntax.TokenIdent, hclsyntax.TokenQuotedLit:
			v.word(tokens, i)
		case hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
			if v.quotes++; v.open < 0 && v.hidden() {
				v.open = t.Range.Start.Byte
			}
		case hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
			if v.quotes--; v.quotes <= 0 && v.open >= 0 {
				v.secretScanner.hide(v.open, t.Range.End.Byte)
				v.open = -1
			}
		case hclsyntax.TokenNumberLit:
			if v.open < 0 && v.hidden() {
				v.secretScanner.hide(t.Range.Start.Byte, t.Range.End.Byte)
			}
		}
	}
	return i, 0
}

func (v *secretValue) hidden() bool { return v.hide || v.keyed || v.sensitive >= 0 }

// word takes a name: it may be a key whose value is secret, or call sensitive.
func (v *secretValue) word(tokens hclsyntax.Tokens, i int) {
	before, after := i-1, i+1
	if tokens[i].Type == hclsyntax.TokenQuotedLit {
		before, after = i-2, i+2
	} else if string(tokens[i].Bytes) == "sensitive" && after < len(tokens) && tokens[after].Type == hclsyntax.TokenOParen && v.sensitive < 0 {
		v.sensitive = v.depth
	}
	if before < 0 || !assigns(tokens, after) {
		return
	}
	switch tokens[before].Type {
	case hclsyntax.TokenOBrace, hclsyntax.TokenComma, hclsyntax.TokenNewline, hclsyntax.TokenComment:
		v.keyed, v.keyDepth = v.secret(string(tokens[i].Bytes)), v.depth
	}
}
