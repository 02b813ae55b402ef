package utf7

import (
	"testing"
	"unicode/utf8"
)

// Examples of RFC 3501 section 5.1.3, and what servers send.
var names = map[string]string{
	"":                   "",
	"INBOX":              "INBOX",
	"R&D":                "R&-D",
	"Bücher":             "B&APw-cher",
	"~peter/mail/台北/日本語": "~peter/mail/&U,BTFw-/&ZeVnLIqe-",
	"tab\there":          "tab&AAk-here",
	"😀":                  "&2D3eAA-",
}

func TestNames(t *testing.T) {
	for name, encoded := range names {
		if got := Encode(name); got != encoded {
			t.Errorf("%q: got %q, want %q", name, got, encoded)
		}
		if got, err := Decode(encoded); err != nil || got != name {
			t.Errorf("%q: got %q, %v, want %q", encoded, got, err, name)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, s := range []string{"&", "&AOk", "&AGE-", "&AOk-&AOk-", "&!!-", "&AA-", "&2D0-", "é", "a&b-", "\x80"} {
		if got, err := Decode(s); err == nil {
			t.Errorf("%q is taken for %q", s, got)
		}
	}
	if got, err := DecodeLoosely("&AOk-&AOk-"); err != nil || got != "éé" {
		t.Errorf("loosely: got %q, %v", got, err)
	}
}

func FuzzNames(f *testing.F) {
	for name, encoded := range names {
		f.Add(name)
		f.Add(encoded)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if decoded, err := Decode(s); err == nil && Encode(decoded) != s {
			t.Errorf("%q is %q, which is %q", s, decoded, Encode(decoded))
		}
		if !utf8.ValidString(s) {
			return
		}
		if decoded, err := Decode(Encode(s)); err != nil || decoded != s {
			t.Errorf("%q comes back as %q, %v", s, decoded, err)
		}
	})
}
