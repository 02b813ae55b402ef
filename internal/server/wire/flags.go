package wire

import "unicode"

// flags reads a list of flags and appends it to dst in the form the library
// reads, FlagUnreadable in place of those it would not survive; these are
// returned as odd.
func (s *scanner) flags(dst []byte) (list []byte, odd []string, err error) {
	if !s.accept('(') {
		return dst, nil, errSyntax
	}
	dst = append(dst, '(')
	for first := true; ; {
		s.spaces()
		if s.accept(')') {
			break
		}
		flag, ok, err := s.flag()
		if err != nil {
			return dst, odd, err
		}
		if !ok {
			odd = append(odd, string(flag))
			continue
		}
		if !first {
			dst = append(dst, ' ')
		}
		first = false
		dst = append(dst, flag...)
	}
	if len(odd) > 0 {
		if dst[len(dst)-1] != '(' {
			dst = append(dst, ' ')
		}
		dst = append(dst, FlagUnreadable...)
	}
	return append(dst, ')'), odd, nil
}

// flag reads one flag and reports whether the library can read it.
func (s *scanner) flag() (flag []byte, ok bool, err error) {
	from := s.i
	if _, quoted := s.text(); quoted {
		return s.b[from:s.i], false, nil
	}
	for s.i < len(s.b) && s.b[s.i] != ' ' && s.b[s.i] != ')' {
		if ch := s.b[s.i]; ch == '\r' || ch == '\n' || ch == '(' {
			return nil, false, errSyntax
		}
		s.i++
	}
	if s.i == len(s.b) {
		return nil, false, errSyntax
	}
	flag = s.b[from:s.i]
	return flag, readableFlag(flag), nil
}

// readableFlag reports whether the library's parser takes a flag. It reads
// octets as code points, so that it dies of a UTF-8 "À" but not of an "é".
func readableFlag(flag []byte) bool {
	if flag[0] == '\\' {
		flag = flag[1:]
		if string(flag) == "*" {
			return true
		}
	}
	for _, ch := range flag {
		switch ch {
		case '(', ')', '{', ' ', '%', '*', '"', '\\', ']':
			return false
		}
		if unicode.IsControl(rune(ch)) {
			return false
		}
	}
	return len(flag) > 0
}
