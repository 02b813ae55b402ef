package message

import (
	"bytes"
	"fmt"
	"strings"
)

// ParseMessage reads a whole message: its header and the tree of its parts, which
// is numbered. Header and Body of each Part are set; Body shares raw's memory. What
// is broken is salvaged as readers of mail do it:
//
//   - a boundary of an outer multipart ends the inner ones, and so does the end of
//     the message (RFC 2046 section 5.1.2);
//   - a multipart that names no boundary, or in which its own never stands, is plain
//     text;
//   - a Content-Type that is no type is text/plain (RFC 2045 section 5.2);
//   - of a field that is there twice, and of a parameter, the first counts.
//
// A message in a message is opened unless it is encoded, which RFC 2046 section
// 5.2.1 forbids. It fails where a header cannot be told, or where the parts are too
// many or lie too deep; the Header is returned all the same, and may be Broken.
func ParseMessage(raw []byte) (Header, *Part, error) {
	parser := &structureParser{raw: raw}
	root, _, err := parser.entity(1, "text/plain")
	if err != nil {
		header, _ := ParseHeader(headerBlock(raw)) // an error makes it Broken
		return header, nil, fmt.Errorf("read the structure: %w", err)
	}
	if err := Enumerate(root); err != nil {
		return root.Header, nil, err
	}
	return root.Header, root, nil
}

// headerBlock is the header at the beginning of raw.
func headerBlock(raw []byte) []byte {
	p := &structureParser{raw: raw}
	block, _ := p.header()
	return block
}

// A structureParser goes through the octets once, whatever lies in what.
type structureParser struct {
	raw        []byte
	pos        int      // the beginning of a line
	boundaries []string // of the multiparts that are open, the innermost last, none empty
	parts      int
}

// A delimiter is the line that ended a part.
type delimiter struct {
	level int  // the multipart's, as an index of boundaries; -1: the end of the octets
	start int  // where the part before it ends, without its last line end
	last  bool // it ends the multipart
}

// entity reads a part up to the delimiter that ends it, and leaves pos behind that.
func (p *structureParser) entity(depth int, byDefault string) (*Part, delimiter, error) {
	if p.parts++; p.parts > maxParts {
		return nil, delimiter{}, errParts
	}
	if depth > maxDepth {
		return nil, delimiter{}, errDepth
	}
	block, end := p.header()
	header, err := ParseHeader(block)
	if err != nil {
		return nil, delimiter{}, err
	}
	part, boundary := newEntity(header, byDefault)
	start := p.pos
	switch {
	case end != nil: // a delimiter where the header should go on: there is no body
		part.plain()
		return part, *end, nil
	case part.Type == "multipart":
		end, err = p.multipart(part, boundary, depth)
	case part.embeds() && identity(part.Encoding):
		var child *Part
		var found delimiter
		child, found, err = p.entity(depth+1, "text/plain")
		part.Children, end = []*Part{child}, &found
	default:
		found := p.next()
		end = &found
	}
	if err != nil {
		return nil, delimiter{}, err
	}
	part.Body = p.raw[start:max(start, end.start)]
	part.Size = int64(len(part.Body))
	return part, *end, nil
}

// newEntity makes a Part of its header, without children and octets.
func newEntity(header Header, byDefault string) (part *Part, boundary string) {
	value := func(name, otherwise string) string {
		if f := header.First(name); f != nil {
			return unfold(string(f.value))
		}
		return otherwise
	}
	full, params := ParseParameters(value("Content-Type", byDefault))
	typ, subtype, _ := strings.Cut(full, "/")
	subtype = subtype[strings.LastIndexByte(subtype, '/')+1:] // "multipart/multipart/mixed" is seen
	encoding, _ := ParseParameters(value("Content-Transfer-Encoding", ""))
	disposition, dispositionParams := ParseParameters(value("Content-Disposition", ""))
	part = NewPart(typ, subtype, params, encoding, 0, disposition, dispositionParams, nil)
	part.Header = header
	return part, rawBoundary(params)
}

// rawBoundary is the boundary as it stands before parts: its octets, in no charset.
func rawBoundary(params [][2]string) string {
	p := collect(params)["boundary"]
	if p == nil {
		return ""
	}
	boundary := p.plain
	if boundary == "" {
		boundary = p.value(func(s string) string { return s })
	}
	return strings.TrimRight(boundary, wsp)
}

// unfold takes the line ends out of a field's value (RFC 5322 section 2.2.3).
func unfold(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r", ""), "\n", "")
}

func identity(encoding string) bool {
	r, known := transferReader(encoding, nil)
	return known && r == nil
}

// multipart reads the parts of a multipart.
func (p *structureParser) multipart(part *Part, boundary string, depth int) (*delimiter, error) {
	level := len(p.boundaries)
	if boundary != "" {
		p.boundaries = append(p.boundaries, boundary)
	}
	end := p.next() // what is before the first part is none
	for end.level == level && !end.last {
		byDefault := "text/plain"
		if part.Subtype == "digest" {
			byDefault = "message/rfc822" // RFC 2046 section 5.1.5
		}
		var child *Part
		var err error
		if child, end, err = p.entity(depth+1, byDefault); err != nil {
			return nil, err
		}
		part.Children = append(part.Children, child)
	}
	p.boundaries = p.boundaries[:level]
	if end.level == level { // what is behind the last part is none
		end = p.next()
	}
	if len(part.Children) == 0 {
		part.plain()
	}
	return &end, nil
}

// plain makes a multipart in which no part is found text.
func (p *Part) plain() {
	if p.Type == "multipart" {
		p.Type, p.Subtype = "text", "plain"
		if p.Charset == "" {
			p.Charset, p.Params["charset"] = "us-ascii", "us-ascii"
		}
		if p.Encoding == "" {
			p.Encoding = "7bit"
		}
	}
}

// header takes the lines up to a blank one, and that too, or up to a delimiter.
func (p *structureParser) header() (block []byte, end *delimiter) {
	start := p.pos
	for p.pos < len(p.raw) {
		if found, ok := p.delimiter(start); ok {
			return p.raw[start:max(start, found.start)], &found
		}
		line := p.line()
		p.pos += len(line)
		if len(bytes.Trim(line, "\r\n")) == 0 {
			break
		}
	}
	return p.raw[start:p.pos], nil
}

// next goes on to the delimiter that comes next, and behind it.
func (p *structureParser) next() delimiter {
	start := p.pos
	for p.pos < len(p.raw) && len(p.boundaries) > 0 {
		if found, ok := p.delimiter(start); ok {
			return found
		}
		i := bytes.Index(p.raw[p.pos:], []byte("\n--"))
		if i < 0 {
			break
		}
		p.pos += i + 1
	}
	p.pos = len(p.raw)
	return delimiter{level: -1, start: len(p.raw)}
}

// delimiter takes the line at pos if it is a delimiter; start is where the part
// before it begins.
//
// A delimiter is a boundary and nothing, blanks or "--" behind it: RFC 2046 section
// 5.1.1 would take any line that begins with one, yet there are mailers that lengthen
// the outer boundary to make the inner ones. Behind "--" may be anything, for mailing
// lists add their lines where the last line end is missing.
func (p *structureParser) delimiter(start int) (delimiter, bool) {
	if !bytes.HasPrefix(p.raw[p.pos:], []byte("--")) {
		return delimiter{}, false
	}
	line := p.line()
	found := delimiter{level: -1}
	for level, boundary := range p.boundaries {
		if found.level >= 0 && len(boundary) < len(p.boundaries[found.level]) {
			continue // the longest is the one that is meant, and the innermost of two
		}
		if rest, ok := bytes.CutPrefix(line[2:], []byte(boundary)); ok {
			last := bytes.HasPrefix(rest, []byte("--"))
			if last || len(rest) == 0 || isWSP(rest[0]) {
				found.level, found.last = level, last
			}
		}
	}
	if found.level < 0 {
		return delimiter{}, false
	}
	found.start = p.pos // the line end before it is the delimiter's
	if found.start > start && p.raw[found.start-1] == '\n' {
		found.start--
		if found.start > start && p.raw[found.start-1] == '\r' {
			found.start--
		}
	}
	p.pos += len(line)
	return found, true
}

// line is the line at pos, with its end.
func (p *structureParser) line() []byte {
	if i := bytes.IndexByte(p.raw[p.pos:], '\n'); i >= 0 {
		return p.raw[p.pos : p.pos+i+1]
	}
	return p.raw[p.pos:]
}
