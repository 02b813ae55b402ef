package wire

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// An Error is the refusal of a raw command. It unwraps to an [imap.Error].
type Error struct {
	Command   string // as sent, without its arguments
	Status    string // "NO" or "BAD"
	Code      string // in upper case, without brackets; empty: none
	Arguments string // of the code, as sent
	Text      string
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Command, e.Unwrap()) }

// Unwrap returns the library's form of the error.
func (e *Error) Unwrap() error {
	return &imap.Error{
		Type: imap.StatusResponseType(e.Status),
		Code: imap.ResponseCode(e.Code),
		Text: e.Text,
	}
}

// A status is an OK, NO, BAD, BYE or PREAUTH (RFC 9051 section 7.1).
type status struct {
	typ       string
	code      string // upper case; empty: none
	arguments string
	text      string
}

func isStatus(typ string) bool {
	switch typ {
	case "OK", "NO", "BAD", "BYE", "PREAUTH":
		return true
	}
	return false
}

// parseStatus reads what follows the type. It cannot fail: what is not a code
// is text.
func parseStatus(typ string, rest []byte) status {
	rest = bytes.TrimLeft(withoutEnd(rest), " ")
	st := status{typ: typ}
	if end := codeEnd(rest); end > 0 {
		s := scanner{b: rest[1:end]}
		code := s.atom()
		if printable(code) && (s.atEnd() || s.peek() == ' ') {
			st.code = upper(code)
			st.arguments = string(bytes.Trim(s.b[s.i:], " "))
			rest = bytes.TrimLeft(rest[end+1:], " ")
		}
	}
	st.text = clean(rest)
	return st
}

// codeEnd returns where the "]" of a response code stands, zero if there is
// none. Flags and quoted arguments may hold one too.
func codeEnd(b []byte) int {
	if len(b) == 0 || b[0] != '[' {
		return 0
	}
	depth, quoted := 0, false
	for i := 1; i < len(b); i++ {
		switch ch := b[i]; {
		case quoted && ch == '\\':
			i++
		case ch == '"':
			quoted = !quoted
		case quoted:
		case ch == '(':
			depth++
		case ch == ')':
			depth--
		case ch == ']' && depth <= 0:
			return i
		}
	}
	return max(bytes.IndexByte(b, ']'), 0)
}

func printable(b []byte) bool {
	for _, ch := range b {
		if ch <= ' ' || ch >= 0x7f || strings.IndexByte(`(){%*"\]`, ch) >= 0 {
			return false
		}
	}
	return len(b) > 0
}

// clean returns text without what would end the line early for the library.
func clean(b []byte) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, string(b)))
}

// append writes the status for the library, after tag and a space, and without
// its code if the library would not survive it.
func (st status) append(dst []byte, code string) []byte {
	dst = append(dst, st.typ...)
	if code != "" {
		dst = append(append(append(dst, " ["...), code...), ']')
	}
	switch {
	case st.text == "":
	case code == "" && st.text[0] == '[': // else the library takes it for a code
		dst = append(append(dst, " . "...), st.text...)
	default:
		dst = append(append(dst, ' '), st.text...)
	}
	return append(dst, '\r', '\n')
}

// codeFor returns the code that the library is shown. Of most codes it reads
// no arguments, so they are left away; those it reads are checked.
func (st status) codeFor(v *verdict, limits Options) (code string, copied *Copied) {
	ok := true
	switch st.code {
	case "CAPABILITY":
		return string(appendCapabilities([]byte("CAPABILITY"), []byte(st.arguments))), nil
	case "PERMANENTFLAGS":
		s := scanner{b: []byte(st.arguments)}
		flags, odd, err := s.flags([]byte("PERMANENTFLAGS "))
		if ok = err == nil; ok {
			if len(odd) > 0 {
				v.note(Notice{Kind: FlagsUnreadable, Type: st.typ, Item: strings.Join(odd, " "), Why: "flags that cannot be read"})
			}
			return string(flags), nil
		}
	case "UIDNEXT", "UIDVALIDITY":
		var n uint64
		n, ok = parseNumber([]byte(st.arguments), 1<<32-1)
		ok = ok && n > 0
	case "HIGHESTMODSEQ":
		_, ok = parseNumber([]byte(st.arguments), 1<<63-1)
	case "APPENDUID":
		validity, uid, _ := strings.Cut(st.arguments, " ")
		n, ok1 := parseNumber([]byte(validity), 1<<32-1)
		m, ok2 := parseNumber([]byte(uid), maxNumber)
		ok = ok1 && ok2 && n > 0 && m > 0
	case "COPYUID":
		if copied, code = parseCopyUID(st.arguments, limits.MaxNumbers); copied != nil {
			return code, copied
		}
		ok = false
	default:
		return st.code, nil
	}
	if !ok {
		v.note(Notice{Kind: CodeRemoved, Type: st.typ, Code: st.code, Arguments: st.arguments, Text: st.text,
			Why: "the arguments of the response code " + st.code + " cannot be read"})
		return "", nil
	}
	return st.code + " " + st.arguments, nil
}

// parseCopyUID reads both sets in the order of the wire, in which they pair
// (RFC 4315 section 3), and returns the code in the order the library likes.
func parseCopyUID(arguments string, limit int64) (*Copied, string) {
	words := strings.Fields(arguments)
	if len(words) != 3 {
		return nil, ""
	}
	validity, ok := parseNumber([]byte(words[0]), 1<<32-1)
	source, n, ok1 := parseSet([]byte(words[1]))
	dest, m, ok2 := parseSet([]byte(words[2]))
	if !ok || validity == 0 || !ok1 || !ok2 || n != m || n > limit {
		return nil, ""
	}
	if !distinct(source, n) || !distinct(dest, m) {
		return nil, "" // which copy is whose could not be told
	}
	code := appendNumber([]byte("COPYUID "), validity)
	code = appendSet(append(code, ' '), source)
	code = appendSet(append(code, ' '), dest)
	return &Copied{UIDValidity: uint32(validity), Source: expand(source, n), Dest: expand(dest, m)}, string(code)
}

// appendCapabilities writes capabilities, each after a space. IMAP4rev2 is left
// away if IMAP4rev1 is there too: at its mere sight the library writes names in
// raw UTF-8, which such a server may take for modified UTF-7 (RFC 9051 appendix
// E). What is no atom is left away as well.
func appendCapabilities(dst, list []byte) []byte {
	words := bytes.Fields(list)
	rev1 := false
	for _, w := range words {
		rev1 = rev1 || bytes.EqualFold(w, []byte("IMAP4rev1"))
	}
	for _, w := range words {
		if !printable(w) || rev1 && bytes.EqualFold(w, []byte("IMAP4rev2")) {
			continue
		}
		dst = append(append(dst, ' '), w...)
	}
	return dst
}
