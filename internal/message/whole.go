package message

import (
	"bytes"
	"strings"
)

// maxWholeText is how many octets of one part's text are read, with and without its
// transfer encoding, as of those that a server has. What is longer is a log, not a
// letter.
const maxWholeText = 8 << 20

// Whole makes a Message of all of its octets, with those of the parts known that they
// tell: its size, its header, its structure, and what tests of its text come to. It
// never fails: what cannot be told is unknown, as it is of a message that a server
// has.
//
// Line ends are CRLF in mail (RFC 5322 section 2.3), and count as such in the size,
// whatever a file has.
func Whole(raw []byte, parts Parts) *Message {
	raw = bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	header, root, err := ParseMessage(raw)
	if err != nil {
		root = nil
	}
	return &Message{
		Size: int64(len(raw)), Header: Header{}.Join(header, parts.Fields), Structure: root, Texts: judge(parts.Texts, header, root),
		Known: Parts{Size: parts.Size, Fields: parts.Fields, Structure: parts.Structure, Texts: parts.Texts},
	}
}

// judge runs tests on the text of the readable parts, and on the fields.
func judge(tests []*TextTest, header Header, root *Part) map[*TextTest]Verdict {
	if len(tests) == 0 {
		return nil
	}
	texts, whole := readableTexts(root)
	var fields []Text
	for i := range header.fields {
		fields = append(fields, header.fields[i].Text())
	}
	verdicts := map[*TextTest]Verdict{}
	for _, t := range tests {
		verdicts[t] = verdict(t, texts, whole)
		if t.Header {
			verdicts[t] = max(verdicts[t], verdict(t, fields, !header.Broken()))
		}
	}
	return verdicts
}

// readableTexts returns the texts that can be read; false: there are others.
func readableTexts(root *Part) (texts []Text, whole bool) {
	if root == nil {
		return nil, false
	}
	whole = true
	for p := range root.Leaves() {
		if !p.Readable() {
			continue
		}
		text, err := "", ErrTooLong
		if len(p.Body) <= maxWholeText {
			text, err = ReadText(p, strings.NewReader(string(p.Body)), maxWholeText)
		}
		if err != nil {
			whole = false
			continue
		}
		texts = append(texts, TextOf(text))
	}
	return texts, whole
}

// verdict is what a test comes to on some texts; whole says that there are no others.
func verdict(t *TextTest, texts []Text, whole bool) Verdict {
	for _, text := range texts {
		if t.Passes(text) {
			return Passes
		}
	}
	if !whole {
		return Unreadable
	}
	return Fails
}
