package wire

import "unicode/utf8"

// namespace rewrites a NAMESPACE response (RFC 2342): three lists of prefix and
// delimiter; what else a server tells of one is left away.
func (w *rewriting) namespace() error {
	r, err := parseResponse(&w.scanner, 0, w.typ)
	if err != nil {
		return err
	}
	if len(r.Values) != 3 {
		return errSyntax
	}
	w.begin()
	for _, group := range r.Values {
		w.write(" ")
		if group.IsNil() || group.Kind == List && len(group.List) == 0 {
			w.write("NIL")
			continue
		}
		w.write("(")
		for _, ns := range group.List {
			if err := w.oneNamespace(ns); err != nil {
				return err
			}
		}
		w.write(")")
	}
	w.write("\r\n")
	return nil
}

func (w *rewriting) oneNamespace(ns Value) error {
	if len(ns.List) < 2 || ns.List[0].Kind != String {
		return errSyntax
	}
	prefix, delim := ns.List[0].Text, ns.List[1]
	w.write("(")
	w.dst = appendQuoted(w.dst, prefix)
	r, size := utf8.DecodeRuneInString(delim.Text)
	switch {
	case delim.IsNil():
		w.write(" NIL)")
	case delim.Kind != String || size != len(delim.Text) || r == utf8.RuneError || r < ' ':
		return errSyntax
	default:
		w.write(" ")
		w.dst = appendQuoted(w.dst, delim.Text)
		w.write(")")
	}
	return nil
}
