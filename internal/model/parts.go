package model

import (
	"strings"

	themessage "github.com/imapform/imapform/internal/message"
)

// maxText is how many octets of a text part are read.
const maxText = 1 << 20

// tellParts adds the structure and what the tests of texts come to, where they were
// asked for.
func (m *message) tellParts(t *themessage.Message, parts themessage.Parts) {
	_, root, err := themessage.ParseMessage([]byte(m.header + "\r\n" + m.body))
	if err != nil {
		root = nil // it makes no sense
	}
	if parts.Structure {
		t.Structure = root
	}
	if len(parts.Texts) == 0 {
		return
	}
	texts, readable := readTexts(root)
	t.Texts = map[*themessage.TextTest]themessage.Verdict{}
	for _, test := range parts.Texts {
		t.Texts[test] = verdict(test, texts, readable)
		if test.Header && t.Texts[test] != themessage.Passes {
			fields, told := fieldTexts(m.header)
			t.Texts[test] = max(t.Texts[test], verdict(test, fields, told))
		}
	}
}

// verdict is what a test comes to on some texts; all says that there are no others.
func verdict(test *themessage.TextTest, texts []themessage.Text, all bool) themessage.Verdict {
	for _, text := range texts {
		if test.Passes(text) {
			return themessage.Passes
		}
	}
	if !all {
		return themessage.Unreadable
	}
	return themessage.Fails
}

// readTexts returns the texts of the readable parts; false: there are some that
// cannot be read.
func readTexts(root *themessage.Part) (texts []themessage.Text, all bool) {
	if root == nil {
		return nil, false
	}
	all = true
	for p := range root.Leaves() {
		if !p.Readable() {
			continue
		}
		text, err := themessage.ReadText(p, strings.NewReader(string(p.Body)), maxText)
		if err != nil {
			all = false
			continue
		}
		texts = append(texts, themessage.TextOf(text))
	}
	return texts, all
}

// fieldTexts returns what each field of the header says.
func fieldTexts(header string) (texts []themessage.Text, all bool) {
	if h, _ := themessage.ParseHeader([]byte(header)); h.Broken() {
		return nil, false
	}
	unfolded := strings.NewReplacer("\r\n ", "\r ", "\r\n\t", "\r\t").Replace(header)
	for line := range strings.Lines(unfolded) {
		name, _, _ := strings.Cut(line, ":")
		field, err := themessage.ParseHeader([]byte(line))
		if err != nil {
			return nil, false
		}
		if f := field.First(strings.TrimRight(name, " \t")); f != nil {
			texts = append(texts, f.Text())
		}
	}
	return texts, true
}
