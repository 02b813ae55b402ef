package wire

import (
	"bytes"

	"github.com/emersion/go-imap/v2"
)

// A Row is what a FETCH response tells of a message, in the data items that come by the
// hundred thousand. Its octets are those of the response, not copied.
type Row struct {
	UID      imap.UID // 0: not told
	Flags    []byte   // of FLAGS, with spaces between them
	Received []byte   // INTERNALDATE
	Size     int64    // RFC822.SIZE
	Saved    []byte   // SAVEDATE; nil with HasSaved: NIL
	Header   []byte   // of the one BODY[HEADER.FIELDS (…)]

	// What was told.
	HasFlags, HasReceived, HasSize, HasSaved, HasHeader bool
}

// Row reads a FETCH response in the form in which nearly all come, without making
// values of it. It is false for any other form, and for what cannot be right: then
// Response tells what there is.
func (r Raw) Row() (Row, bool) {
	var row Row
	s := scanner{b: r.Octets}
	if r.badly || !s.spaces() || !s.accept('(') {
		return row, false
	}
	for {
		name := s.itemName()
		if !s.accept(' ') || !row.read(&s, name) {
			return row, false
		}
		if s.accept(')') {
			return row, string(s.b[s.i:]) == "\r\n" || s.atEnd()
		}
		if !s.accept(' ') {
			return row, false
		}
	}
}

// headerFields is what the name of that item begins with.
const headerFields = "BODY[HEADER.FIELDS ("

// itemName reads the name of a data item, up to the space behind it. What it returns of
// any but those that read knows may be anything.
func (s *scanner) itemName() []byte {
	rest, end := s.b[s.i:], 0
	if bytes.HasPrefix(rest, []byte(headerFields)) {
		if end = bytes.IndexByte(rest, ']') + 1; bytes.IndexByte(rest[:end], '\n') >= 0 {
			return nil
		}
	} else {
		for end < len(rest) && rest[end] > ' ' {
			end++
		}
	}
	s.i += end
	return rest[:end]
}

// read reads the value of a data item, each of which may come once.
func (row *Row) read(s *scanner, name []byte) (ok bool) {
	switch string(name) {
	case "UID":
		var n uint64
		n, ok = s.digits(1<<32 - 1)
		ok = ok && n > 0 && row.UID == 0
		row.UID = imap.UID(n)
	case "FLAGS":
		row.Flags, ok = s.atoms()
		ok = ok && first(&row.HasFlags)
	case "INTERNALDATE":
		row.Received, ok = s.plain()
		ok = ok && first(&row.HasReceived)
	case "RFC822.SIZE":
		var n uint64
		n, ok = s.digits(1<<63 - 1)
		row.Size = int64(n)
		ok = ok && first(&row.HasSize)
	case "SAVEDATE":
		row.Saved, ok = s.plainOrNil()
		ok = ok && first(&row.HasSaved)
	case "MODSEQ":
		ok = s.accept('(')
		if ok {
			_, ok = s.digits(1<<63 - 1)
		}
		ok = ok && s.accept(')')
	default:
		if !bytes.HasPrefix(name, []byte(headerFields)) {
			return false
		}
		if row.Header, ok = s.plain(); !ok {
			row.Header, ok = s.literal()
		}
		ok = ok && first(&row.HasHeader)
	}
	return ok
}

// first notes that something was told, and is false if it was already.
func first(told *bool) bool {
	was := *told
	*told = true
	return !was
}

// atoms reads a list of nothing but atoms, and returns what is between the parentheses.
func (s *scanner) atoms() ([]byte, bool) {
	if s.peek() != '(' {
		return nil, false
	}
	for i := s.i + 1; i < len(s.b); i++ {
		switch s.b[i] {
		case ')':
			list := s.b[s.i+1 : i]
			s.i = i + 1
			return list, true
		case '(', '"', '{', '\r', '\n':
			return nil, false
		}
	}
	return nil, false
}

// plain reads a quoted string in which nothing is escaped.
func (s *scanner) plain() ([]byte, bool) {
	from := s.i
	text, ok := s.quoted()
	if ok && bytes.IndexByte(text, '\\') >= 0 {
		s.i = from
		return nil, false
	}
	return text, ok
}

// plainOrNil is plain where there may be NIL, which it returns as nil.
func (s *scanner) plainOrNil() ([]byte, bool) {
	if rest, ok := bytes.CutPrefix(s.b[s.i:], []byte("NIL")); ok && len(rest) > 0 && (rest[0] == ' ' || rest[0] == ')') {
		s.i += len("NIL")
		return nil, true
	}
	return s.plain()
}
