package wire

import (
	"bytes"
	"strings"
)

func (w *rewriting) capability() error {
	w.begin()
	w.dst = appendCapabilities(w.dst, w.b[w.i:])
	w.write("\r\n")
	return nil
}

// count writes EXISTS and RECENT.
func (w *rewriting) count() error {
	if !w.atEnd() {
		return errSyntax
	}
	w.begin()
	w.write("\r\n")
	return nil
}

// expunge holds back "* 0 EXPUNGE": for the library, zero is the end of the
// list, after which it reads no more of it and blocks.
func (w *rewriting) expunge() error {
	if w.number == 0 {
		return errSyntax
	}
	return w.count()
}

func (w *rewriting) flagsOfMailbox() error {
	w.spaces()
	w.begin()
	list, odd, err := w.flags(append(w.dst, ' '))
	if err != nil || !w.atEnd() {
		return errSyntax
	}
	w.dst = list
	w.write("\r\n")
	w.oddFlags(odd, 0)
	return nil
}

func (w *rewriting) oddFlags(odd []string, number uint32) {
	if len(odd) > 0 {
		w.v.note(Notice{Kind: FlagsUnreadable, Type: w.typ, Number: number, Item: strings.Join(odd, " "),
			Why: "flags that cannot be read"})
	}
}

// plain passes a response on whose values can be told apart.
func (w *rewriting) plain() error {
	for w.spaces(); !w.atEnd(); w.spaces() {
		if err := w.skip(); err != nil {
			return err
		}
	}
	w.dst = append(w.dst, w.line...)
	return nil
}

// named passes a response on that begins with a mailbox name.
func (w *rewriting) named() error {
	from := w.i
	w.spaces()
	name, ok := w.astring()
	if !ok || !isName(name) {
		return errSyntax
	}
	w.i = from
	return w.plain()
}

// quota passes a response on unless it holds a negative limit, by which some
// servers mean "none" and of which the library dies.
func (w *rewriting) quota() error {
	if bytes.Contains(w.b[w.i:], []byte(" -")) {
		return errSyntax
	}
	return w.plain()
}
