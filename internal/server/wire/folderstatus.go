package wire

// status rewrites a STATUS response (RFC 9051 section 7.3.4).
func (w *rewriting) status() error {
	w.begin()
	w.spaces()
	rest := w.b[w.i:]
	name, ok := w.astring()
	if !ok || !isName(name) {
		return w.unreadable(rest, "the name of a folder is not modified UTF-7", "STATUS")
	}
	w.write(" ")
	w.dst = appendQuoted(w.dst, name)
	w.spaces()
	if !w.accept('(') {
		return errSyntax
	}
	w.write(" (")
	for first := true; ; first = false {
		w.spaces()
		if w.accept(')') {
			break
		}
		if !first {
			w.write(" ")
		}
		if err := w.statusItem(); err != nil {
			return err
		}
	}
	if !w.atEnd() {
		return errSyntax
	}
	w.write(")\r\n")
	return nil
}

// statusItem passes on an item whose value the library can read.
func (w *rewriting) statusItem() error {
	name := upper(w.atom())
	if !printable([]byte(name)) || !w.spaces() {
		return errSyntax
	}
	w.write(name + " ")
	from := w.i
	max := uint64(1<<32 - 1)
	switch name {
	case "SIZE", "DELETED-STORAGE", "HIGHESTMODSEQ":
		max = 1<<63 - 1
		fallthrough
	case "MESSAGES", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "DELETED", "RECENT":
		if _, ok := w.digits(max); !ok {
			return errSyntax
		}
	case "APPENDLIMIT":
		if _, ok := w.digits(max); !ok && string(w.atom()) != "NIL" {
			return errSyntax
		}
	default:
		v, err := w.value(0)
		w.dst = appendValue(w.dst, v)
		return err
	}
	w.dst = append(w.dst, w.b[from:w.i]...)
	return nil
}
