package wire

import (
	"bytes"
	"time"
)

// internalDate is date-time (RFC 9051 section 9).
const internalDate = "_2-Jan-2006 15:04:05 -0700"

// sectionReadable reports whether the library reads what follows the bracket
// of BODY[ or BINARY[ (RFC 9051 section 9, section and partial).
func sectionReadable(kind string, section []byte) bool {
	s := scanner{b: section}
	parts, dot := 0, false
	for {
		if _, ok := s.digits(1<<32 - 1); !ok {
			break
		}
		parts++
		if dot = s.accept('.'); !dot {
			break
		}
	}
	if parts == 0 || dot {
		if !s.specifier(dot) {
			return false
		}
		if kind == "BINARY" && dot {
			return false
		}
	}
	if !s.accept(']') {
		return false
	}
	if kind == "BODY" && s.accept('<') {
		if _, ok := s.digits(1<<32 - 1); !ok || !s.accept('>') {
			return false
		}
	}
	return s.i == len(s.b)
}

// specifier reads HEADER, HEADER.FIELDS (…), TEXT, MIME, or nothing unless one
// is required.
func (s *scanner) specifier(required bool) bool {
	from := s.i
	for s.i < len(s.b) && (s.b[s.i] == '.' || s.b[s.i] >= 'A' && s.b[s.i] <= 'Z' || s.b[s.i] >= 'a' && s.b[s.i] <= 'z') {
		s.i++
	}
	word := upper(s.b[from:s.i])
	if word == "" {
		return !required
	}
	if word != "HEADER.FIELDS" && word != "HEADER.FIELDS.NOT" {
		return true
	}
	if !s.accept(' ') || !s.accept('(') {
		return false
	}
	for {
		if _, ok := s.quoted(); !ok {
			if field := s.atom(); !readableFlag(append([]byte{'x'}, field...)) || len(field) == 0 {
				return false
			}
		}
		if s.accept(')') {
			return true
		}
		if !s.accept(' ') {
			return false
		}
	}
}

// valueReadable reports whether the library knows an item without a section and
// reads this value of it.
func valueReadable(kind string, val []byte) bool {
	switch kind {
	case "RFC822.SIZE":
		_, ok := parseNumber(val, 1<<63-1)
		return ok
	case "MODSEQ":
		n, ok := bytes.CutPrefix(val, []byte{'('})
		n, ok2 := bytes.CutSuffix(n, []byte{')'})
		_, ok3 := parseNumber(n, 1<<64-1)
		return ok && ok2 && ok3
	case "INTERNALDATE":
		s := scanner{b: val}
		raw, ok := s.quoted()
		if !ok {
			return false
		}
		t, err := time.Parse(internalDate, string(raw))
		return err == nil && !t.IsZero()
	case "ENVELOPE", "BODYSTRUCTURE", "BODY":
		return val[0] == '('
	}
	return false
}

// itemName returns the name of an item in upper case, without allocating in
// the form servers send it.
func itemName(b []byte) string {
	switch string(b) {
	case "UID":
		return "UID"
	case "FLAGS":
		return "FLAGS"
	case "BODY":
		return "BODY"
	case "RFC822.SIZE":
		return "RFC822.SIZE"
	case "INTERNALDATE":
		return "INTERNALDATE"
	case "MODSEQ":
		return "MODSEQ"
	}
	return upper(b)
}
