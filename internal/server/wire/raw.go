package wire

import "fmt"

// A Raw is an untagged response as it came. Where it is given, its octets are valid
// only until the call returns.
type Raw struct {
	Number uint32 // which it begins with, as in "3 FETCH"; else zero
	Type   string // in upper case
	Octets []byte // what follows the type, literals in their place, to the line's end

	badly bool // its number is not one of 32 bits
}

// Response reads the values of a response. Of one that cannot be read to its end it
// returns what came before, beside the error; lists that are nested too deeply are
// passed over.
func (r Raw) Response() (Response, error) {
	s := scanner{b: r.Octets, passDeep: true}
	response, err := parseResponse(&s, r.Number, r.Type)
	if r.badly {
		err = errSyntax
	}
	if err != nil {
		err = fmt.Errorf("the response %s of the server cannot be read: %w", r.Type, err)
	}
	return response, err
}

// In is the response with its octets copied behind those of a buffer, so that they
// last; it returns the buffer, too.
func (r Raw) In(buffer []byte) (Raw, []byte) {
	from := len(buffer)
	buffer = append(buffer, r.Octets...)
	r.Octets = buffer[from:len(buffer):len(buffer)]
	return r, buffer
}
