package rules

import (
	"slices"
	"time"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

func bodyCriteria() []Criterion {
	return []Criterion{
		{
			Name: "body", Value: "text test without raw",
			Doc:     "A text part that is no attachment passes, decoded, HTML without its tags; each part is one value. With exists, it asks whether there is such a part.",
			saw:     sawReadable,
			Compile: compile(compileBody),
		},
		{
			Name: "text", Value: "text test without raw",
			Doc:     "Some header field passes, or a text part as in body. Here exists cannot stand, which would hold for every message.",
			saw:     sawReadable,
			Compile: compile(compileWholeText),
		},
	}
}

var bodyStyle = textStyle{what: "a text test", plain: contains, refused: map[string]string{
	"raw": "text is always compared decoded",
}}

var wholeTextStyle = textStyle{what: "a text test", plain: contains, refused: map[string]string{
	"raw":    `text is always compared decoded; to test a field as it was sent, say header = { "Subject" = { raw = true, … } }`,
	"exists": "every message has a header; to ask whether there is readable text, say body = { exists = true }",
}}

// sawReadable sees the parts, not their text, which is judged as it comes and not
// kept.
var sawReadable = sawParts((*message.Part).Readable)

// readable holds if there is a part whose text is readable.
var readable = &partTest{criterion: "body", passes: (*message.Part).Readable}

// compileBody makes a test of the text of the parts; those elements that ask no more
// than whether there is such a part need only the structure.
func compileBody(n node) (Test, error) {
	cases, err := compileText(n, bodyStyle)
	if err != nil {
		return nil, err
	}
	var tests []Test
	var reads []textCase
	for _, c := range cases {
		switch {
		case c.exists == absent:
			tests = append(tests, Not(readable))
		case len(c.conditions) == 0:
			tests = append(tests, readable)
		default:
			reads = append(reads, c)
		}
	}
	if len(reads) > 0 {
		tests = append(tests, newReadTest("body", reads, false))
	}
	if len(tests) == 1 {
		return tests[0], nil
	}
	return Any(tests...), nil
}

func compileWholeText(n node) (Test, error) {
	cases, err := compileText(n, wholeTextStyle)
	if err != nil {
		return nil, err
	}
	return newReadTest("text", cases, true), nil
}

// A readTest holds if some readable part passes, where it is read.
type readTest struct {
	Timeless
	criterion string
	text      *message.TextTest
}

func newReadTest(criterion string, cases []textCase, header bool) *readTest {
	passes := func(t message.Text) bool {
		return slices.ContainsFunc(cases, func(c textCase) bool { return c.passes(t) })
	}
	test := &message.TextTest{Passes: passes, Header: header}
	if len(cases) == 1 {
		test.Word = cases[0].word
	}
	return &readTest{criterion: criterion, text: test}
}

func (t *readTest) Judge(m *message.Message, _ time.Time) (Truth, message.Parts) {
	if !slices.Contains(m.Known.Texts, t.text) {
		return Unknown, t.Needs()
	}
	verdict, told := m.Texts[t.text]
	switch {
	case told && verdict == message.Passes:
		return True, message.Parts{}
	case told && verdict == message.Fails:
		return False, message.Parts{}
	default:
		return Unknown, message.Parts{}
	}
}

func (t *readTest) Needs() message.Parts {
	return message.Parts{Texts: []*message.TextTest{t.text}}
}

func (t *readTest) Reads() mailbox.Flags           { return nil }
func (t *readTest) Mentions(criterion string) bool { return criterion == t.criterion }
