package wire

import (
	"fmt"
	"strings"
)

// ValueKind is the form of a Value.
type ValueKind int

const (
	// Atom is a word, a number or a flag.
	Atom ValueKind = iota
	// String is a quoted string or a literal.
	String
	// List is a list in parentheses.
	List
	// TooDeep is a list that lies so deep in others that it is not told.
	TooDeep
)

// A Value is a part of a response. An atom may hold brackets with what they
// enclose, as BODY[HEADER.FIELDS (TO)] does.
type Value struct {
	Kind ValueKind
	Text string  // of an atom, as sent; of a string, what it says
	List []Value // of a list
}

// IsNil reports whether the value is NIL, in any case.
func (v Value) IsNil() bool { return v.Kind == Atom && strings.EqualFold(v.Text, "NIL") }

// A Response is an untagged response.
type Response struct {
	Number uint32 // which it begins with, as in "3 FETCH"; else zero
	Type   string // in upper case
	Values []Value
}

// parseResponse reads what follows the type of a response.
func parseResponse(s *scanner, number uint32, typ string) (Response, error) {
	r := Response{Number: number, Type: typ}
	for s.spaces(); !s.atEnd(); s.spaces() {
		v, err := s.value(0)
		if err == nil || v.Kind == List {
			r.Values = append(r.Values, v)
		}
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

// value reads a value. Of a list in which something cannot be read it returns what
// came before, beside the error.
func (s *scanner) value(depth int) (Value, error) {
	switch {
	case depth <= maxDepth:
	case !s.passDeep:
		return Value{}, errDepth
	case s.peek() == '(':
		return Value{Kind: TooDeep}, s.skipWithin(len(s.b))
	}
	if text, ok := s.text(); ok {
		return Value{Kind: String, Text: text}, nil
	}
	if !s.accept('(') {
		atom := s.atomAt(depth)
		if len(atom) == 0 {
			return Value{}, fmt.Errorf("%w at %q", errSyntax, s.b[s.i:min(s.i+10, len(s.b))])
		}
		return Value{Kind: Atom, Text: string(atom)}, nil
	}
	list := Value{Kind: List}
	for {
		s.spaces()
		if s.accept(')') {
			return list, nil
		}
		v, err := s.value(depth + 1)
		if err == nil || v.Kind == List {
			list.List = append(list.List, v)
		}
		if err != nil {
			return list, err
		}
	}
}

// atomAt reads an atom. The names of data items stand in the list that a FETCH
// response is; flags, and whatever else a stranger may choose, stand deeper.
func (s *scanner) atomAt(depth int) []byte {
	if depth == 1 {
		return s.word()
	}
	return s.atom()
}

// octets estimates the memory that a value takes.
func (v Value) octets() int64 {
	n := int64(len(v.Text)) + valueOctets
	for _, element := range v.List {
		n += element.octets()
	}
	return n
}

// valueOctets is about what a value takes beside its text.
const valueOctets = 64

// appendValue writes a value as the library reads it: what is no atom for it
// becomes a string.
func appendValue(dst []byte, v Value) []byte {
	switch {
	case v.Kind == Atom && printable([]byte(v.Text)):
		return append(dst, v.Text...)
	case v.Kind != List:
		return appendQuoted(dst, v.Text)
	}
	dst = append(dst, '(')
	for i, element := range v.List {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = appendValue(dst, element)
	}
	return append(dst, ')')
}
