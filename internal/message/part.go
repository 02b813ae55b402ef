package message

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// A Part is one node of a message's MIME structure, as BODYSTRUCTURE tells it (RFC
// 9051 section 7.5.2) or ParseMessage finds it. Text in it is decoded, valid UTF-8
// in NFC.
type Part struct {
	// Number is the part's number for FETCH BODY[…] (RFC 9051 section 6.4.5.1), once
	// Enumerate gave it. Nil: the multipart that is the whole of a message, which has
	// none.
	Number []int

	Type, Subtype string            // in lower case
	Params        map[string]string // of Content-Type, by names in lower case
	Disposition   string            // in lower case; "": none
	Name          string            // of the file; "": none
	Charset       string            // in lower case; "us-ascii" for text that names none, "" for anything else that does
	Encoding      string            // in lower case; "7bit" where none is named, "" for a multipart
	Size          int64             // octets, as encoded; 0 for a multipart of which only BODYSTRUCTURE is known

	// Children are the parts of a multipart, or the one part that is the message in a
	// message/rfc822.
	Children []*Part

	// What only ParseMessage knows: the part's own header and its octets as encoded,
	// which for the whole message are its header and its text.
	Header Header
	Body   []byte

	attached bool // it lies within a message that is attached
}

// What a structure may hold. Servers have such bounds themselves (Dovecot: 100
// deep, 10,000 parts), and mail that people write stays far below.
const (
	maxDepth = 50
	maxParts = 1000
)

var (
	errDepth = fmt.Errorf("its parts lie more than %d deep in one another", maxDepth)
	errParts = fmt.Errorf("it has more than %d parts", maxParts)
	errChild = errors.New("one of its parts is missing")
)

// NewPart makes a Part from what BODYSTRUCTURE says of it. Params are pairs of name
// and value as on the wire, in any order: pieces and charsets (RFC 2231) are put
// together here, and so are encoded words, which mailers put there wrongly. Of
// what is said twice, the first counts.
//
// The file's name is Content-Disposition's filename, else Content-Type's name.
// Enumerate is for the tree that parts make up.
func NewPart(typ, subtype string, params [][2]string, encoding string, size int64,
	disposition string, dispositionParams [][2]string, children []*Part) *Part {
	p := &Part{
		Params: decodeParams(params), Disposition: token(disposition),
		Encoding: token(encoding), Size: size, Children: children,
	}
	p.Type, p.Subtype = mediaType(typ, subtype)
	if p.Name = decodeParams(dispositionParams)["filename"]; p.Name == "" {
		p.Name = p.Params["name"]
	}
	// Some servers fill in the defaults (RFC 2045 sections 5.2 and 6.1) and some do
	// not: a rule must not see the difference.
	if p.Type == "text" && p.Params["charset"] == "" {
		p.Params["charset"] = "us-ascii"
	}
	if p.Encoding == "" && p.Leaf() {
		p.Encoding = "7bit"
	}
	p.Charset = lowerASCII(p.Params["charset"])
	return p
}

// mediaType is the type that is meant. What is no type at all is plain text, as RFC
// 2045 section 5.2 recommends and readers of mail do.
func mediaType(typ, subtype string) (string, string) {
	typ, subtype = token(typ), token(subtype)
	switch {
	case typ != "" && subtype != "":
		return typ, subtype
	case typ == "multipart":
		return typ, "mixed"
	default:
		return "text", "plain"
	}
}

func token(s string) string { return lowerASCII(TextOf(s).Plain) }

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// Leaf says that the part is no multipart: it has octets of its own. A
// message/rfc822 is one, though it has a child.
func (p *Part) Leaf() bool { return p.Type != "multipart" }

// Attachment says that the part is an attachment: its disposition is "attachment",
// or it has a file's name and is not "inline". A multipart never is; its parts may
// be.
func (p *Part) Attachment() bool {
	return p.Leaf() && (p.Disposition == "attachment" || p.Name != "" && p.Disposition != "inline")
}

// Readable says that people read the part as text of the message: its type is
// text, and neither is it an attachment nor does it lie in a message that is one.
// The text of a message that is forwarded or returned without being attached is
// readable.
func (p *Part) Readable() bool { return p.Type == "text" && !p.Attachment() && !p.attached }

// embeds says that the part is a message.
func (p *Part) embeds() bool {
	return p.Type == "message" && (p.Subtype == "rfc822" || p.Subtype == "global")
}

// Lines returns how many line ends Body holds, which BODYSTRUCTURE tells of text
// and messages.
func (p *Part) Lines() int64 {
	var lines int64
	for _, c := range p.Body {
		if c == '\n' {
			lines++
		}
	}
	return lines
}

// Leaves returns the leaves of the tree in the order of the message, those within
// embedded messages among them.
func (p *Part) Leaves() iter.Seq[*Part] {
	return func(yield func(*Part) bool) { p.leaves(yield) }
}

func (p *Part) leaves(yield func(*Part) bool) bool {
	if p.Leaf() && !yield(p) {
		return false
	}
	for _, child := range p.Children {
		if !child.leaves(yield) {
			return false
		}
	}
	return true
}

// Enumerate numbers the tree that root, the whole of a message, is the root of. It
// must come before Readable and Leaves. It fails where the parts are too many or lie
// too deep: what they hold is then unknown.
func Enumerate(root *Part) error {
	var e enumeration
	if err := e.message(root, nil, 1, false); err != nil {
		return fmt.Errorf("read the structure: %w", err)
	}
	return nil
}

type enumeration struct{ parts int }

// message numbers what is the whole of a message: one that is no multipart has one
// part (RFC 9051 section 6.4.5.1).
func (e *enumeration) message(p *Part, prefix []int, depth int, attached bool) error {
	if p != nil && p.Leaf() {
		prefix = below(prefix, 1)
		return e.part(p, prefix, prefix, depth, attached)
	}
	return e.part(p, nil, prefix, depth, attached)
}

func (e *enumeration) part(p *Part, number, prefix []int, depth int, attached bool) error {
	e.parts++
	switch {
	case p == nil:
		return errChild
	case depth > maxDepth:
		return errDepth
	case e.parts > maxParts:
		return errParts
	}
	p.Number, p.attached = number, attached
	attached = attached || p.Attachment()
	for i, child := range p.Children {
		var err error
		if p.Leaf() {
			err = e.message(child, prefix, depth+1, attached)
		} else {
			number := below(prefix, i+1)
			err = e.part(child, number, number, depth+1, attached)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func below(prefix []int, i int) []int { return append(slices.Clone(prefix), i) }

// section is the part's number as people write it.
func (p *Part) section() string {
	numbers := make([]string, len(p.Number))
	for i, n := range p.Number {
		numbers[i] = strconv.Itoa(n)
	}
	return strings.Join(numbers, ".")
}
