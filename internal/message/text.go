package message

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// A Text is a string as rules compare it.
type Text struct {
	Plain string // valid UTF-8 in NFC, each run of white space one space, none at the ends
	Fold  string // Plain, the same for strings that differ only in letter case
}

// TextOf makes any string a Text. Octets that are no UTF-8 are taken for
// Windows-1252, which is what mail that declares nothing mostly means.
func TextOf(s string) Text {
	if isASCII(s) { // as most is
		plain := collapse(s)
		return Text{Plain: plain, Fold: strings.ToUpper(plain)}
	}
	plain := collapse(norm.NFC.String(toUTF8(s)))
	return Text{Plain: plain, Fold: fold(plain)}
}

// appendPlainFold appends Fold of what is nothing but ASCII without encoded words; false:
// it is not.
func appendPlainFold(b, s []byte) ([]byte, bool) {
	from, space := len(b), false
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf || c == '?' && i > 0 && s[i-1] == '=':
			return b[:from], false
		case c == ' ' || '\t' <= c && c <= '\r':
			space = true
			continue
		case 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		}
		if space && len(b) > from {
			b = append(b, ' ')
		}
		b, space = append(b, c), false
	}
	return b, true
}

// toUTF8 reads what is not UTF-8 as Windows-1252.
func toUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			r = charmap.Windows1252.DecodeByte(s[i])
		}
		b.WriteRune(r)
	}
	return b.String()
}

// collapse makes each run of white space one space and drops it at the ends.
func collapse(s string) string {
	s = strings.TrimFunc(s, unicode.IsSpace)
	if collapsed(s) {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// collapsed says whether there is no white space but single spaces.
func collapsed(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case '\t' <= c && c <= '\r' || c == ' ' && i > 0 && s[i-1] == ' ':
			return false
		case c < utf8.RuneSelf:
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if unicode.IsSpace(r) {
			return false
		}
		i += size
	}
	return true
}

// fold maps letters that differ only in case by Unicode's simple folding to one
// of them.
func fold(s string) string {
	if isASCII(s) {
		return strings.ToUpper(s)
	}
	// Folding may have brought a letter and a mark together that are one in NFC.
	return norm.NFC.String(strings.Map(foldRune, s))
}

// foldRune returns the least of the letters that are one but for case; for ASCII
// that is the capital.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if 'a' <= r && r <= 'z' {
			r -= 'a' - 'A'
		}
		return r
	}
	// The iota subscript is a mark that NFC would join to the letter before it, and
	// its case is that of the letter iota.
	const subscript, iota = '\u0345', '\u0399'
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	if least == subscript {
		return iota
	}
	return least
}

func isASCII(s string) bool {
	for ; len(s) >= 8; s = s[8:] { // as one load
		eight := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		if eight&0x8080808080808080 != 0 {
			return false
		}
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
