package wire

import "errors"

// A verdict is what rewriting a response finds beside the new response.
type verdict struct {
	// uidFetch, which is given, reports whether a UID FETCH is running, so that
	// data without a UID are lost.
	uidFetch func() bool

	notices []Notice
}

// note adds a notice. Its Failed names the commands to be failed, running or
// not; the connection leaves those that are.
func (v *verdict) note(n Notice) { v.notices = append(v.notices, n) }

// A rewriting is an untagged response on its way to the library.
type rewriting struct {
	scanner         // stands behind the type
	dst      []byte // where the response goes
	numbered bool
	number   uint32
	typ      string
	line     []byte // all of it
	v        *verdict
	o        *Options
}

// A treatment says what becomes of a type of response.
type treatment struct {
	numbered bool     // a number precedes the type
	answers  []string // commands that only read, and of whose answer it is part
	rewrite  func(*rewriting) error
}

// treatments are the untagged responses that the library knows, but for status
// responses. It dies of any other, so that they are dropped. A response whose
// rewriting fails with errSyntax is dropped too, and the commands that it
// answers fail; any other error ends the connection.
var treatments = map[string]treatment{
	"ACL":        {answers: []string{"GETACL"}, rewrite: (*rewriting).named},
	"CAPABILITY": {answers: []string{"CAPABILITY"}, rewrite: (*rewriting).capability},
	"ENABLED":    {answers: []string{"ENABLE"}, rewrite: (*rewriting).capability},
	"ESEARCH":    {answers: []string{"SEARCH", "UID SEARCH"}, rewrite: (*rewriting).esearch},
	"EXISTS":     {numbered: true, answers: []string{"SELECT", "EXAMINE"}, rewrite: (*rewriting).count},
	"EXPUNGE":    {numbered: true, rewrite: (*rewriting).expunge},
	"FETCH":      {numbered: true, answers: []string{"FETCH", "UID FETCH"}, rewrite: (*rewriting).fetch},
	"FLAGS":      {answers: []string{"SELECT", "EXAMINE"}, rewrite: (*rewriting).flagsOfMailbox},
	"LIST":       {answers: []string{"LIST"}, rewrite: (*rewriting).list},
	"METADATA":   {answers: []string{"GETMETADATA"}, rewrite: (*rewriting).named},
	"MYRIGHTS":   {answers: []string{"MYRIGHTS"}, rewrite: (*rewriting).named},
	"NAMESPACE":  {answers: []string{"NAMESPACE"}, rewrite: (*rewriting).namespace},
	"QUOTA":      {answers: []string{"GETQUOTA", "GETQUOTAROOT"}, rewrite: (*rewriting).quota},
	"QUOTAROOT":  {answers: []string{"GETQUOTAROOT"}, rewrite: (*rewriting).named},
	"RECENT":     {numbered: true, rewrite: (*rewriting).count},
	"SEARCH":     {answers: []string{"SEARCH", "UID SEARCH"}, rewrite: (*rewriting).search},
	"SORT":       {answers: []string{"SORT", "UID SORT"}, rewrite: (*rewriting).plain},
	"STATUS":     {answers: []string{"STATUS", "LIST"}, rewrite: (*rewriting).status},
	"THREAD":     {answers: []string{"THREAD", "UID THREAD"}, rewrite: (*rewriting).plain},

	// The library's parser of ID leaves an error behind that shows up later as
	// the reason of something else, and dies of a NIL: use Do.
	"ID": {answers: []string{"ID"}, rewrite: func(*rewriting) error { return errSyntax }},
}

// A head is what an untagged response begins with.
type head struct {
	numbered bool
	number   uint32
	badly    bool // it has a number, but not one of 32 bits
	typ      string
}

// parseHead reads "* ", a number if there is one, and the type.
func parseHead(s *scanner) (h head, ok bool) {
	if !s.accept('*') || !s.spaces() {
		return h, false
	}
	word := s.atom()
	if len(word) > 0 && word[0] >= '0' && word[0] <= '9' {
		n, fits := parseNumber(word, 1<<32-1)
		h.numbered, h.number, h.badly = true, uint32(n), !fits
		s.spaces()
		word = s.atom()
	}
	h.typ = typeName(word)
	return h, h.typ != "" || h.numbered
}

// typeName returns a type in upper case; those that come by the thousand
// without allocating.
func typeName(word []byte) string {
	switch string(word) {
	case "FETCH":
		return "FETCH"
	case "LIST":
		return "LIST"
	case "STATUS":
		return "STATUS"
	case "EXPUNGE":
		return "EXPUNGE"
	}
	return upper(word)
}

// respond appends to w.dst, as the library is to see it, an untagged response
// that is no status response: repaired, or not at all. An error means that the
// connection cannot go on.
func (w *rewriting) respond(h head) error {
	v, dst := w.v, w.dst
	t, known := treatments[h.typ]
	if !known || t.numbered != h.numbered {
		v.note(Notice{Kind: ResponseDropped, Type: h.typ, Number: h.number, Why: "the library does not know this response"})
		return nil
	}
	err := errSyntax
	w.numbered, w.number, w.typ = h.numbered, h.number, h.typ
	if !h.badly {
		err = t.rewrite(w)
	}
	if errors.Is(err, errSyntax) {
		v.note(Notice{Kind: ResponseDropped, Type: h.typ, Number: h.number, Failed: t.answers,
			Why: "the response " + h.typ + " of the server cannot be read"})
		err = errHeld
	}
	if errors.Is(err, errHeld) {
		w.dst = dst
		return nil
	}
	return err
}

// errHeld is returned by a treatment that has noted why the response is not to
// be passed on.
var errHeld = errors.New("held back")

func (w *rewriting) write(s string) { w.dst = append(w.dst, s...) }

// begin writes "* ", the number if there is to be one, and the type.
func (w *rewriting) begin() {
	w.write("* ")
	if w.numbered {
		w.dst = append(appendNumber(w.dst, w.number), ' ')
	}
	w.write(w.typ)
}
