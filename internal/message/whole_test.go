package message

import (
	"strings"
	"testing"
)

func contain(s string, header bool) *TextTest {
	return &TextTest{Header: header, Passes: func(t Text) bool { return strings.Contains(t.Plain, s) }}
}

func TestWhole(t *testing.T) {
	two := "Subject: hello\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst\n--b\nContent-Type: text/html\n\n<p>second</p><!-- hidden -->\n--b\nContent-Type: text/plain\nContent-Disposition: attachment\n\nthird\n--b--\n"
	for name, c := range map[string]struct {
		raw  string
		test *TextTest
		want Verdict
	}{
		"a part":                          {two, contain("first", false), Passes},
		"another one":                     {two, contain("second", false), Passes},
		"a comment":                       {two, contain("hidden", false), Fails},
		"an attachment":                   {two, contain("third", false), Fails},
		"the header, not asked":           {two, contain("hello", false), Fails},
		"the header":                      {two, contain("hello", true), Passes},
		"a field's name":                  {two, contain("Subject", true), Fails},
		"nothing at all":                  {"", contain("a", true), Fails},
		"no body":                         {"Subject: x", contain("x", false), Fails},
		"an encoding that nobody knows":   {"Content-Transfer-Encoding: x-odd\n\nhello", contain("hello", false), Unreadable},
		"and a header that passes":        {"Subject: hello\nContent-Transfer-Encoding: x-odd\n\nx", contain("hello", true), Passes},
		"a structure that is none":        {strings.Repeat("Content-Type: message/rfc822\n\n", 500) + "hello", contain("hello", false), Unreadable},
		"a header that cannot be told":    {"Subject: " + strings.Repeat("x", 2<<20) + "\n\nhello", contain("y", true), Unreadable},
		"more text than is read, encoded": {"Content-Transfer-Encoding: base64\n\n" + strings.Repeat("eHh4\n", maxWholeText/5), contain("y", false), Unreadable},
		"more text than is read":          {"\n" + strings.Repeat("x\r\n", maxWholeText/2), contain("y", false), Unreadable},
		"text that is not in its charset": {"Content-Type: text/plain; charset=utf-8\n\ngr\xfcn", contain("grün", false), Passes},
		"text that is quoted":             {"Content-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; charset=utf-8\n\ngr=C3=\n=BCn", contain("grün", false), Passes},
	} {
		m := Whole([]byte(c.raw), Parts{Texts: []*TextTest{c.test}})
		if got, told := m.Texts[c.test]; !told || got != c.want {
			t.Errorf("%s: got %d, %t; want %d", name, got, told, c.want)
		}
	}
}

// Only what is asked for is known, so that answers can be merged.
func TestWholeKnows(t *testing.T) {
	raw := []byte("From: a@example.com\nSubject: x\nsubject: y\n\nhello\n")
	m := Whole(raw, Fields("subject"))
	if !m.Known.Covers(Fields("subject")) || m.Known.Covers(Fields("from")) || m.Known.Size || m.Known.Structure || m.Header.First("from") != nil {
		t.Errorf("known is %+v, the header %+v", m.Known, m.Header)
	}
	m.Merge(Whole(raw, Parts{Size: true, Structure: true}.Union(Fields("subject", "from"))))
	var subjects int
	for range m.Header.Fields("subject") {
		subjects++
	}
	if want := int64(len(raw) + 5); subjects != 2 || m.Size != want || m.Structure == nil || m.Structure.Size != int64(len("hello\r\n")) {
		t.Errorf("%d subjects, size %d, want %d", subjects, m.Size, want)
	}
	if crlf := Whole([]byte("Subject: x\r\n\r\nhello\r\n"), Parts{Size: true}); crlf.Size != 21 {
		t.Errorf("CRLF counts twice: %d", crlf.Size)
	}
}

func FuzzWhole(f *testing.F) {
	f.Add("From: a\n\nhello")
	f.Add("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--b\n\n")
	test := contain("hello", true)
	f.Fuzz(func(t *testing.T, raw string) {
		m := Whole([]byte(raw), Parts{Size: true, Structure: true, Fields: []string{"from"}, Texts: []*TextTest{test}})
		if _, told := m.Texts[test]; !told || m.Size < int64(len(raw)) {
			t.Errorf("%q: size %d, told %t", raw, m.Size, told)
		}
	})
}
