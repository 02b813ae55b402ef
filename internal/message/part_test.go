package message

import (
	"slices"
	"strings"
	"testing"
)

func TestPartName(t *testing.T) {
	tests := []struct{ name, params, disposition, want string }{
		{"none", "", "attachment", ""},
		{"filename before name", `name=a`, `attachment; filename=b`, "b"},
		{"empty filename", `name=a`, `attachment; filename=""`, "a"},
		{"Latin-1, raw", "", "attachment; filename=\"Gr\xfc\xdfe.txt\"", "Grüße.txt"},
		{"NFD", "", "attachment; filename=\"u\u0308.txt\"", "ü.txt"},
		{"word where none may be", "", `attachment; filename="=?iso-8859-1?Q?Gr=FC=DFe=2Etxt?="`, "Grüße.txt"},
		{"words folded", "", "attachment;\r\n filename=\"=?utf-8?q?a?=\r\n =?utf-8?q?b?=\"", "ab"},
		{"word without quotes", "", `attachment; filename==?utf-8?Q?=C3=BC?=`, "ü"},
		{"RFC 2231 section 3", "", `attachment; filename*0="a"; filename*1="b.txt"`, "ab.txt"},
		{"RFC 2231 section 4", "", `attachment; filename*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A`, "This is ***fun***"},
		{"RFC 2231 section 4.1", "", `attachment; filename*0*=us-ascii'en'This%20is%20even%20more%20; filename*1*=%2A%2A%2Afun%2A%2A%2A%20; filename*2="isn't it!"`, "This is even more ***fun*** isn't it!"},
		{"Latin-1", "", `attachment; filename*=ISO-8859-1''Gr%FC%DFe.txt`, "Grüße.txt"},
		{"no charset", "", `attachment; filename*=''Gr%C3%BC%C3%9Fe.txt`, "Grüße.txt"},
		{"no apostrophes", "", `attachment; filename*=Gr%C3%BCn`, "Grün"},
		{"a character in two pieces", "", `attachment; filename*0*=utf-8''%C3; filename*1*=%BC`, "ü"},
		{"pieces out of order", "", `attachment; filename*1=b; filename*0=a; filename*10=d; filename*2=c`, "abcd"},
		{"a piece is missing", "", `attachment; filename*0=a; filename*2=c.txt`, "ac.txt"},
		{"first piece not encoded", "", `attachment; filename*0=a; filename*1*=%20b`, "a b"},
		{"word cut into pieces", "", `attachment; filename*0="=?utf-8?q?=C3="; filename*1="BC?="`, "ü"},
		{"all forms", "", `attachment; filename=u; filename*0=x; filename*=utf-8''%C3%BC`, "ü"},
		{"unknown charset", "", `attachment; filename*=x-nonesuch''%FC; filename=u`, "u"},
		{"only an unknown charset", "", `attachment; filename*=x-nonesuch''%FC`, "x-nonesuch''%FC"},
		{"broken escape", "", `attachment; filename*=utf-8''100%`, "100%"},
		{"twice", "", `attachment; filename=a; filename=b`, "a"},
		{"piece twice", "", `attachment; filename*0=a; filename*0=b`, "a"},
		{"any case", "", `ATTACHMENT; FileName="A.txt"`, "A.txt"},
		{"blanks without quotes", "", `attachment; filename=My file (1).pdf`, "My file (1).pdf"},
		{"comment", "", `attachment; filename=a.pdf (a comment)`, "a.pdf"},
		{"semicolon in quotes", "", `attachment; filename="a;b.pdf"`, "a;b.pdf"},
		{"quotes in quotes", "", `attachment; filename="a\"b\".pdf"`, `a"b".pdf`},
		{"quotes that do not end", "", `attachment; filename="a.pdf`, "a.pdf"},
		{"no type", "", `filename="a.pdf"`, "a.pdf"},
		{"no semicolon", "", `attachment filename="a b.pdf"`, "a b.pdf"},
		{"semicolons too many", "", `attachment;; ;filename=a;`, "a"},
		{"asterisk in a name", "", `attachment; filename*x=a`, ""},
		{"piece of a number too large", "", `attachment; filename*99999999999=a; filename=b`, "b"},
		{"ISO-2022-JP over two pieces", "", "attachment; filename*0*=iso-2022-jp''%1B$BF|; filename*1*=K\\%1B(B.txt", "日本.txt"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, params := ParseParameters("x/y; " + test.params)
			disposition, dispositionParams := ParseParameters(unfold(test.disposition))
			p := NewPart("application", "pdf", params, "base64", 1, disposition, dispositionParams, nil)
			if p.Name != test.want {
				t.Errorf("%q; want %q", p.Name, test.want)
			}
			slices.Reverse(dispositionParams) // a server, and a map, have an order of their own
			twice := strings.Contains(test.name, "twice")
			if p := NewPart("application", "pdf", params, "base64", 1, disposition, dispositionParams, nil); p.Name != test.want && !twice {
				t.Errorf("%q in another order; want %q", p.Name, test.want)
			}
		})
	}
}

func TestPartPredicates(t *testing.T) {
	tests := []struct {
		typ, disposition, name string
		attachment, readable   bool
	}{
		{"text/plain", "", "", false, true},
		{"TEXT/HTML", "INLINE", "", false, true},
		{"text/plain", "inline", "a.txt", false, true},
		{"text/plain", "", "a.txt", true, false},
		{"text/plain", "attachment", "", true, false},
		{"text/calendar", "", "", false, true},
		{"text/plain", "form-data", "", false, true},
		{"text/plain", "form-data", "a.txt", true, false},
		{"", "", "", false, true},
		{"image/png", "inline", "a.png", false, false},
		{"image/png", "", "a.png", true, false},
		{"application/pdf", "", "", false, false},
		{"message/rfc822", "", "", false, false},
		{"message/rfc822", "attachment", "", true, false},
		{"multipart/mixed", "attachment", "a", false, false},
	}
	for _, test := range tests {
		typ, subtype, _ := strings.Cut(test.typ, "/")
		p := NewPart(typ, subtype, [][2]string{{"Name", test.name}}, "", 0, test.disposition, nil, nil)
		if p.Attachment() != test.attachment || p.Readable() != test.readable {
			t.Errorf("%+v: attachment %v, readable %v", test, p.Attachment(), p.Readable())
		}
	}
}

// What one server fills in and another leaves out is the same.
func TestPartDefaults(t *testing.T) {
	for _, params := range [][][2]string{nil, {{"CHARSET", "US-ASCII"}}} {
		p := NewPart("TEXT", "PLAIN", params, "", 1, "", nil, nil)
		if p.Charset != "us-ascii" || p.Encoding != "7bit" || p.Type != "text" || !strings.EqualFold(p.Params["charset"], "us-ascii") {
			t.Errorf("%q: %+v", params, p)
		}
	}
	if p := NewPart("image", "png", nil, "BASE64", 1, "", nil, nil); p.Charset != "" || p.Encoding != "base64" {
		t.Errorf("%+v", p)
	}
}

// But for the last part this is the example of RFC 9051 section 6.4.5.1.
func TestEnumerate(t *testing.T) {
	leaf := func(typ, subtype string) *Part { return NewPart(typ, subtype, nil, "", 1, "", nil, nil) }
	multi := func(subtype string, children ...*Part) *Part {
		return NewPart("multipart", subtype, nil, "", 0, "", nil, children)
	}
	embedded := func(disposition string, child *Part) *Part {
		return NewPart("message", "rfc822", nil, "", 1, disposition, nil, []*Part{child})
	}
	root := multi("mixed",
		leaf("text", "plain"),
		leaf("application", "octet-stream"),
		embedded("attachment", multi("mixed", leaf("text", "plain"), leaf("application", "octet-stream"))),
		multi("mixed",
			leaf("image", "gif"),
			embedded("", multi("mixed", leaf("text", "plain"), multi("alternative", leaf("text", "plain"), leaf("text", "richtext"))))),
		embedded("", leaf("text", "plain")),
	)
	if err := Enumerate(root); err != nil {
		t.Fatal(err)
	}
	var leaves, readable []string
	for p := range root.Leaves() {
		leaves = append(leaves, p.section())
		if p.Readable() {
			readable = append(readable, p.section())
		}
	}
	if want := strings.Fields("1 2 3 3.1 3.2 4.1 4.2 4.2.1 4.2.2.1 4.2.2.2 5 5.1"); !slices.Equal(leaves, want) {
		t.Errorf("leaves %q; want %q", leaves, want)
	}
	if want := strings.Fields("1 4.2.1 4.2.2.1 4.2.2.2 5.1"); !slices.Equal(readable, want) {
		t.Errorf("readable %q; want %q", readable, want)
	}
	for p := range root.Leaves() {
		if p.section() != "1" {
			t.Errorf("went on to %s", p.section())
		}
		break
	}
	single := leaf("text", "plain")
	if err := Enumerate(single); err != nil || !slices.Equal(single.Number, []int{1}) {
		t.Errorf("a message of one part: %v, %v", single.Number, err)
	}
}

func TestEnumerateRefuses(t *testing.T) {
	multi := func(children ...*Part) *Part { return NewPart("multipart", "mixed", nil, "", 0, "", nil, children) }
	deep := NewPart("text", "plain", nil, "", 0, "", nil, nil)
	for range maxDepth - 1 {
		deep = multi(deep)
	}
	if err := Enumerate(deep); err != nil {
		t.Errorf("as deep as is allowed: %v", err)
	}
	many := multi()
	for range maxParts {
		many.Children = append(many.Children, multi())
	}
	tests := []struct {
		name, want string
		root       *Part
	}{
		{"deep", "deep", multi(deep)},
		{"many", "more than 1000", many},
		{"a nil part", "missing", multi(nil)},
		{"nil", "missing", nil},
	}
	for _, test := range tests {
		if err := Enumerate(test.root); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v; want an error with %q", test.name, err, test.want)
		}
	}
}
