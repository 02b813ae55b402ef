package message

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// A Header is the fields of a message that were fetched, decoded on demand and
// only once: copies of a Header share what was decoded, so that one goroutine at
// a time may read them. The zero value has no fields.
type Header struct {
	fields []Field // in the order of the message
	octets []byte  // of Parse, in which they lie; for reuse
	broken bool
}

// What a block may hold. Mail servers themselves refuse far smaller headers
// (Postfix: 100 KiB); the bounds keep a hostile message from costing memory.
const (
	maxBlock  = 1 << 20 // octets
	maxFields = 10_000
)

var (
	errBlock  = errors.New("it is larger than 1 MiB")
	errFields = fmt.Errorf("it has more than %d fields", maxFields)
)

// ParseHeader reads the octets that FETCH BODY[HEADER.FIELDS (…)] returns. They
// were written by a stranger: a line that is no field makes only itself
// unusable. It fails where the block as a whole cannot be told; the Header that
// it returns beside the error is Broken and may be judged as such.
//
// go-message's textproto.ReadHeader would drop everything behind the first line
// that is no field, and has no bounds of its own.
func ParseHeader(block []byte) (Header, error) {
	var room [16]Field // more than most have, so that what is kept is no more than it takes
	fields, _, err := appendFields(room[:0], nil, block)
	return Header{fields: append([]Field(nil), fields...), broken: err != nil}, err
}

// Parse is ParseHeader into the memory of h: what h was, and copies of it are void.
func (h *Header) Parse(block []byte) (err error) {
	h.fields, h.octets, err = appendFields(h.fields[:0], h.octets[:0], block)
	h.broken = err != nil
	return err
}

// appendFields appends the fields of a block to none, and to room its octets, in which
// they lie.
func appendFields(none []Field, room, block []byte) (fields []Field, octets []byte, err error) {
	if len(block) > maxBlock {
		return none, room, fmt.Errorf("read header: %w", errBlock)
	}
	fields, octets = none, append(room, block...)
	for rest := octets; len(rest) > 0; {
		var lines []byte
		lines, rest = cutField(rest)
		if blank(lines) {
			break // the end of the header (RFC 5322 section 2.1)
		}
		f, ok := newField(lines)
		if !ok {
			continue
		}
		if len(fields) == maxFields {
			return none, octets, fmt.Errorf("read header: %w", errFields)
		}
		fields = append(fields, f)
	}
	return fields, octets, nil
}

// Clone returns a copy that lasts when h is parsed into again.
func (h Header) Clone() Header {
	size := 0
	for _, f := range h.fields {
		size += len(f.name) + len(f.value)
	}
	fields, octets := append([]Field(nil), h.fields...), make([]byte, 0, size)
	own := func(b []byte) []byte {
		octets = append(octets, b...)
		return octets[len(octets)-len(b):]
	}
	for i, f := range fields {
		fields[i] = Field{own(f.name), own(f.value), f.known}
	}
	return Header{fields: fields, broken: h.broken}
}

// cutField takes a line and those that continue it (RFC 5322 section 2.2.3). A
// line ends with LF; a bare CR is white space, as it is for servers.
func cutField(s []byte) (lines, rest []byte) {
	end := lineEnd(s)
	if blank(s[:end]) {
		return s[:end], s[end:] // nothing continues a blank line
	}
	for end < len(s) && (s[end] == ' ' || s[end] == '\t') {
		end += lineEnd(s[end:])
	}
	return s[:end], s[end:]
}

// blank says whether there is nothing in a line but its end.
func blank(line []byte) bool {
	for i := range len(line) {
		if line[i] != '\r' && line[i] != '\n' {
			return false
		}
	}
	return true
}

func lineEnd(s []byte) int {
	if i := bytes.IndexByte(s, '\n'); i >= 0 {
		return i + 1
	}
	return len(s)
}

// Broken says that the header could not be told: what a field holds, or that
// there is none, is then unknown.
func (h Header) Broken() bool { return h.broken }

// Fields returns the fields of that name, in any letter case, in the order of the
// message.
func (h Header) Fields(name string) iter.Seq[*Field] {
	return func(yield func(*Field) bool) {
		for i := range h.fields {
			if f := &h.fields[i]; f.is(name) && !yield(f) {
				return
			}
		}
	}
}

// First returns the first field of that name, or nil.
func (h Header) First(name string) *Field {
	for i := range h.fields {
		if f := &h.fields[i]; f.is(name) {
			return f
		}
	}
	return nil
}

// Raw returns the first field of that name as Field.Raw does; false: there is
// none.
func (h Header) Raw(name string) (string, bool) {
	if f := h.First(name); f != nil {
		return f.Raw(), true
	}
	return "", false
}

// Text returns the first field of that name, decoded; false: there is none.
func (h Header) Text(name string) (string, bool) {
	if f := h.First(name); f != nil {
		return f.Text().Plain, true
	}
	return "", false
}

// Join returns h with the fields of those names (in lower case, sorted) that more
// holds, and lasts as Clone does.
func (h Header) Join(more Header, names []string) Header {
	both := Header{fields: slices.Clone(h.fields), broken: h.broken || more.broken}
	for _, f := range more.fields {
		if _, found := slices.BinarySearch(names, strings.ToLower(string(f.name))); found {
			both.fields = append(both.fields, f)
		}
	}
	return both.Clone()
}
