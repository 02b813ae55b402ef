package config

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"golang.org/x/text/unicode/norm"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/utf7"
	"github.com/imapform/imapform/rules"
)

// Fill returns the folder for a message.
func (t *folderTemplate) Fill(m *message.Message, delimiter string) rules.Filled {
	ctx, untold := t.context(m)
	if ctx == nil {
		return rules.Filled{Truth: untold.truth, Missing: untold.missing}
	}
	var b strings.Builder
	for _, p := range t.parts {
		if p.expr == nil {
			b.WriteString(p.fixed)
			continue
		}
		got := valueIn(ctx, p.expr)
		if got.truth != rules.True {
			return rules.Filled{Truth: got.truth}
		}
		s, err := convert.Convert(got.value, cty.String)
		if err != nil || s.IsNull() {
			return rules.Filled{Truth: rules.NoValue}
		}
		text := s.AsString()
		if p.looked == nil {
			text = level(text, delimiter)
		}
		if text == "" {
			return rules.Filled{Truth: rules.NoValue}
		}
		b.WriteString(text)
	}
	ref, err := mailbox.ParseRef(b.String())
	if err != nil || slices.ContainsFunc(ref.Name.Levels(), tooLong) {
		return rules.Filled{Truth: rules.NoValue}
	}
	return rules.Filled{Truth: rules.True, To: ref}
}

// How long what a message gives to a level may be, and that level with all that is
// written there: file systems that keep folders as directories allow 255 octets.
const (
	maxLevel = 200
	maxWhole = 255
)

// tooLong says whether a level is too long for a directory, be it kept in UTF-8 or as
// it was sent.
func tooLong(level string) bool { return max(len(level), len(utf7.Encode(level))) > maxWhole }

// level makes text from a stranger a part of one level of a folder's name; empty:
// it cannot be one.
func level(s, delimiter string) string {
	s = strings.Map(func(r rune) rune { // in the form that names have, which may be longer
		switch {
		case r == '/' || r == '*' || r == '%' || r == utf8.RuneError || strings.ContainsRune(delimiter, r):
			return '_'
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.In(r, unicode.Zl, unicode.Zp):
			return '_'
		}
		return r
	}, norm.NFC.String(s))
	s = strings.TrimSpace(s)
	if s == "" || s == "." || s == ".." || len(s) > maxLevel {
		return ""
	}
	if strings.ContainsRune("~#.", rune(s[0])) {
		s = "_" + s[1:]
	}
	return s
}
