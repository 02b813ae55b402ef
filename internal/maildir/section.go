package maildir

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-message/textproto"
)

// extract returns what BODY[…] of a message is (RFC 9051 section 6.4.5). The message's own sections are its octets,
// however odd they are; only parts need a parser.
func (e *entity) extract(section *imap.FetchItemBodySection) ([]byte, error) {
	header, whole := e.header, e.whole
	var data []byte
	switch {
	case len(section.Part) > 0 && section.Specifier == imap.PartSpecifierNone:
		if p := e.part(section.Part); p != nil {
			data = p.Body
		}
	case len(section.Part) > 0:
		if _, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(header))); err != nil && err != io.EOF {
			return nil, fmt.Errorf("find a part: %w: %w", err, errDamaged)
		}
		all := *section
		all.Partial = nil
		data = imapserver.ExtractBodySection(bytes.NewReader(whole), &all)
	case section.Specifier == imap.PartSpecifierHeader:
		data = selectFields(header, section.HeaderFields, section.HeaderFieldsNot)
	case section.Specifier == imap.PartSpecifierText:
		data = whole[len(header):]
	case section.Specifier == imap.PartSpecifierNone:
		data = whole
	default:
		return nil, bad("The section %s needs a part", section.Specifier)
	}
	return partial(data, section.Partial), nil
}

// partial cuts out what <offset.size> means; nothing beyond the end.
func partial(data []byte, p *imap.SectionPartial) []byte {
	if p == nil {
		return data
	}
	n := int64(len(data))
	start := min(max(p.Offset, 0), n)
	return data[start : start+min(max(p.Size, 0), n-start)]
}

// selectFields returns the header or, of it, only these fields, or all but those; with the empty line at its end.
func selectFields(header []byte, only, not []string) []byte {
	if len(only) == 0 && len(not) == 0 {
		return header
	}
	named := func(names []string, field string) bool {
		for _, name := range names {
			if strings.EqualFold(name, field) {
				return true
			}
		}
		return false
	}
	var out []byte
	for name, raw := range headerFields(header) {
		if len(only) > 0 && named(only, name) || len(not) > 0 && !named(not, name) {
			out = append(out, raw...)
		}
	}
	return append(out, "\r\n"...)
}

// headerFields yields the fields of a header, each with its name and all of its octets. A line that is no field has no
// name. The empty line at the end is not yielded.
func headerFields(header []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for len(header) > 0 && !bytes.Equal(header, []byte("\r\n")) {
			end := fieldEnd(header)
			name, _, found := bytes.Cut(header[:end], []byte(":"))
			if !found {
				name = nil
			}
			if !yield(string(bytes.TrimRight(name, " \t")), header[:end]) {
				return
			}
			header = header[end:]
		}
	}
}

// fieldEnd returns where the first field ends: behind the line that no folded line follows.
func fieldEnd(header []byte) int {
	for end := 0; ; {
		i := bytes.IndexByte(header[end:], '\n')
		if i < 0 {
			return len(header)
		}
		end += i + 1
		if end == len(header) || header[end] != ' ' && header[end] != '\t' {
			return end
		}
	}
}
