package message

import (
	"slices"
	"strconv"
	"strings"
)

// A parameter is one in the forms in which it may come (RFC 2231).
type parameter struct {
	plain    string  // name=
	extended []piece // name*=, at most one
	numbered []piece // name*0=, name*0*=
}

// A piece is one of the pieces that a value comes in.
type piece struct {
	index    int
	value    string
	extended bool // octets are encoded by their numbers; the first such piece says the charset
}

// decodeParams returns the values as people mean them, by names in lower case.
func decodeParams(params [][2]string) map[string]string {
	values := make(map[string]string, len(params))
	for name, p := range collect(params) {
		values[name] = TextOf(p.value(decodeWords)).Plain
	}
	return values
}

func collect(params [][2]string) map[string]*parameter {
	all := make(map[string]*parameter, len(params))
	for _, pair := range params {
		base, p, numbered := cutIndex(token(pair[0]))
		p.value = pair[1]
		if all[base] == nil {
			all[base] = new(parameter)
		}
		switch one := all[base]; {
		case numbered:
			one.numbered = append(one.numbered, p)
		case p.extended && one.extended == nil:
			one.extended = []piece{p}
		case !p.extended && one.plain == "":
			one.plain = p.value
		}
	}
	return all
}

// cutIndex takes a name apart: "name*", "name*0", "name*0*".
func cutIndex(name string) (base string, p piece, numbered bool) {
	base, rest, found := strings.Cut(name, "*")
	if !found {
		return name, piece{}, false
	}
	digits, extended := strings.CutSuffix(rest, "*")
	if digits == "" {
		return base, piece{extended: true}, false
	}
	index, err := strconv.ParseUint(digits, 10, 31)
	if err != nil {
		return name, piece{}, false // a name with an asterisk in it
	}
	return base, piece{index: int(index), extended: extended}, true
}

// value takes the form that says most. Octets in a charset that is not known say
// nothing: a plain form is better, and without one they stay as they are.
func (p *parameter) value(decode func(string) string) string {
	slices.SortStableFunc(p.numbered, func(a, b piece) int { return a.index - b.index })
	p.numbered = slices.CompactFunc(p.numbered, func(a, b piece) bool { return a.index == b.index })
	for _, pieces := range [][]piece{p.extended, p.numbered} {
		if len(pieces) == 0 {
			continue
		}
		if s, ok := join(pieces, decode); ok || p.plain == "" {
			return s
		}
	}
	return decode(toUTF8(p.plain))
}

// join puts pieces together; false: their charset is not known. Pieces that nothing
// is encoded in may hold a word of RFC 2047, cut in the midst.
func join(pieces []piece, decode func(string) string) (string, bool) {
	if !slices.ContainsFunc(pieces, func(p piece) bool { return p.extended }) {
		var b strings.Builder
		for _, p := range pieces {
			b.WriteString(p.value)
		}
		return decode(toUTF8(b.String())), true
	}
	charset, first := "", pieces[0].value
	if pieces[0].extended {
		if name, rest, ok := strings.Cut(first, "'"); ok {
			if _, text, ok := strings.Cut(rest, "'"); ok {
				charset, first = name, text
			}
		}
	}
	if charset == "" {
		charset = "utf-8"
	}
	known := knownCharset(charset)
	var b strings.Builder
	var octets []byte // of adjacent pieces: a character may lie in two of them
	for i, p := range pieces {
		value := p.value
		switch {
		case !p.extended:
			b.WriteString(decodeCharset(charset, octets))
			octets = octets[:0]
			b.WriteString(toUTF8(value))
			continue
		case !known:
			b.WriteString(toUTF8(value))
			continue
		case i == 0:
			value = first
		}
		octets = appendUnescaped(octets, value)
	}
	if known {
		b.WriteString(decodeCharset(charset, octets))
	}
	return b.String(), known
}

// appendUnescaped decodes "%C3"; what is no such thing stays as it is.
func appendUnescaped(octets []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			high, ok1 := unhex(s[i+1])
			low, ok2 := unhex(s[i+2])
			if ok1 && ok2 {
				octets = append(octets, high<<4|low)
				i += 2
				continue
			}
		}
		octets = append(octets, s[i])
	}
	return octets
}
