package message

import (
	"encoding/base64"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
)

// textPart is a part of that type, with its parameters, and transfer encoding.
func textPart(contentType, encoding string) *Part {
	p, _ := newEntity(Header{fields: []Field{
		{name: []byte("Content-Type"), value: []byte(contentType)}, {name: []byte("Content-Transfer-Encoding"), value: []byte(encoding)},
	}}, "")
	return p
}

func TestReadText(t *testing.T) {
	tests := []struct{ name, contentType, encoding, body, want string }{
		{"plain", "text/plain", "7bit", "a\r\nb", "a\r\nb"},
		{"nothing", "text/plain", "base64", "", ""},
		{"no encoding", "text/plain", "", "a", "a"},
		{"encoding in any case, with a comment", "text/plain", "BASE64 (a)", "YQ==", "a"},

		{"base64 over lines", "text/plain", "base64", "R3L\r\nDtsOf\r\nZQ==", "Größe"},
		{"base64 without padding", "text/plain", "base64", "R3LDtsOfZQ", "Größe"},
		{"base64 with noise", "text/plain", "base64", " R3!LD\x00tsOf*ZQ==", "Größe"},
		{"base64 padded in the midst", "text/plain", "base64", "YQ==\nYmM=\nZA==", "abcd"},
		{"base64, one sextet too many", "text/plain", "base64", "YWJjZ", "abc"},
		{"quoted-printable", "text/plain; charset=utf-8", "quoted-printable", "Gr=C3=B6=c3=9fe", "Größe"},
		{"soft breaks", "text/plain", "quoted-printable", "a=\r\nb=\nc= \t\r\nd=", "abcd"},
		{"soft break at a bare CR", "text/plain", "quoted-printable", "a=\rb", "ab"},
		{"broken quoted-printable", "text/plain", "quoted-printable", "a=G1 b=4 = c == d=4", "a=G1 b=4 = c == d=4"},
		{"not encoded although it says so", "text/plain; charset=utf-8", "quoted-printable", "http://a?b=é&c=1", "http://a?b=é&c=1"},
		{"a quoted octet is no line", "text/plain", "quoted-printable", "a=3D=0D=0Ab", "a=\r\nb"},

		{"ASCII that is UTF-8", "text/plain; charset=us-ascii", "8bit", "Größe", "Größe"},
		{"ASCII that is Windows-1252", "text/plain", "8bit", "Gr\xf6\xdfe \x80", "Größe €"},
		{"UTF-8 that is Windows-1252", "text/plain; charset=utf-8", "8bit", "Gr\xf6\xdfe", "Größe"},
		{"byte order mark", "text/plain; charset=utf-8", "8bit", "\xef\xbb\xbfa", "a"},
		{"Latin-1", "text/plain; charset=ISO-8859-1", "8bit", "Gr\xf6\xdfe \x80", "Größe €"},
		{"Latin-9", "text/plain; charset=iso-8859-15", "8bit", "Gr\xf6\xdfe \xa4", "Größe €"},
		{"Windows-1252", "text/plain; charset=\"Windows-1252\"", "quoted-printable", "=93a=94 =80", "“a” €"},
		{"ISO-2022-JP", "text/plain; charset=ISO-2022-JP", "7bit", "\x1b$BF|K\\\x1b(B", "日本"},
		{"Shift JIS", "text/plain; charset=Shift_JIS", "base64", "k/qWew==", "日本"},
		{"GB 2312", "text/plain; charset=gb2312", "8bit", "\xc4\xe3\xba\xc3", "你好"},
		{"GB 18030", "text/plain; charset=GB18030", "8bit", "\xc4\xe3\xba\xc3\x81\x30\x81\x30", "你好\u0080"},
		{"KOI8-R", "text/plain; charset=koi8-r", "8bit", "\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"},
		{"UTF-16", "text/plain; charset=utf-16", "base64", "//5hAGIA", "ab"},
		{"octets that mean nothing", "text/plain; charset=gb18030", "8bit", "a\xff\xffb", "a\uFFFD\uFFFDb"},
		{"declared not to be known", "text/plain; charset=unknown-8bit", "8bit", "\xfc", "ü"},

		{"flowed", "text/plain; format=flowed", "7bit", "one \r\ntwo\r\nthree\r\n", "one two\nthree\n"},
		{"flowed and quoted", "text/plain; format=Flowed", "7bit", ">> one \n>> two\n> three\n", ">> one two\n> three\n"},
		{"flowed, the depth changes", "text/plain; format=flowed", "7bit", "> one \n>> two \nthree", "> one \n>> two \nthree\n"},
		{"DelSp", "text/plain; format=flowed; DelSp=Yes", "8bit", "日 \n本 \n語\n", "日本語\n"},
		{"stuffed", "text/plain; format=flowed", "7bit", " >a\n  b\n From c\n", ">a\n b\nFrom c\n"},
		{"signature", "text/plain; format=flowed", "7bit", "one \n-- \nAda \nLovelace\n", "one \n-- \nAda Lovelace\n"},
		{"flowed within quoted-printable", "text/plain; format=flowed", "quoted-printable", "one=20\r\ntwo", "one two\n"},
		{"not flowed", "text/plain", "7bit", "one \ntwo", "one \ntwo"},

		{"HTML", "text/html; charset=iso-8859-1", "quoted-printable", "<p>Gr=FC=DFe</p>", "Grüße\n"},
		{"HTML that names its charset", "text/html", "8bit", "<meta charset=koi8-r>\xf0\xd2\xc9", "При"},
		{"HTML, the header's charset counts", "text/html; charset=utf-8", "8bit", "<meta charset=koi8-r>ü", "ü"},
		{"HTML that names a wrong charset", "text/html", "8bit", "<meta charset=iso-8859-1>ü", "ü"},
		{"HTML flowed is nonsense", "text/html; format=flowed", "7bit", "a \nb", "a \nb"},
		{"AMP", "text/x-amp-html", "7bit", "<b>a</b>", "a"},
		{"other text", "text/calendar", "7bit", "BEGIN:<b>", "BEGIN:<b>"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := textPart(test.contentType, test.encoding)
			got, err := ReadText(p, strings.NewReader(test.body), 1000)
			if err != nil || got != test.want {
				t.Errorf("%q, %v; want %q", got, err, test.want)
			}
			got, err = ReadText(p, iotest.OneByteReader(strings.NewReader(test.body)), math.MaxInt64)
			if err != nil || got != test.want {
				t.Errorf("octet by octet %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestReadTextRefuses(t *testing.T) {
	broken := errors.New("connection lost")
	tests := []struct {
		name, contentType, encoding string
		body                        io.Reader
		limit                       int64
		want                        error
	}{
		{"unknown charset", "text/plain; charset=x-nonesuch", "7bit", strings.NewReader("a"), 10, ErrUndecodable},
		{"UTF-7", "text/plain; charset=utf-7", "7bit", strings.NewReader("a"), 10, ErrUndecodable},
		{"unsafe charset", "text/plain; charset=iso-2022-kr", "7bit", strings.NewReader("a"), 10, ErrUndecodable},
		{"unsafe charset in HTML", "text/html", "7bit", strings.NewReader("<meta charset=iso-2022-kr>a"), 100, ErrUndecodable},
		{"uuencode", "text/plain", "x-uuencode", strings.NewReader("a"), 10, ErrUndecodable},
		{"unknown encoding", "text/plain", "utf-8", strings.NewReader("a"), 10, ErrUndecodable},
		{"too long", "text/plain", "7bit", strings.NewReader("abc"), 2, ErrTooLong},
		{"too long, decoded", "text/plain", "base64", strings.NewReader("YWJj"), 2, ErrTooLong},
		{"too long, HTML", "text/html", "7bit", strings.NewReader("<b></b>"), 6, ErrTooLong},
		{"too long, in another charset", "text/plain; charset=koi8-r", "7bit", strings.NewReader("abc"), 2, ErrTooLong},
		{"nothing allowed", "text/plain", "7bit", strings.NewReader("a"), 0, ErrTooLong},
		{"less than nothing allowed", "text/plain", "7bit", strings.NewReader("a"), -1, ErrTooLong},
		{"broken off", "text/plain", "7bit", io.MultiReader(strings.NewReader("a"), iotest.ErrReader(broken)), 10, broken},
		{"broken off, encoded", "text/plain", "base64", io.MultiReader(strings.NewReader("YQ"), iotest.ErrReader(broken)), 10, broken},
		{"broken off, HTML", "text/html", "7bit", io.MultiReader(strings.NewReader("a"), iotest.ErrReader(broken)), 10, broken},
		{"cut off", "text/html", "quoted-printable", iotest.ErrReader(io.ErrUnexpectedEOF), 10, io.ErrUnexpectedEOF},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ReadText(textPart(test.contentType, test.encoding), test.body, test.limit)
			if !errors.Is(err, test.want) || got != "" {
				t.Errorf("%q, %v; want %v", got, err, test.want)
			}
		})
	}
	if got, err := ReadText(textPart("text/plain", "base64"), strings.NewReader("YWJj"), 3); err != nil || got != "abc" {
		t.Errorf("exactly the limit: %q, %v", got, err)
	}
}

func TestHTML(t *testing.T) {
	tests := []struct{ name, html, want string }{
		{"inline", "foo<b>bar</b>", "foobar"},
		{"inline with blanks", "foo <i>bar</i> baz", "foo bar baz"},
		{"blocks", "<p>foo</p><p>bar</p><div>baz</div>", "foo bar baz"},
		{"line break", "foo<br>bar<BR/>baz", "foo bar baz"},
		{"table", "<table><tr><td>foo</td><td>bar</td></tr></table>", "foo bar"},
		{"list", "<ul><li>foo<li>bar</ul>", "foo bar"},
		{"comment", "foo<!-- a > b -->bar", "foobar"},
		{"comment for Outlook", "foo<!--[if mso]><p>x</p><![endif]-->bar<![if !mso]>baz<![endif]>", "foobarbaz"},
		{"script and style", "a<script>if (a<b) x()</script><STYLE>p { }</STYLE>b", "ab"},
		{"script that seems to be over", "a<script/>x</script>b", "ab"},
		{"empty style", "a<style></style>b", "ab"},
		{"title", "<html><head><title>x</title></head><body>a</body></html>", "a"},
		{"title that does not end", "a<title>b<p>c", "a"},
		{"noscript", "<noscript><b>a</b></noscript>", "a"},
		{"textarea", "<textarea>a<b></textarea>", "a<b>"},
		{"entities", "&lt;a&gt; &amp;amp; &euro;&#8364;&#x20ac; a&nbsp;b &uuml &nonesuch; &", "<a> &amp; €€€ a b ü &nonesuch; &"},
		{"entities that are no characters", "&#0;&#xd800;&#x110000;", "\uFFFD\uFFFD\uFFFD"},
		{"alternative text", `<img alt="x" src="a">a`, "a"},
		{"attributes", `<a href="x>y" title='<b>'>a</a>`, "a"},
		{"less than", "1 < 2 <3 a<", "1 < 2 <3 a<"},
		{"tag that does not end", "a<b", "a"},
		{"namespace", "a<o:p></o:p>b", "ab"},
		{"break opportunity", "foo<wbr>bar", "foobar"},
		{"processing instruction", `<?xml version="1.0"?>a<![CDATA[x]]>b`, "ab"},
		{"nothing but text", "a", "a"},
		{"nothing", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ReadText(textPart("text/html; charset=utf-8", ""), strings.NewReader(test.html), 10_000)
			if err != nil || TextOf(got).Plain != test.want {
				t.Errorf("%q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func BenchmarkReadText(b *testing.B) {
	row := "<tr><td class=\"x\">Gr&uuml;&szlig;e aus <b>K\xc3\xb6ln</b></td></tr>\r\n"
	body := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(row, (1<<20)/len(row))))
	p := textPart("text/html; charset=utf-8", "base64")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadText(p, strings.NewReader(body), 1<<20); err != nil {
			b.Fatal(err)
		}
	}
}
