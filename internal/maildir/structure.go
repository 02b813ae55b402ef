package maildir

import (
	"bufio"
	"bytes"
	"math"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-message/textproto"

	themessage "github.com/imapform/imapform/internal/message"
)

// An entity is a message of which the whole or parts are asked for.
type entity struct {
	header, whole []byte // whole may be nil where nothing beyond the header is asked for

	root   *themessage.Part // nil: what the message is made of cannot be told
	parsed bool
}

// parts returns the message's parts; nil: they cannot be told.
func (e *entity) parts() *themessage.Part {
	if !e.parsed {
		_, e.root, _ = themessage.ParseMessage(e.whole) // an error says why there is no root
		e.parsed = true
	}
	return e.root
}

// part returns the part of that number; nil: there is none.
func (e *entity) part(number []int) *themessage.Part {
	if root := e.parts(); root != nil {
		return findPart(root, number)
	}
	return nil
}

func findPart(p *themessage.Part, number []int) *themessage.Part {
	if slices.Equal(p.Number, number) {
		return p
	}
	for _, child := range p.Children {
		if found := findPart(child, number); found != nil {
			return found
		}
	}
	return nil
}

// structure returns BODYSTRUCTURE (RFC 9051 section 7.5.2). Of parts that cannot be told it says nothing but that: their
// type is empty, which no type can be.
func (e *entity) structure() imap.BodyStructure {
	root := e.parts()
	if root == nil {
		return &imap.BodyStructureSinglePart{
			Size: octets(int64(len(e.whole) - len(e.header))), Extended: &imap.BodyStructureSinglePartExt{},
		}
	}
	return structureOf(root)
}

func structureOf(p *themessage.Part) imap.BodyStructure {
	_, params := parameters(p.Header, "Content-Type")
	value, dispositionParams := parameters(p.Header, "Content-Disposition")
	var disposition *imap.BodyStructureDisposition
	if value != "" || len(dispositionParams) > 0 {
		disposition = &imap.BodyStructureDisposition{Value: value, Params: dispositionParams}
	}
	if p.Leaf() {
		return leafStructure(p, params, disposition)
	}
	multi := &imap.BodyStructureMultiPart{
		Subtype: p.Subtype,
		Extended: &imap.BodyStructureMultiPartExt{
			Params: params, Disposition: disposition, Language: languages(p.Header), Location: text(p.Header, "Content-Location"),
		},
	}
	for _, child := range p.Children {
		multi.Children = append(multi.Children, structureOf(child))
	}
	return multi
}

func leafStructure(p *themessage.Part, params map[string]string, disposition *imap.BodyStructureDisposition) imap.BodyStructure {
	leaf := &imap.BodyStructureSinglePart{
		Type: p.Type, Subtype: p.Subtype, Params: params,
		ID: text(p.Header, "Content-Id"), Description: text(p.Header, "Content-Description"),
		Encoding: p.Encoding, Size: octets(p.Size),
		Extended: &imap.BodyStructureSinglePartExt{
			Disposition: disposition, Language: languages(p.Header), Location: text(p.Header, "Content-Location"),
		},
	}
	switch {
	case p.Type == "text":
		leaf.Text = &imap.BodyStructureText{NumLines: p.Lines()}
	case len(p.Children) > 0:
		leaf.MessageRFC822 = &imap.BodyStructureMessageRFC822{
			Envelope: envelope(p.Body), BodyStructure: structureOf(p.Children[0]), NumLines: p.Lines(),
		}
	}
	return leaf
}

// envelope is that of a message in a message. The library cannot read every header: then it is empty.
func envelope(whole []byte) *imap.Envelope {
	header, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(whole)))
	if err != nil {
		header = textproto.Header{}
	}
	return imapserver.ExtractEnvelope(header)
}

// parameters reads a field that has some. Of one that comes twice, the first that says something counts.
func parameters(h themessage.Header, field string) (value string, params map[string]string) {
	raw, _ := h.Raw(field)
	value, pairs := themessage.ParseParameters(raw)
	params = map[string]string{}
	for _, pair := range pairs {
		if name := strings.ToLower(pair[0]); params[name] == "" {
			params[name] = pair[1]
		}
	}
	return value, params
}

func text(h themessage.Header, field string) string {
	raw, _ := h.Raw(field)
	return raw
}

func languages(h themessage.Header) []string {
	var tags []string
	for tag := range strings.SplitSeq(text(h, "Content-Language"), ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}

// octets is a size as IMAP has it: of 32 bits.
func octets(n int64) uint32 { return uint32(min(n, math.MaxUint32)) }
