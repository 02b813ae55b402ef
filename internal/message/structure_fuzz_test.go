package message

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

func FuzzParseMessage(f *testing.F) {
	for _, mail := range mails {
		f.Add([]byte(mail.raw))
		f.Add([]byte(strings.ReplaceAll(mail.raw, "\n", "\r\n")))
		f.Add([]byte(mail.raw[:len(mail.raw)/2]))
	}
	f.Add([]byte("Content-Type: multipart/mixed; boundary=\"b--\"\n\n--b--\n--b----\n--b"))
	f.Add([]byte("Content-Type: message/rfc822\n\nContent-Type: multipart/digest; boundary*0=b\n\n--b\n\n\n--b--"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, root, err := ParseMessage(raw)
		if err != nil {
			return
		}
		parts := 0
		var walk func(p *Part, whole []byte)
		walk = func(p *Part, whole []byte) {
			if parts++; parts > maxParts {
				t.Fatal("too many parts")
			}
			checkPart(t, p)
			if !bytes.Contains(whole, p.Body) || p.Size != int64(len(p.Body)) {
				t.Fatalf("%s has octets that its parent has not", p.section())
			}
			if p.Leaf() && p.Number == nil || !p.Leaf() && len(p.Children) == 0 {
				t.Fatalf("%s/%s has the number %v and %d parts", p.Type, p.Subtype, p.Number, len(p.Children))
			}
			for _, child := range p.Children {
				walk(child, p.Body)
			}
		}
		walk(root, raw)
	})
}

// checkPart checks what holds for every part, and its text.
func checkPart(t *testing.T, p *Part) {
	t.Helper()
	for _, s := range []string{p.Type, p.Subtype, p.Disposition, p.Name, p.Charset, p.Encoding} {
		if !utf8.ValidString(s) || !norm.NFC.IsNormalString(s) {
			t.Fatalf("%q of %s", s, p.section())
		}
	}
	for name, value := range p.Params {
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			t.Fatalf("%q is %q", name, value)
		}
	}
	if p.Readable() && p.Attachment() {
		t.Fatalf("%s is both readable and an attachment", p.section())
	}
	text, err := ReadText(p, bytes.NewReader(p.Body), 1<<20)
	if err == nil && !utf8.ValidString(text) {
		t.Fatalf("%q is text of %s", text, p.section())
	}
}

func FuzzReadText(f *testing.F) {
	for _, charset := range []string{"utf-8", "iso-8859-15", "windows-1252", "iso-2022-jp", "gb18030", "koi8-r", "utf-16", "big5", "euc-kr", "hz-gb-2312", "shift_jis", "x-nonesuch"} {
		f.Add("text/plain; format=flowed; delsp=yes; charset="+charset, "quoted-printable", []byte("> a=\r\n =3D=C3 \r\n-- \r\n\x1b$B=4"))
		f.Add("text/html; charset="+charset, "base64", []byte("PHA+Jm5ic3A7PCEtLSA=LS0+"))
	}
	f.Add("text/html", "8bit", []byte("<meta charset=koi8-r><script><!--<script></script>&#xd800;<title></textarea><plaintext>"))
	f.Add("text/html", "", []byte("<a b=c d='e' f=\"<!-- --!><![CDATA[<?x &amp &notit;"))
	f.Fuzz(func(t *testing.T, contentType, encoding string, body []byte) {
		p := textPart(contentType, encoding)
		text, err := ReadText(p, bytes.NewReader(body), 1<<16)
		if !utf8.ValidString(text) || err != nil && text != "" {
			t.Fatalf("%q, %v", text, err)
		}
		again, err2 := ReadText(p, iotest.OneByteReader(bytes.NewReader(body)), 1<<16)
		if again != text || (err == nil) != (err2 == nil) {
			t.Fatalf("octet by octet %q, %v; else %q, %v", again, err2, text, err)
		}
	})
}

func FuzzHTML(f *testing.F) {
	for _, seed := range []string{"a<b>c</b>", "<p>&lt;b&gt;", "<!-- -->", "<style>a</style >b", "<title>&amp;</title>", "</", "<noscript><p>"} {
		f.Add(seed, 3)
	}
	f.Fuzz(func(t *testing.T, s string, at int) {
		p := textPart("text/html; charset=utf-8", "")
		read := func(s string) string {
			text, err := ReadText(p, strings.NewReader(s), 1<<20)
			if err != nil || !utf8.ValidString(text) {
				t.Fatalf("%q, %v", text, err)
			}
			return text
		}
		read(s)
		// Text, and a tag at any place of it, is that text.
		plain := strings.Map(func(r rune) rune {
			if r < ' ' || strings.ContainsRune("<>&\uFEFF", r) {
				return -1
			}
			return r
		}, toUTF8(s))
		cut := 0
		for i := range plain {
			if i <= at {
				cut = i
			}
		}
		if got := read(plain[:cut] + "<b c='>'>" + plain[cut:] + "</b>"); got != plain {
			t.Fatalf("%q became %q", plain, got)
		}
	})
}

func FuzzTransfer(f *testing.F) {
	f.Add([]byte("Gr\xc3\xbc\xc3\x9fe = \t\r\n=\r\n"))
	f.Add([]byte("=41=4 ==\n= \r=\rx=\r\ny"))
	f.Fuzz(func(t *testing.T, octets []byte) {
		decode := func(encoding string, r io.Reader) []byte {
			decoded, ok := transferReader(encoding, r)
			if !ok {
				t.Fatal(encoding)
			}
			out, err := io.ReadAll(decoded)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		encoded := base64.StdEncoding.EncodeToString(octets)
		if got := decode("base64", strings.NewReader(encoded)); !bytes.Equal(got, octets) {
			t.Fatalf("base64: %q; want %q", got, octets)
		}
		var b bytes.Buffer
		w := quotedprintable.NewWriter(&b)
		w.Binary = true
		_, _ = w.Write(octets) // a bytes.Buffer does not fail
		_ = w.Close()
		if got := decode("quoted-printable", &b); !bytes.Equal(got, octets) {
			t.Fatalf("quoted-printable: %q; want %q", got, octets)
		}
		for _, encoding := range []string{"base64", "quoted-printable"} { // as what they are not
			whole := decode(encoding, bytes.NewReader(octets))
			if got := decode(encoding, iotest.OneByteReader(bytes.NewReader(octets))); !bytes.Equal(got, whole) || len(whole) > len(octets) {
				t.Fatalf("%s: octet by octet %q, else %q", encoding, got, whole)
			}
		}
		stream, err := io.ReadAll(transform.NewReader(iotest.HalfReader(bytes.NewReader(octets)), plainDecoder{}))
		if err != nil || string(stream) != toUTF8(string(octets)) {
			t.Fatalf("%q, %v; want %q", stream, err, toUTF8(string(octets)))
		}
	})
}

func FuzzPart(f *testing.F) {
	f.Add("text/plain; charset*=us-ascii'en'utf-8; name*0*=utf-8''%C3; name*1*=%BC", "filename*1", "b", "filename*0*", "''a")
	f.Add("a (b (c)) / d; e=\"f\\\"; g", "filename", "=?utf-8?q?=C3?=", "filename*", "x'y'%")
	f.Fuzz(func(t *testing.T, contentType, name1, value1, name2, value2 string) {
		first, params := ParseParameters(contentType)
		typ, subtype, _ := strings.Cut(first, "/")
		pairs := [][2]string{{name1, value1}, {name2, value2}}
		p := NewPart(typ, subtype, params, value2, 0, name1, pairs, nil)
		checkPart(t, p)
		if p.Type == "" || p.Subtype == "" || p.Type == "text" && p.Params["charset"] == "" {
			t.Fatalf("%+v", p)
		}
	})
}
