package message

import (
	"bytes"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/emersion/go-message/charset"
)

func TestCharsets(t *testing.T) {
	tests := []struct{ charset, octets, want string }{
		{"UTF-8", "\xc3\xbc\xfc", "üü"},
		{"x-unknown", "\xfc", "ü"},
		{"Unknown-8bit", "\x80", "€"},
		{"ISO-8859-1", "\x93a\x94", "“a”"},
		{"iso-8859-2", "\xb1", "ą"},
		{"cp1252", "\x80", "€"},
	}
	for _, test := range tests {
		if got := decodeCharset(test.charset, []byte(test.octets)); !knownCharset(test.charset) || got != test.want {
			t.Errorf("%s %q gives %q; want %q", test.charset, test.octets, got, test.want)
		}
		word := "=?" + test.charset + "?b?" + base64.StdEncoding.EncodeToString([]byte(test.octets)) + "?="
		if got := (&Field{value: []byte(word)}).Text().Plain; got != test.want {
			t.Errorf("a word in %s gives %q; want %q", test.charset, got, test.want)
		}
	}
	for _, name := range []string{"", "x-nonesuch", "utf-7", "unicode-1-1-utf-7", "iso-2022-kr", "replacement", "utf-8\x00"} {
		if knownCharset(name) {
			t.Errorf("%q is known", name)
		}
	}
}

// What is decoded at once is what go-message's reader decodes, in every charset that it
// knows, and those that it does not know are not known.
func TestCharsetsAsRead(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	known := 0
	for _, name := range []string{
		"iso-8859-1", "ISO-8859-2", "iso-8859-6-i", "iso-8859-8-i", "iso-8859-15", "latin1", "latin2", "l1", "windows-1250", "windows-1251", "Windows-1252",
		"cp1251", "cp1252", "x-cp1252", "cp437", "ibm866", "koi8-r", "KOI8-U", "koi8", "macintosh", "x-mac-cyrillic", "tis-620", "windows-874",
		"gb2312", "GBK", "gb18030", "hz-gb-2312", "big5", "big5-hkscs", "euc-jp", "iso-2022-jp", "shift_jis", "sjis", "x-sjis", "cp932", "euc-kr", "ks_c_5601-1987",
		"iso-2022-kr", "iso-2022-cn", "utf-16", "utf-16le", "utf-16be", "utf-7", "unicode-1-1-utf-7", "replacement", "x-user-defined", "isolatin1", "csisolatin1", "unicode",
		"ansi_x3.110-1983", "x-utf_8j", "x-nonesuch", "", " ", "cs", "utf-8\x00", "iso-8859-1\n", "ISO-8859-1*en", "\xff",
	} {
		r, err := charset.Reader(meantCharset(name), strings.NewReader(""))
		var nothing []byte
		if err == nil {
			nothing, err = io.ReadAll(r)
		}
		if want := err == nil && len(nothing) == 0; !plainCharset(name) && knownCharset(name) != want {
			t.Errorf("%q is known: %t, want %t", name, !want, want)
			continue
		}
		if err != nil || len(nothing) > 0 {
			continue
		}
		known++
		octets := make([]byte, 256)
		for i := range octets {
			octets[i] = byte(i)
		}
		for range 200 {
			if r, err = charset.Reader(meantCharset(name), bytes.NewReader(octets)); err != nil {
				t.Fatal(err)
			}
			want, err := io.ReadAll(r)
			if err != nil {
				want = []byte(toUTF8(string(octets)))
			}
			if got := decodeCharset(name, octets); len(octets) > 0 && got != string(want) {
				t.Fatalf("%s gives %q for %q, want %q", name, got, octets, want)
			}
			octets = octets[:rng.IntN(40)]
			for i := range octets {
				octets[i] = byte(rng.Uint32())
			}
		}
	}
	if known < 35 {
		t.Errorf("only %d are known", known)
	}
}

// Whatever the text is, memory is a small multiple of its octets.
func TestReadTextMemory(t *testing.T) {
	const size = 1 << 20
	for _, pattern := range []string{"b ", "<b>", "&nGt;", "\xff"} {
		body := "<a " + strings.Repeat(pattern, size/len(pattern)) + ">"
		if pattern != "b " {
			body = body[3:]
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := ReadText(textPart("text/html", "8bit"), strings.NewReader(body), 2*size); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 40*size {
			t.Errorf("many %q: %d MiB allocated for one", pattern, allocated/size)
		}
	}
}
