package wire

import (
	"bytes"
	"errors"

	"github.com/emersion/go-imap/v2"
)

var (
	errLateUID = errors.New("the server sends the data of a message ahead of its UID")
	errTwoUIDs = errors.New("a FETCH response has two UIDs")
)

// A fetchItem is a data item of a FETCH response. Octets are of the response
// or, where these cannot be left as they are, of their replacement.
type fetchItem struct {
	text    []byte
	uid     bool
	data    bool // data of the message: with the first, the library routes all
	removed bool
	open    bool // ends by announcing a literal which is not in hand
}

// A fetching is a FETCH response, whole or in parts: a large literal is passed
// by and the response goes on behind it.
type fetching struct {
	number  uint32
	uid     imap.UID
	begun   bool // something of it has been passed on
	written bool // items have
}

// fetch rewrites a FETCH response which is in hand as a whole.
func (w *rewriting) fetch() error {
	w.spaces()
	if !w.accept('(') {
		return errSyntax
	}
	f := fetching{number: w.number}
	_, err := w.fetchPart(&f, false)
	return err
}

// fetchPart rewrites the items from here to the end of the response or, if it
// is open, to a literal announced there. It reports whether that literal is to
// be discarded.
func (w *rewriting) fetchPart(f *fetching, open bool) (discard bool, err error) {
	noted, start := len(w.v.notices), len(w.dst)
	defer func() {
		for i := noted; i < len(w.v.notices); i++ {
			w.v.notices[i].UID = f.uid
		}
	}()
	var room [12]fetchItem
	items, exact, err := w.fetchItems(room[:0], f, open)
	if err != nil {
		return false, err
	}
	late, data := lateUID(items)
	switch {
	case open && f.uid == 0:
		return false, errLateUID
	case data && f.uid == 0 && w.v.uidFetch():
		w.v.note(Notice{Kind: ResponseDropped, Type: w.typ, Number: w.number, Failed: []string{"UID FETCH"},
			Why: "the server sends data of a message without its UID"})
		return false, errHeld
	case exact && !late && !f.begun && !open && w.headExact():
		w.dst = append(w.dst[:start], w.line...)
		return false, nil
	}
	if !f.begun {
		w.begin()
		w.write(" (")
		f.begun = true
	}
	if late {
		for _, it := range items {
			if it.uid {
				w.fetchItem(f, it)
			}
		}
	}
	for _, it := range items {
		if !late || !it.uid {
			w.fetchItem(f, it)
		}
	}
	if !open {
		w.write(")\r\n")
		return false, nil
	}
	return items[len(items)-1].removed, nil
}

// headExact reports whether the response begins as it would be written anew.
func (w *rewriting) headExact() bool {
	var room [32]byte
	head := append(appendNumber(append(room[:0], "* "...), w.number), " FETCH ("...)
	return bytes.HasPrefix(w.line, head)
}

func (w *rewriting) fetchItem(f *fetching, it fetchItem) {
	if it.removed {
		return
	}
	if f.written {
		w.write(" ")
	}
	f.written = true
	w.dst = append(w.dst, it.text...)
}

// lateUID reports whether the UID comes behind data: then the library delivers
// the message to nobody.
func lateUID(items []fetchItem) (late, data bool) {
	for _, it := range items {
		data = data || it.data
		late = late || it.uid && data
	}
	return late, data
}

// fetchItems reads items up to the closing parenthesis or, if open, to the end
// of what is in hand. They are exact if nothing in them must change.
func (w *rewriting) fetchItems(items []fetchItem, f *fetching, open bool) (_ []fetchItem, exact bool, err error) {
	exact = true
	for {
		from := w.i
		w.spaces()
		if gap := w.i - from; (gap == 1) != (len(items) > 0 && w.peek() != ')') || gap > 1 {
			exact = false
		}
		if w.accept(')') {
			break
		}
		it, err := w.readItem(f, open)
		if err != nil {
			return nil, false, err
		}
		exact = exact && !it.removed && !it.replaced()
		items = append(items, it.fetchItem)
		if it.open {
			return items, exact, nil
		}
	}
	rest := w.b[w.i:]
	if exact = exact && (string(rest) == "\r\n" || string(rest) == "\n"); !exact && !w.atEnd() {
		return nil, false, errSyntax
	}
	if open {
		return nil, false, errSyntax
	}
	return items, exact, nil
}
