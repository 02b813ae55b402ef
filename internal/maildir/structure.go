package maildir

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	gomessage "github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"
)

// maxDepth is how deep parts may lie in one another before they are told as octets only. The library's own walk has no
// limit, and panics on a multipart without a part.
const maxDepth = 50

// bodyStructure returns the structure of a message (RFC 9051 section 7.5.2).
func bodyStructure(whole []byte) (imap.BodyStructure, error) {
	return structureOf(whole, 0)
}

func structureOf(entity []byte, depth int) (imap.BodyStructure, error) {
	r := bufio.NewReader(bytes.NewReader(entity))
	header, err := textproto.ReadHeader(r)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read the structure: %w: %w", err, errDamaged)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return partStructure(gomessage.Header{Header: header}, body, depth)
}

func partStructure(header gomessage.Header, body []byte, depth int) (imap.BodyStructure, error) {
	mediaType, params, err := header.ContentType()
	primary, sub, ok := strings.Cut(mediaType, "/")
	if err != nil || !ok || primary == "" || sub == "" { // RFC 2045 section 5.2 wants text/plain for none at all
		primary, sub, params = "application", "octet-stream", nil
	}
	if primary == "multipart" && depth < maxDepth {
		children, err := childStructures(body, params["boundary"], depth)
		if err != nil {
			return nil, err
		}
		if len(children) > 0 {
			return &imap.BodyStructureMultiPart{
				Children: children, Subtype: sub,
				Extended: &imap.BodyStructureMultiPartExt{
					Params: params, Disposition: disposition(header), Language: languages(header),
					Location: header.Get("Content-Location"),
				},
			}, nil
		}
	}
	if primary == "multipart" { // one that cannot be told as such
		primary, sub, params = "application", "octet-stream", nil
	}
	return singleStructure(header, primary, sub, params, body, depth)
}

func childStructures(body []byte, boundary string, depth int) ([]imap.BodyStructure, error) {
	if boundary == "" {
		return nil, nil
	}
	var children []imap.BodyStructure
	for mr := textproto.NewMultipartReader(bytes.NewReader(body), boundary); ; {
		part, err := mr.NextPart()
		if errors.Is(err, io.EOF) || err != nil && len(children) > 0 {
			return children, nil // a message that was cut off ends in the midst of a part
		}
		if err != nil {
			return nil, nil
		}
		data, err := io.ReadAll(part)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, err
		}
		child, err := partStructure(gomessage.Header{Header: part.Header}, data, depth+1)
		if err != nil {
			return nil, err
		}
		children = append(children, child)
	}
}

func singleStructure(header gomessage.Header, primary, sub string, params map[string]string, body []byte, depth int) (imap.BodyStructure, error) {
	bs := &imap.BodyStructureSinglePart{
		Type: primary, Subtype: sub, Params: params,
		ID: header.Get("Content-Id"), Description: header.Get("Content-Description"),
		Encoding: header.Get("Content-Transfer-Encoding"), Size: uint32(len(body)),
		Extended: &imap.BodyStructureSinglePartExt{
			Disposition: disposition(header), Language: languages(header), Location: header.Get("Content-Location"),
		},
	}
	lines := int64(bytes.Count(body, []byte("\n")))
	switch {
	case primary == "text":
		bs.Text = &imap.BodyStructureText{NumLines: lines}
	case primary == "message" && (sub == "rfc822" || sub == "global"):
		inner, err := messageStructure(body, lines, depth+1)
		if err != nil {
			bs.Type, bs.Subtype, bs.Params = "application", "octet-stream", nil
			return bs, nil
		}
		bs.MessageRFC822 = inner
	}
	return bs, nil
}

// messageStructure is the structure of a message in a message; an error if there is none.
func messageStructure(body []byte, lines int64, depth int) (*imap.BodyStructureMessageRFC822, error) {
	if depth >= maxDepth {
		return nil, errors.New("the parts lie too deep in one another")
	}
	header, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(body)))
	if err != nil && err != io.EOF {
		return nil, err
	}
	structure, err := structureOf(body, depth)
	if err != nil {
		return nil, err
	}
	return &imap.BodyStructureMessageRFC822{
		Envelope: imapserver.ExtractEnvelope(header), BodyStructure: structure, NumLines: lines,
	}, nil
}

func disposition(header gomessage.Header) *imap.BodyStructureDisposition {
	value, params, err := header.ContentDisposition()
	if err != nil || value == "" {
		return nil
	}
	return &imap.BodyStructureDisposition{Value: value, Params: params}
}

func languages(header gomessage.Header) []string {
	var tags []string
	for tag := range strings.SplitSeq(header.Get("Content-Language"), ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}
