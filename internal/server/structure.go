package server

import (
	"errors"
	"strconv"
	"strings"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
)

// maxStructure is how many octets of text a BODYSTRUCTURE may hold. A thousand parts
// with names take less.
const maxStructure = 256 << 10

var errStructure = errors.New("it is no BODYSTRUCTURE")

// readStructure reads a BODYSTRUCTURE (RFC 9051 section 7.5.2) that a server made of
// what a stranger wrote; nil: it makes no sense, so that what the message holds is
// unknown. Extension data may be missing at the end of every list.
func readStructure(v wire.Value) *message.Part {
	if textOctets(v) > maxStructure {
		return nil
	}
	root, err := readPart(v)
	if err != nil || message.Enumerate(root) != nil {
		return nil
	}
	return root
}

// countLeaves counts the parts of a structure that are no multiparts.
func countLeaves(root *message.Part) int {
	n := 0
	if root != nil {
		for range root.Leaves() {
			n++
		}
	}
	return n
}

func textOctets(v wire.Value) int {
	n := len(v.Text)
	for _, element := range v.List {
		n += textOctets(element)
	}
	return n
}

func readPart(v wire.Value) (*message.Part, error) {
	if v.Kind != wire.List || len(v.List) == 0 {
		return nil, errStructure
	}
	if v.List[0].Kind == wire.List {
		return readMultipart(v.List)
	}
	return readLeaf(v.List)
}

// readMultipart reads a list that begins with parts: (part part "mixed" …).
func readMultipart(list []wire.Value) (*message.Part, error) {
	var children []*message.Part
	for len(list) > 0 && list[0].Kind == wire.List {
		child, err := readPart(list[0])
		if err != nil {
			return nil, err
		}
		children, list = append(children, child), list[1:]
	}
	if len(list) == 0 || !isText(list[0]) || len(children) == 1 && isEmpty(children[0]) {
		return nil, errStructure
	}
	subtype, list := textOf(list[0]), list[1:]
	var params [][2]string
	if len(list) > 0 {
		var err error
		if params, err = readParams(list[0]); err != nil {
			return nil, err
		}
		list = list[1:]
	}
	disposition, dispositionParams, err := readDisposition(list)
	if err != nil {
		return nil, err
	}
	return message.NewPart("multipart", subtype, params, "", 0, disposition, dispositionParams, children), nil
}

// isEmpty says that a part is what Dovecot and Cyrus put into a multipart in which they
// find no part, whatever else there is.
func isEmpty(p *message.Part) bool { return p.Type == "text" && p.Subtype == "plain" && p.Size == 0 }

// readLeaf reads a list that begins with a type.
func readLeaf(list []wire.Value) (*message.Part, error) {
	const basic = 7 // type, subtype, parameters, id, description, encoding, octets
	if len(list) < basic || !isText(list[0]) || !isText(list[1]) || !isText(list[5]) {
		return nil, errStructure
	}
	typ, subtype := textOf(list[0]), textOf(list[1])
	switch {
	case typ == "" && subtype == "":
		return nil, errStructure // it is not told what it is
	case strings.EqualFold(typ, "multipart"):
		return nil, errStructure // it is not told what is in it
	}
	params, err := readParams(list[2])
	if err != nil {
		return nil, err
	}
	size, ok := readOctets(list[6])
	if !ok {
		return nil, errStructure
	}
	encoding, rest := textOf(list[5]), list[basic:]
	children, rest, err := readEmbedded(typ, subtype, encoding, rest)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 && (strings.EqualFold(typ, "text") || children != nil) {
		if _, ok := readOctets(rest[0]); !ok { // lines; else what follows cannot be told apart
			return nil, errStructure
		}
		rest = rest[1:]
	}
	if len(rest) > 0 {
		rest = rest[1:] // MD5
	}
	disposition, dispositionParams, err := readDisposition(rest)
	if err != nil {
		return nil, err
	}
	return message.NewPart(typ, subtype, params, encoding, size, disposition, dispositionParams, children), nil
}

// readEmbedded reads what only a message/rfc822 has: its envelope and its part. One
// that is encoded, which it must not be (RFC 2046 section 5.2.1), has none, whether
// the server looked into it or not: there is no part to be read by number. Of any
// other what is in it must be told.
func readEmbedded(typ, subtype, encoding string, rest []wire.Value) (children []*message.Part, _ []wire.Value, _ error) {
	if !strings.EqualFold(typ, "message") || !strings.EqualFold(subtype, "rfc822") && !strings.EqualFold(subtype, "global") {
		return nil, rest, nil
	}
	told := len(rest) > 1 && (rest[0].Kind == wire.List || rest[0].IsNil()) && isPart(rest[1])
	switch encoded := isEncoded(encoding); {
	case told && encoded:
		return nil, rest[min(3, len(rest)):], nil
	case encoded:
		return nil, rest, nil
	case !told:
		return nil, nil, errStructure
	}
	child, err := readPart(rest[1])
	if err != nil {
		return nil, nil, err
	}
	return []*message.Part{child}, rest[2:], nil
}

// isPart tells a part from the disposition that stands there where none is told: that
// is a list of at most two.
func isPart(v wire.Value) bool {
	return v.Kind == wire.List && len(v.List) > 0 && (v.List[0].Kind == wire.List || len(v.List) > 2)
}

func isEncoded(encoding string) bool {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit":
		return false
	}
	return true
}

// readDisposition reads ("attachment" ("filename" "a.pdf")), or NIL, or what some
// servers send, just "attachment".
func readDisposition(rest []wire.Value) (string, [][2]string, error) {
	if len(rest) == 0 {
		return "", nil, nil
	}
	if isText(rest[0]) {
		return textOf(rest[0]), nil, nil
	}
	list := rest[0].List
	if rest[0].Kind != wire.List || len(list) == 0 || len(list) > 2 || !isText(list[0]) {
		return "", nil, errStructure
	}
	if len(list) == 1 {
		return textOf(list[0]), nil, nil
	}
	params, err := readParams(list[1])
	return textOf(list[0]), params, err
}

// readParams reads ("name" "a.pdf" "charset" "utf-8"), or NIL.
func readParams(v wire.Value) ([][2]string, error) {
	if v.IsNil() {
		return nil, nil
	}
	if v.Kind != wire.List || len(v.List)%2 != 0 {
		return nil, errStructure
	}
	var params [][2]string
	for list := v.List; len(list) > 0; list = list[2:] {
		if !isText(list[0]) || !isText(list[1]) {
			return nil, errStructure
		}
		params = append(params, [2]string{textOf(list[0]), textOf(list[1])})
	}
	return params, nil
}

// readOctets reads a number, which some servers send as a string.
func readOctets(v wire.Value) (int64, bool) {
	n, err := strconv.ParseInt(v.Text, 10, 64)
	return n, err == nil && n >= 0
}

// isText says that a value is a string, an atom or NIL.
func isText(v wire.Value) bool { return v.Kind == wire.Atom || v.Kind == wire.String }

func textOf(v wire.Value) string {
	if v.IsNil() {
		return ""
	}
	return v.Text
}
