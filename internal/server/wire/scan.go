package wire

import (
	"bytes"
	"errors"
	"strconv"
)

// maxDepth limits nested lists. The library recurses, and a body structure
// that is deep enough overflows its stack, which ends the process.
const maxDepth = 100

var (
	errSyntax = errors.New("it cannot be parsed")
	errDepth  = errors.New("its lists are nested too deeply")
)

// A scanner reads the tokens of one response, literals inline, without copying.
// Its methods advance only past what they accept.
type scanner struct {
	b []byte
	i int

	unclosed int // up to here no bracket is closed, so that nobody looks again

	passDeep bool // value passes over lists that are nested too deeply, and goes on
}

func (s *scanner) peek() byte {
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

func (s *scanner) accept(ch byte) bool {
	if s.i < len(s.b) && s.b[s.i] == ch {
		s.i++
		return true
	}
	return false
}

// spaces skips any number of spaces and reports whether there was one.
func (s *scanner) spaces() bool {
	from := s.i
	for s.accept(' ') {
	}
	return s.i > from
}

// atEnd reports whether only spaces and the line's end are left.
func (s *scanner) atEnd() bool {
	return len(bytes.Trim(s.b[s.i:], " \r\n")) == 0
}

// atom reads up to a space, parenthesis, quote, brace or the line's end.
func (s *scanner) atom() []byte {
	from := s.i
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '(', ')', '"', '{', '\r', '\n':
			return s.b[from:s.i]
		}
		s.i++
	}
	return s.b[from:s.i]
}

// digits reads a decimal number. It fails beyond max.
func (s *scanner) digits(max uint64) (n uint64, ok bool) {
	from := s.i
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
		s.i++
	}
	if n, ok = parseNumber(s.b[from:s.i], max); !ok {
		s.i = from
	}
	return n, ok
}

// parseNumber reads decimal digits, at most max.
func parseNumber(b []byte, max uint64) (n uint64, ok bool) {
	if len(b) == 0 || len(b) > 20 {
		return 0, false
	}
	for _, ch := range b {
		d := uint64(ch - '0')
		if ch < '0' || ch > '9' || n > (max-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, true
}

// quoted reads a quoted string and returns what stands between the quotes,
// escapes and all.
func (s *scanner) quoted() (raw []byte, ok bool) {
	if s.peek() != '"' {
		return nil, false
	}
	for i := s.i + 1; i < len(s.b); i++ {
		switch s.b[i] {
		case '\\':
			i++
		case '\r', '\n':
			return nil, false
		case '"':
			raw = s.b[s.i+1 : i]
			s.i = i + 1
			return raw, true
		}
	}
	return nil, false
}

// literal reads a literal that is inline, with or without the "~" of a
// literal8 (RFC 3516).
func (s *scanner) literal() (data []byte, ok bool) {
	from := s.i
	s.accept('~')
	if !s.accept('{') {
		s.i = from
		return nil, false
	}
	size, ok := s.digits(1 << 40)
	ok = ok && s.accept('}')
	s.accept('\r')
	if !ok || !s.accept('\n') || uint64(len(s.b)-s.i) < size {
		s.i = from
		return nil, false
	}
	data = s.b[s.i : s.i+int(size)]
	s.i += int(size)
	return data, true
}

// text reads a quoted string or a literal and returns what it says.
func (s *scanner) text() (string, bool) {
	if raw, ok := s.quoted(); ok {
		return unquote(raw), true
	}
	data, ok := s.literal()
	return string(data), ok
}

// astring reads a quoted string, a literal, or an atom that is not empty.
func (s *scanner) astring() (string, bool) {
	if text, ok := s.text(); ok {
		return text, true
	}
	if ch := s.peek(); ch == '"' || ch == '{' {
		return "", false
	}
	atom := s.atom()
	return string(atom), len(atom) > 0
}

func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] == '\\' && i+1 < len(raw) {
			i++
		}
		out = append(out, raw[i])
	}
	return string(out)
}

// skip passes over one value of any form, lists included.
func (s *scanner) skip() error { return s.skipWithin(maxDepth) }

// skipWithin is skip where lists may be nested as deeply as most.
func (s *scanner) skipWithin(most int) error {
	depth := 0
	for {
		switch ch := s.peek(); ch {
		case '(':
			s.i++
			if depth++; depth > most {
				return errDepth
			}
			s.spaces()
			continue
		case ')':
			if depth == 0 {
				return errSyntax
			}
			s.i++
			depth--
		case '"':
			if _, ok := s.quoted(); !ok {
				return errSyntax
			}
		case '{':
			if _, ok := s.literal(); !ok {
				return errSyntax
			}
		default:
			if ch == '~' {
				if _, ok := s.literal(); ok {
					break
				}
			}
			if len(s.atom()) == 0 {
				return errSyntax
			}
		}
		if depth == 0 {
			return nil
		}
		s.spaces()
	}
}

// word reads an atom, or the name of a data item with its section. In any other
// atom, such as a keyword, a bracket is a letter like others.
func (s *scanner) word() []byte {
	from := s.i
	atom := s.atom()
	base, _, bracket := bytes.Cut(atom, []byte{'['})
	if !bracket || len(base) < len("BODY") {
		return atom
	}
	switch upper(base) {
	case "BODY", "BODY.PEEK", "BINARY", "BINARY.PEEK", "BINARY.SIZE":
		s.i = from
		return s.section()
	}
	return atom
}

// section reads an atom in which brackets may hold spaces and parentheses, as
// in BODY[HEADER.FIELDS (TO)]<0>. It is for where the name of a data item must stand.
func (s *scanner) section() []byte {
	from := s.i
	for {
		atom := s.atom()
		open := bytes.LastIndexByte(atom, '[')
		if open < 0 || bytes.IndexByte(atom[open:], ']') >= 0 {
			return s.b[from:s.i]
		}
		if s.i < s.unclosed {
			return s.b[from:s.i]
		}
		end := bytes.IndexAny(s.b[s.i:], "]\n")
		switch {
		case end < 0:
			s.unclosed = len(s.b)
			return s.b[from:s.i]
		case s.b[s.i+end] == '\n':
			s.unclosed = s.i + end
			return s.b[from:s.i]
		}
		s.i += end + 1
	}
}

// upper returns an atom in upper case.
func upper(b []byte) string { return string(bytes.ToUpper(b)) }

func appendNumber[N uint32 | uint64](dst []byte, n N) []byte {
	return strconv.AppendUint(dst, uint64(n), 10)
}

// appendQuoted writes s as a quoted string, or as a literal if it cannot be
// one.
func appendQuoted(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if ch := s[i]; ch == 0 || ch == '\r' || ch == '\n' {
			dst = append(dst, '{')
			dst = strconv.AppendInt(dst, int64(len(s)), 10)
			dst = append(dst, "}\r\n"...)
			return append(dst, s...)
		}
	}
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}
