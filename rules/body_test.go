package rules

import (
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/message"
)

// read makes all that a test needs known of a message of these texts, as one who
// reads them does: the parts' and the fields'. Of a part that cannot be read there is
// nil.
func read(test Test, header []string, parts ...*string) *message.Message {
	m := &message.Message{Known: test.Needs(), Structure: textMail, Texts: map[*message.TextTest]message.Verdict{}}
	for _, t := range test.Needs().Texts {
		verdict := message.Fails
		for _, part := range parts {
			switch {
			case part == nil:
				verdict = max(verdict, message.Unreadable)
			case t.Passes(message.TextOf(*part)):
				verdict = message.Passes
			}
		}
		for _, field := range header {
			if t.Header && t.Passes(message.TextOf(field)) {
				verdict = message.Passes
			}
		}
		m.Texts[t] = verdict
	}
	return m
}

func TestBody(t *testing.T) {
	texts := func(ss ...string) []*string {
		var all []*string
		for _, s := range ss {
			all = append(all, &s)
		}
		return all
	}
	long := texts("Dear Ada,\r\n\r\nto  UNSUBSCRIBE,\tsay so.\r\n-- \r\nBob")
	tests := []struct {
		value      cty.Value
		header     []string
		parts      []*string
		body, text Truth
	}{
		{str("hello"), nil, nil, False, False},
		{str("hello"), nil, []*string{nil}, Unknown, Unknown},
		{str("hello"), nil, append(texts("no"), nil), Unknown, Unknown},
		{str("hello"), nil, append(texts("Hello"), nil), True, True},
		{str("hello"), []string{"Hello"}, []*string{nil}, Unknown, True},
		{str("hello"), []string{"Hello"}, nil, False, True},
		{str("hello"), []string{"other"}, texts("HELLO"), True, True},

		{str("to unsubscribe, say"), nil, long, True, True},
		{str("ada, to"), nil, long, True, True},
		{obj("contains", str("unsubscribe"), "case", cty.True), nil, long, False, False},
		{obj("contains", strs("x", "UNSUBSCRIBE"), "case", cty.True), nil, long, True, True},
		{obj("prefix", str("dear ada"), "suffix", str("bob")), nil, long, True, True},
		{obj("regex", str("say so[.] -- Bob$")), nil, long, True, True},
		{obj("regex", str("unsubscribe")), nil, long, False, False},
		{obj("glob", str("dear*unsubscribe*")), nil, long, True, True},
		{obj("above", num(17)), nil, texts("you owe 17.50"), True, True},
		{strs("x", "say so"), nil, long, True, True},
		{tuple(str("x"), obj("is", str("y"))), nil, long, False, False},
		{tuple(str("x"), obj("is", str("y"))), nil, texts("no", "Y"), True, True},

		// Several keys hold together, for the same part.
		{obj("prefix", str("a"), "suffix", str("z")), nil, texts("a to y", "b to z"), False, False},
		{obj("prefix", str("a"), "suffix", str("z")), nil, texts("a to y", "a to z"), True, True},
		{obj("prefix", str("a"), "suffix", str("z")), []string{"a to z"}, texts("a to y"), False, True},
	}
	for _, test := range tests {
		for name, want := range map[string]Truth{"body": test.body, "text": test.text} {
			c := compiled(t, name, test.value)
			m := read(c, test.header, test.parts...)
			if got, not := judge(t, c, m), judge(t, Not(c), m); got != want || not != want.Not() {
				t.Errorf("%s = %#v on %q and %d parts: %v, its opposite %v; want %v", name, test.value, test.header, len(test.parts), got, not, want)
			}
		}
	}
}

// Text is asked for by one test, and nothing beside it.
func TestBodyNeeds(t *testing.T) {
	for _, name := range []string{"body", "text"} {
		test := compiled(t, name, tuple(str("a"), obj("is", str("b"))))
		needs := test.Needs()
		if len(needs.Texts) != 1 || !needs.Minus(message.Parts{Texts: needs.Texts}).Empty() || needs.Texts[0].Header != (name == "text") {
			t.Fatalf("%s needs %+v", name, needs)
		}
		for _, m := range []*message.Message{{}, mailWith(t), read(compiled(t, name, str("a")), nil)} {
			if truth, missing := test.Judge(m, now); truth != Unknown || !missing.Covers(needs) || !needs.Covers(missing) {
				t.Errorf("%s: %v, missing %+v; want %+v", name, truth, missing, needs)
			}
		}
		for what, m := range map[string]*message.Message{
			"no verdict":      {Known: needs},
			"another verdict": {Known: needs, Texts: map[*message.TextTest]message.Verdict{needs.Texts[0]: 17}},
		} {
			if got := judge(t, test, m); got != Unknown {
				t.Errorf("%s with %s: %v; want Unknown", name, what, got)
			}
		}
	}
}

func TestBodyExists(t *testing.T) {
	files := &message.Part{Type: "application", Subtype: "pdf", Name: "a.pdf"}
	notes := &message.Part{Type: "text", Subtype: "plain", Disposition: "attachment"}
	tests := []struct {
		value     cty.Value
		structure *message.Part
		want      Truth
	}{
		{obj("exists", cty.True), nil, Unknown},
		{obj("exists", cty.False), nil, Unknown},
		{obj("exists", cty.True), textMail, True},
		{obj("exists", cty.False), textMail, False},
		{obj("exists", cty.True), mailWithFiles, True},
		{obj("exists", cty.True), files, False},
		{obj("exists", cty.False), files, True},
		{obj("exists", cty.True), notes, False},
		{tuple(obj("exists", cty.False), obj("exists", cty.True)), notes, True},
	}
	for _, test := range tests {
		c := compiled(t, "body", test.value)
		if needs := c.Needs(); !needs.Structure || len(needs.Texts) > 0 {
			t.Errorf("body = %#v needs %+v", test.value, needs)
		}
		m := &message.Message{Known: message.Parts{Structure: true}, Structure: test.structure}
		if got := judge(t, c, m); got != test.want {
			t.Errorf("body = %#v on %+v: %v; want %v", test.value, test.structure, got, test.want)
		}
	}

	// Beside other elements of a list it comes first, and beside other keys it says nothing more.
	mixed := compiled(t, "body", tuple(str("a"), obj("exists", cty.False)))
	if _, missing := mixed.Judge(&message.Message{}, now); !missing.Structure || len(missing.Texts) > 0 {
		t.Errorf("asks for %+v first", missing)
	}
	for s, want := range map[string]Truth{"a": True, "b": False} {
		if got := judge(t, mixed, read(mixed, nil, &s)); got != want {
			t.Errorf("a text or none, on %q: %v; want %v", s, got, want)
		}
	}
	both := compiled(t, "body", obj("exists", cty.True, "is", str("a")))
	if needs := both.Needs(); needs.Structure || len(needs.Texts) != 1 {
		t.Errorf("a text that is there needs %+v", needs)
	}
}
