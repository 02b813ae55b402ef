package wire

import (
	"bytes"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// A readItem is an item as read, and what it was before.
type readItem struct {
	fetchItem
	raw []byte
}

func (it readItem) replaced() bool { return !it.removed && !bytes.Equal(it.text, it.raw) }

// readItem reads one item. One that the library cannot read is removed.
func (w *rewriting) readItem(f *fetching, open bool) (readItem, error) {
	from := w.i
	name := w.section()
	if len(name) == 0 {
		return readItem{}, errSyntax
	}
	base, section, bracket := bytes.Cut(name, []byte{'['})
	spaced := w.spaces()
	value := w.i
	it := readItem{fetchItem: fetchItem{open: open && w.announcesLiteral()}}
	if it.open {
		w.i = len(w.b)
	} else if err := w.skip(); err != nil {
		return it, err
	}
	it.raw = w.b[from:w.i]
	it.text = it.raw
	val := w.b[value:w.i]
	if value != from+len(name)+1 {
		it.text = append(append(bytes.Clone(name), ' '), val...)
	}
	readable, err := true, error(nil)
	switch kind := itemName(base); {
	case bracket && (kind == "BODY" || kind == "BINARY"):
		it.data = true
		readable = sectionReadable(kind, section)
		it.text, readable = w.dataItem(it.text, name, val, kind, readable)
	case bracket && kind == "BINARY.SIZE":
		_, ok := parseNumber(val, 1<<32-1)
		readable = ok && sectionReadable("BINARY", section)
	case bracket:
		readable = false
	case kind == "UID":
		readable, err = true, f.setUID(val)
		it.uid = true
	case kind == "FLAGS":
		it.text, err = w.flagsItem(it.text, val, f)
	default:
		readable = valueReadable(kind, val)
	}
	if !spaced && val[0] != '(' {
		err = errSyntax
	}
	if it.removed = !readable; it.removed {
		it.data = false
		w.v.note(Notice{Kind: ItemRemoved, Type: w.typ, Number: f.number, UID: f.uid, Item: string(name),
			Why: "the library cannot read this item"})
	}
	return it, err
}

// announcesLiteral reports whether only the announcement of a literal is left.
func (w *rewriting) announcesLiteral() bool {
	rest := bytes.TrimPrefix(withoutEnd(w.b[w.i:]), []byte{'~'})
	return len(rest) > 2 && rest[0] == '{' && bytes.IndexByte(rest, '}') == len(rest)-1
}

func (f *fetching) setUID(val []byte) error {
	n, ok := parseNumber(val, maxNumber)
	if !ok || n == 0 {
		return errSyntax
	}
	if f.uid != 0 && f.uid != imap.UID(n) {
		return errTwoUIDs
	}
	f.uid = imap.UID(n)
	return nil
}

// flagsItem returns a FLAGS item as the library can read it.
func (w *rewriting) flagsItem(raw, val []byte, f *fetching) ([]byte, error) {
	s := scanner{b: val}
	var room [128]byte
	text, odd, err := s.flags(append(room[:0], raw[:len(raw)-len(val)]...))
	if err != nil {
		return nil, err
	}
	w.oddFlags(odd, f.number)
	if bytes.Equal(text, raw) {
		return raw, nil
	}
	return bytes.Clone(text), nil
}

// dataItem returns an item with data of the message as the library can read
// it: a nil in capitals, and no mark of a literal8 where it knows none.
func (w *rewriting) dataItem(raw, name, val []byte, kind string, readable bool) ([]byte, bool) {
	head := func() []byte { return append(bytes.Clone(name), ' ') }
	switch {
	case !readable:
		return raw, false
	case val[0] == '"' || val[0] == '{':
		return raw, true
	case val[0] == '~' && kind == "BINARY":
		return raw, true
	case val[0] == '~' && bytes.HasPrefix(val, []byte("~{")):
		return append(head(), val[1:]...), true
	case string(val) == "NIL":
		return raw, true
	case strings.EqualFold(string(val), "NIL"):
		return append(head(), "NIL"...), true
	}
	return raw, false
}
