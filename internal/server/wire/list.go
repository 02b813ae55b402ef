package wire

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

func isName(name string) bool { return strings.EqualFold(name, "INBOX") || decodable(name) }

// list rewrites a LIST response (RFC 9051 section 7.3.1). One whose name or
// delimiter cannot be told becomes a notice.
func (w *rewriting) list() error {
	w.begin()
	w.spaces()
	if err := w.attributes(); err != nil {
		return err
	}
	w.spaces()
	rest := w.b[w.i:]
	delim, ok := w.delimiter()
	if !ok {
		return w.unreadable(rest, "the delimiter of a folder cannot be told")
	}
	w.spaces()
	rest = w.b[w.i:]
	name, ok := w.astring()
	if !ok || !isName(name) {
		return w.unreadable(rest, "the name of a folder is not modified UTF-7")
	}
	if w.spaces(); !w.atEnd() && w.peek() != '(' {
		return w.unreadable(rest, "the name of a folder is not quoted")
	}
	w.write(" ")
	w.dst = append(w.dst, delim...)
	w.write(" ")
	w.dst = appendQuoted(w.dst, name)
	return w.extended(name)
}

// extended passes on the items that may follow the name (RFC 5258), written
// anew, if the library can read them.
func (w *rewriting) extended(name string) error {
	if !w.atEnd() {
		items, err := w.value(0)
		if err != nil {
			return err
		}
		if extendedReadable(items.List) {
			w.dst = appendValue(append(w.dst, ' '), items)
		} else {
			w.v.note(Notice{Kind: ItemRemoved, Type: w.typ, Item: name, Why: "extended items that cannot be read"})
		}
		if w.spaces(); !w.atEnd() {
			return errSyntax
		}
	}
	w.write("\r\n")
	return nil
}

// extendedReadable reports whether the library can read extended items: pairs
// of a tag and a value, of which it looks into two.
func extendedReadable(items []Value) bool {
	if len(items)%2 != 0 {
		return false
	}
	for pair := range slices.Chunk(items, 2) {
		tag, val := pair[0], pair[1]
		switch {
		case tag.Kind == List:
			return false
		case strings.EqualFold(tag.Text, "CHILDINFO"):
			if val.Kind != List || slices.ContainsFunc(val.List, isList) {
				return false
			}
		case strings.EqualFold(tag.Text, "OLDNAME"):
			if len(val.List) != 1 || isList(val.List[0]) || !isName(val.List[0].Text) {
				return false
			}
		}
	}
	return true
}

func isList(v Value) bool { return v.Kind == List }

// unreadable holds the response back and says so: the folder is there, but
// cannot be named.
func (w *rewriting) unreadable(item []byte, why string, failed ...string) error {
	w.v.note(Notice{Kind: FolderUnreadable, Type: w.typ, Item: string(bytes.TrimSpace(item)), Failed: failed, Why: why})
	return errHeld
}

// attributes writes the mailbox attributes, without those that the library
// would not survive.
func (w *rewriting) attributes() error {
	if !w.accept('(') {
		return errSyntax
	}
	w.write(" (")
	for first := true; ; {
		w.spaces()
		if w.accept(')') {
			w.write(")")
			return nil
		}
		attr, ok, err := w.flag()
		if err != nil {
			return err
		}
		if !ok {
			w.v.note(Notice{Kind: ItemRemoved, Type: w.typ, Item: string(attr), Why: "a mailbox attribute that cannot be read"})
			continue
		}
		if !first {
			w.write(" ")
		}
		first = false
		w.dst = append(w.dst, attr...)
	}
}

// delimiter reads a hierarchy delimiter and returns it as the library wants
// it: one character in quotes, or NIL.
func (w *rewriting) delimiter() (delim []byte, ok bool) {
	if w.peek() == '"' {
		text, ok := w.text()
		r, size := utf8.DecodeRuneInString(text)
		if !ok || size != len(text) || r == utf8.RuneError || r < ' ' {
			return nil, false
		}
		return appendQuoted(nil, text), true
	}
	return []byte("NIL"), bytes.EqualFold(w.atom(), []byte("NIL"))
}
