package message

import "bytes"

// AppendOctets appends the octets of the fields, such that Restore makes the same
// header of them; false: there are none, as they are more than ParseHeader takes, or a
// field that is not the last one lacks its line end. That the header is Broken is not
// in them.
func (h Header) AppendOctets(b []byte) ([]byte, bool) {
	before := len(b)
	for i := range h.fields {
		f := &h.fields[i]
		if i < len(h.fields)-1 && !bytes.HasSuffix(f.value, []byte{'\n'}) {
			return b, false
		}
		b = append(b, f.name...)
		b = append(b, ':')
		b = append(b, f.value...)
	}
	return b, len(h.fields) <= maxFields && len(b)-before <= maxBlock
}

// Restore makes h, as Parse does, the header of which AppendOctets gave the octets.
func (h *Header) Restore(octets []byte, broken bool) error {
	if err := h.Parse(octets); err != nil {
		return err
	}
	h.broken = broken
	return nil
}
