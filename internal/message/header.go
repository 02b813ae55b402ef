package message

// A Header is the fields of a message that were fetched, decoded on demand. The
// zero value has no fields.
type Header struct {
	fields []field // in the order of the message
	broken bool
}

type field struct {
	name string // lower case
	raw  string // as on the wire, without the final CRLF
}

// Raw returns the first field of that name as on the wire, without the white
// space around it; false: there is none.
func (h Header) Raw(name string) (string, bool) {
	for _, f := range h.fields {
		if f.name == name {
			return f.raw, true
		}
	}
	return "", false
}
