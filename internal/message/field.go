package message

import "bytes"

// A Field is one header field.
type Field struct {
	name  []byte // in the message's letter case
	value []byte // as on the wire, with its folding
	known *known // what was worked out; nil: nothing, as of most fields
}

// known is what was worked out of a field's value.
type known struct {
	text      Text
	list      Text
	addresses []Address

	decoded, listed, parsed bool // text, list, addresses were worked out
	told                    bool // addresses are all of the field's
}

// know returns what is known, to be added to.
func (f *Field) know() *known {
	if f.known == nil {
		f.known = new(known)
	}
	return f.known
}

// newField reads a field with its continuation lines; false: it is none (RFC 5322
// section 2.2).
func newField(lines []byte) (Field, bool) {
	end := 0
	for end < len(lines) && lines[end] > ' ' && lines[end] < 0x7f && lines[end] != ':' {
		end++
	}
	colon := end
	for colon < len(lines) && (lines[colon] == ' ' || lines[colon] == '\t') {
		colon++ // obsolete, yet seen (RFC 5322 section 4.5)
	}
	if end == 0 || colon == len(lines) || lines[colon] != ':' {
		return Field{}, false
	}
	return Field{name: lines[:end], value: lines[colon+1:]}, true
}

// is compares ASCII only, so that no two names are one by Unicode's rules.
func (f *Field) is(name string) bool {
	if len(f.name) != len(name) {
		return false
	}
	for i := range len(name) {
		if asciiLower(f.name[i]) != asciiLower(name[i]) {
			return false
		}
	}
	return true
}

func asciiLower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Raw returns the field's value undecoded. Line ends and folding differ between
// servers: each run of them and of other white space is one space, and none is
// at the ends.
func (f *Field) Raw() string {
	var room [128]byte // more than most have
	return string(f.AppendRaw(room[:0]))
}

// AppendRaw appends what Raw returns.
func (f *Field) AppendRaw(b []byte) []byte {
	from := len(b)
	// Word by word, of which each ends before an octet of white space.
	for start, end := 0, 0; start < len(f.value); start = end + 1 {
		for end = start; end < len(f.value) && !isWSP(f.value[end]); {
			end++
		}
		if end > start && len(b) > from {
			b = append(b, ' ')
		}
		b = append(b, f.value[start:end]...)
	}
	return b
}

// Wire returns the field's value as on the wire, with its folding. It is not to be changed.
func (f *Field) Wire() []byte { return f.value }

// Apart returns a field of the same value that keeps nothing of the message.
func (f *Field) Apart() Field { return Field{value: bytes.Clone(f.value)} }

// Learn has f share with another field of the same value what is and will be worked out
// of it, now and for every other that learns: one goroutine at a time may read them.
func (f *Field) Learn(same *Field) {
	if bytes.Equal(f.value, same.value) {
		f.known = same.know()
	}
}

// Text returns the field's value, decoded.
func (f *Field) Text() Text {
	k := f.know()
	if !k.decoded {
		k.text, k.decoded = TextOf(decodeWords(toUTF8(string(f.value)))), true
	}
	return k.text
}

// AppendFold appends Fold of Text, at little cost and without working out more; false: the
// value is more than ASCII, or has encoded words, so that it takes Text.
func (f *Field) AppendFold(b []byte) ([]byte, bool) { return appendPlainFold(b, f.value) }

// Addresses returns the field's addresses (RFC 5322 section 3.4), those of groups
// among them. What is broken is salvaged as far as it makes sense. False: they
// are too many to be told.
func (f *Field) Addresses() ([]Address, bool) {
	k := f.know()
	if !k.parsed {
		k.addresses, k.told = parseAddresses(string(f.value))
		k.parsed = true
	}
	return k.addresses, k.told
}

// ListID returns the identifier of a mailing list that the field holds: what
// stands between angle brackets (RFC 2919 section 3), or the whole value where
// there are none, as older software writes it.
func (f *Field) ListID() Text {
	k := f.know()
	if !k.listed {
		k.list, k.listed = f.listID(), true
	}
	return k.list
}

func (f *Field) listID() Text {
	i := bytes.LastIndexByte(f.value, '<')
	if i < 0 {
		return f.Text()
	}
	id, _, _ := bytes.Cut(f.value[i+1:], []byte{'>'})
	return TextOf(toUTF8(string(id)))
}
