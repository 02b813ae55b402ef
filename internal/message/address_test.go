package message

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-message/mail"
)

// show writes addresses as "name|local|domain".
func show(addresses []Address) []string {
	var all []string
	for _, a := range addresses {
		all = append(all, fmt.Sprintf("%s|%s|%s", a.Name.Plain, a.Local.Plain, a.Domain))
	}
	return all
}

func TestAddresses(t *testing.T) {
	tests := []struct {
		name, value string
		want        []string
	}{
		{"nothing", "", nil},
		{"white space", " \r\n ", nil},
		{"commas", ",, ;,", nil},
		{"empty angle", "<>", nil},
		{"bounce with a name", "Mailer <>", []string{"Mailer||"}},
		{"a word", "root", []string{"|root|"}},
		{"words", "Ada Lovelace", []string{"Ada Lovelace||"}},
		{"at only", "@", []string{"||"}},
		{"no local", "@example.com", []string{"||example.com"}},
		{"no domain", "ada@", []string{"|ada|"}},
		{"two ats", "ada@home@example.com", []string{"|ada@home|example.com"}},
		{"no end of angle", "Ada <ada@example.com", []string{"Ada|ada|example.com"}},
		{"no end of angle, more", "Ada <ada@example.com, bob@example.com", []string{"Ada|ada|example.com", "|bob|example.com"}},
		{"no end of quotes", `"Ada <ada@example.com>`, []string{"|Ada <ada@example.com>|"}},
		{"no end of comment", "ada@example.com (Ada", []string{"Ada|ada|example.com"}},
		{"no brackets", "Ada Lovelace ada@example.com", []string{"Ada Lovelace|ada|example.com"}},
		{"broken among good", "ada@example.com, <<<>, \x00\xff, bob@example.com", []string{"|ada|example.com", "|<<|", "|\x00ÿ|", "|bob|example.com"}},
		{"no comma", "<a@example.com> <b@example.com>", []string{"|a|example.com", "|b|example.com"}},
		{"comma in a bare name", "Lovelace, Ada <a@example.com>", []string{"|Lovelace|", "Ada|a|example.com"}},

		{"plain", "ada@example.com", []string{"|ada|example.com"}},
		{"angle", "Ada Lovelace <ada@example.com>", []string{"Ada Lovelace|ada|example.com"}},
		{"quoted name", `"Lovelace, \"Ada\"" <ada@example.com>`, []string{`Lovelace, "Ada"|ada|example.com`}},
		{"quoted local", `"ada lovelace"@example.com`, []string{"|ada lovelace|example.com"}},
		{"quoted at", `"a@b"@example.com`, []string{"|a@b|example.com"}},
		{"comment name", "ada@example.com (Ada (the) Countess)", []string{"Ada (the) Countess|ada|example.com"}},
		{"comment within", "ada@example.com(x), <bob(y)@(z)example.com>", []string{"x|ada|example.com", "|bob|example.com"}},
		{"at in a name", "Ada @ Home <ada@example.com>", []string{"Ada @ Home|ada|example.com"}},
		{"address as a name", `"bank@example.org" <thief@example.com>`, []string{"bank@example.org|thief|example.com"}},
		{"bare address as a name", `bank@example.org <thief@example.com>`, []string{"bank@example.org|thief|example.com"}},
		{"white space in an address", "ada @ example . com", []string{"|ada|example.com"}},
		{"folded", "Ada\r\n <ada@example.com>,\r\n\tbob@example.com", []string{"Ada|ada|example.com", "|bob|example.com"}},
		{"route", "<@a.example,@b.example:ada@example.com>", []string{"|ada|example.com"}},
		{"group", "Friends: ada@example.com, Bob <bob@example.com>;, c@example.com", []string{"|ada|example.com", "Bob|bob|example.com", "|c|example.com"}},
		{"empty group", "undisclosed-recipients:;", nil},
		{"semicolons", "ada@example.com; bob@example.com", []string{"|ada|example.com", "|bob|example.com"}},
		{"domain literal", "ada@[192.0.2.1]", []string{"|ada|[192.0.2.1]"}},

		{"encoded name", "=?utf-8?q?Gr=C3=B6=C3=9Fe?= <a@example.com>", []string{"Größe|a|example.com"}},
		{"encoded name in quotes", `"=?utf-8?q?Gr=C3=B6=C3=9Fe?=" <a@example.com>`, []string{"Größe|a|example.com"}},
		{"encoded words", "=?utf-8?q?A?=\r\n =?utf-8?q?da?= L <a@example.com>", []string{"Ada L|a|example.com"}},
		{"comma in an encoded word", "=?utf-8?q?Lovelace, Ada?= <a@example.com>", []string{"Lovelace, Ada|a|example.com"}},
		{"an encoded word is no address", "=?utf-8?q?bank=40example.org?= <a@example.com>", []string{"bank@example.org|a|example.com"}},
		{"raw name", "Gr\xf6\xdfe <a@example.com>", []string{"Größe|a|example.com"}},

		{"domain in capitals", "Ada@EXAMPLE.com", []string{"|Ada|example.com"}},
		{"dot at the end", "ada@example.com.", []string{"|ada|example.com"}},
		{"U-labels", "ada@Müller.example", []string{"|ada|xn--mller-kva.example"}},
		{"A-labels", "ada@XN--mller-kva.example", []string{"|ada|xn--mller-kva.example"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok := (&Field{value: []byte(test.value)}).Addresses()
			if !ok || !slices.Equal(show(got), test.want) {
				t.Errorf("%q gives %q, %v; want %q", test.value, show(got), ok, test.want)
			}
		})
	}
}

func TestTooManyAddresses(t *testing.T) {
	got, ok := (&Field{value: []byte(strings.Repeat("a,", maxAddresses+1))}).Addresses()
	if ok || got != nil {
		t.Errorf("got %d addresses, %v; want none and that they cannot be told", len(got), ok)
	}
	if got, ok = (&Field{value: []byte(strings.Repeat("a,", maxAddresses))}).Addresses(); !ok || len(got) != maxAddresses {
		t.Errorf("got %d addresses, %v; want %d", len(got), ok, maxAddresses)
	}
}

func TestAddressUnicode(t *testing.T) {
	for value, want := range map[string]string{
		"ada@xn--mller-kva.example": "ada@müller.example",
		"ada@example.com":           "ada@example.com",
		"ada@xn--\x00.example":      "ada@xn--\x00.example",
		"ada":                       "ada",
	} {
		got, _ := (&Field{value: []byte(value)}).Addresses()
		if spec, _ := got[0].Unicode(); spec.Plain != want {
			t.Errorf("%q gives %q; want %q", value, spec.Plain, want)
		}
	}
}

func TestListID(t *testing.T) {
	for value, want := range map[string]string{
		"Go Nuts <golang-nuts.googlegroups.com>": "golang-nuts.googlegroups.com",
		"golang-nuts.googlegroups.com":           "golang-nuts.googlegroups.com",
		" <a.b>\r\n":                             "a.b",
		`"a <b>" <c.d>`:                          "c.d",
		"<a.b":                                   "a.b",
		"=?utf-8?q?=3Cevil=3E?= <a.b>":           "a.b",
		"":                                       "",
		"<>":                                     "",
		"a\r\n b":                                "a b",
	} {
		if got := (&Field{value: []byte(value)}).ListID().Plain; got != want {
			t.Errorf("%q gives %q; want %q", value, got, want)
		}
	}
}

// FuzzAddresses holds the parser against net/mail: what that understands, this
// reads the same.
func FuzzAddresses(f *testing.F) {
	for _, s := range []string{
		"Ada <ada@example.com>, bob@example.com", "G: a@b, \"x\\\"y\" <c@d>;", "a@b (Ada)", "<@a,@b:c@d>",
		`"a b"@c`, "a.b . c@d", "=?utf-8?q?x?= <a@b>", "(((((", `"\`, "<,,,@", "a@[1.2.3.4]", ";:,<", "<a@b> (c)",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := (&Field{value: []byte(s)}).Addresses()
		if !ok {
			return
		}
		want, err := mail.ParseAddressList(s)
		if err != nil {
			return
		}
		specs := make([]string, len(got))
		for i, a := range got {
			specs[i] = a.Spec.Plain
		}
		for i, a := range want {
			at := strings.LastIndexByte(a.Address, '@')
			spec := newAddress("", addrSpec{a.Address[:at], a.Address[at+1:]}).Spec.Plain
			if i >= len(specs) || specs[i] != spec {
				t.Fatalf("%q gives %q; net/mail's %d. address is %q", s, specs, i+1, spec)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%q gives %q; net/mail finds %d", s, specs, len(want))
		}
	})
}

func FuzzHeader(f *testing.F) {
	for _, s := range []string{
		"", "Subject: a\r\n\r\n", "a\nb:c\n d\n\n", "From: \"a\r\n b\" <c@d>\r\nList-Id: <x", "\r\r\r\n \n \n", ":\n:\n", "a:\x00\xff\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, block []byte) {
		h, err := ParseHeader(block)
		if (err != nil) != h.Broken() {
			t.Fatalf("error %v, broken %v", err, h.Broken())
		}
		crlf := strings.ReplaceAll(strings.ReplaceAll(string(block), "\r\n", "\n"), "\n", "\r\n")
		other, _ := ParseHeader([]byte(crlf))
		for i := range h.fields {
			f := &h.fields[i]
			f.Text()
			f.Addresses()
			f.ListID()
			if raw, ok := h.Raw(string(f.name)); !ok || strings.ContainsAny(raw, "\r\n") {
				t.Fatalf("Raw(%q) = %q, %v", f.name, raw, ok)
			} else if same, _ := other.Raw(string(f.name)); !other.Broken() && same != raw {
				t.Fatalf("Raw(%q) = %q; with CRLF %q", f.name, raw, same)
			}
		}
	})
}
