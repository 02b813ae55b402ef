package message

import "strings"

// ParseParameters reads the value of a Content-Type or Content-Disposition field
// (RFC 2045 section 5.1, RFC 2183 section 2): what stands before the first
// parameter, without comments, and the parameters as NewPart takes them. What is
// broken is salvaged as far as it makes sense: a missing semicolon, spaces in a
// value that lacks its quotes, quotes that do not end.
func ParseParameters(value string) (first string, params [][2]string) {
	first, rest := cutFirst(value)
	for rest != "" {
		var name, value string
		var ok bool
		if name, value, rest, ok = cutParameter(rest); ok {
			params = append(params, [2]string{name, value})
		}
	}
	return first, params
}

// cutFirst takes what stands before the first parameter. Where a parameter comes
// without a semicolon before it, that is the first word.
func cutFirst(s string) (first, rest string) {
	var words phrase
	rest = s
	for rest != "" && rest[0] != ';' && rest[0] != '=' {
		if rest[0] == '(' {
			_, rest = cutComment(rest)
			words.space()
			continue
		}
		rest = words.scan(rest, ";=(")
	}
	if !strings.HasPrefix(rest, "=") {
		return words.joined(), strings.TrimPrefix(rest, ";")
	}
	first, rest = cutWSP(strings.TrimLeft(s, wsp))
	if strings.Contains(first, "=") {
		return "", s // nothing but parameters
	}
	return first, rest
}

const wsp = " \t\r\n"

func cutWSP(s string) (word, rest string) {
	if i := strings.IndexAny(s, wsp); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// cutParameter takes a parameter and the semicolon after it; false: there is none
// before the semicolon.
func cutParameter(s string) (name, value, rest string, ok bool) {
	s = skipCFWS(s)
	end := strings.IndexAny(s, "=;")
	if end < 0 {
		return "", "", "", false
	}
	name, rest = strings.TrimSpace(s[:end]), s[end+1:]
	if s[end] == ';' {
		return "", "", rest, false
	}
	rest = strings.TrimLeft(rest, wsp)
	if strings.HasPrefix(rest, `"`) {
		value, rest = cutQuoted(rest)
		_, rest, _ = strings.Cut(rest, ";")
		return name, value, rest, name != ""
	}
	value, rest, _ = strings.Cut(rest, ";")
	return name, trimComment(strings.TrimSpace(value)), rest, name != ""
}

// skipCFWS drops white space and comments at the beginning (RFC 5322 section 3.2.2).
func skipCFWS(s string) string {
	for {
		s = strings.TrimLeft(s, wsp)
		if !strings.HasPrefix(s, "(") {
			return s
		}
		_, s = cutComment(s)
	}
}

// trimComment drops a comment at the end. What is no word of its own may belong to
// a file's name that lacks its quotes: "Scan(1).pdf".
func trimComment(s string) string {
	if !strings.HasSuffix(s, ")") {
		return s
	}
	for i := range len(s) {
		if s[i] == '(' && (i == 0 || isWSP(s[i-1])) {
			if _, rest := cutComment(s[i:]); rest == "" {
				return strings.TrimSpace(s[:i])
			}
			return s
		}
	}
	return s
}
