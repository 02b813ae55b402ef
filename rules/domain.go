package rules

import (
	"strings"
	"unicode"
)

// validDomain says whether a domain could stand in an address: labels with
// something in them (RFC 5321 section 4.1.2), or a literal in brackets.
func validDomain(s string) bool {
	s = strings.TrimSuffix(s, ".")
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		return len(s) > 2
	}
	for label := range strings.SplitSeq(s, ".") {
		if !validLabel(label) {
			return false
		}
	}
	return true
}

func validLabel(s string) bool {
	if s == "" || len(s) > 255 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '-' && r != '_'
	})
}

// couldBeDomain says whether a string without "@" is a name with dots that reads
// as a domain: its last label is a word, as that of every top-level domain is.
func couldBeDomain(s string) bool {
	s = strings.TrimSuffix(s, ".")
	dot := strings.LastIndexByte(s, '.')
	if dot < 0 || !validDomain(s) || strings.Contains(s, "_") {
		return false
	}
	top := s[dot+1:]
	return len(top) > 1 && (strings.HasPrefix(strings.ToLower(top), "xn--") ||
		!strings.ContainsFunc(top, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }))
}
