package message

import "strings"

// maxAddresses bounds what one field may hold; the largest recipient lists that
// servers accept are far smaller.
const maxAddresses = 20_000

// parseAddresses reads an address field. False: it holds more than maxAddresses.
//
// net/mail, and go-message on top of it, give up on the whole field at the first
// thing that is wrong in it, and most of what strangers send is wrong somewhere;
// where they understand a field, this reads the same addresses.
func parseAddresses(value string) ([]Address, bool) {
	s := addressScanner{rest: toUTF8(value)}
	for s.rest != "" {
		s.next()
		if len(s.found) > maxAddresses {
			return nil, false
		}
	}
	s.end()
	return s.found, len(s.found) <= maxAddresses
}

// An addressScanner takes a field apart from left to right, in linear time.
type addressScanner struct {
	rest  string
	found []Address

	// Of the address that is being read:
	words   phrase
	at      bool   // a "@" is among the words
	angle   phrase // between "<" and ">"
	angled  bool
	comment string // the last one
}

// next takes what stands at the beginning of the rest.
func (s *addressScanner) next() {
	switch c := s.rest[0]; c {
	case ',', ';':
		s.end()
		s.rest = s.rest[1:]
	case ':':
		// The words before it were a group's name (RFC 5322 section 3.4).
		if !s.angled && !s.at {
			s.words = nil
		} else {
			s.words.add(word5322{text: ":"})
		}
		s.rest = s.rest[1:]
	case '<':
		if s.angled {
			s.end()
		}
		s.angled = true
		s.rest = s.angle.scanAngle(s.rest[1:])
	case '(':
		s.comment, s.rest = cutComment(s.rest)
		s.words.space()
	default:
		s.rest = s.words.scan(s.rest, ",;:<(")
		s.at = s.at || s.words.endsAt()
	}
}

// end makes an address of what was read.
func (s *addressScanner) end() {
	words, angle, angled, comment := s.words, s.angle, s.angled, s.comment
	s.words, s.at, s.angle, s.angled, s.comment = nil, false, nil, false, ""
	switch {
	case angled:
		name := words.text()
		if name == "" {
			name = comment
		}
		spec := angle.spec()
		if name != "" || spec != (addrSpec{}) {
			s.found = append(s.found, newAddress(name, spec))
		}
	case len(words) > 0:
		name, spec := words.bare()
		if name == "" {
			name = comment
		}
		s.found = append(s.found, newAddress(name, spec))
	}
}

// cutComment takes the comment at the beginning of s, with those nested in it. One
// that does not end takes all that is left.
func cutComment(s string) (text, rest string) {
	var b strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
			continue
		case c == '(':
			depth++
			if depth == 1 {
				continue
			}
		case c == ')':
			depth--
			if depth == 0 {
				return b.String(), s[i+1:]
			}
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}
