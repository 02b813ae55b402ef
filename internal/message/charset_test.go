package message

import (
	"encoding/base64"
	"runtime"
	"strings"
	"testing"
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
		if got := (&Field{value: word}).Text().Plain; got != test.want {
			t.Errorf("a word in %s gives %q; want %q", test.charset, got, test.want)
		}
	}
	for _, name := range []string{"", "x-nonesuch", "utf-7", "unicode-1-1-utf-7", "iso-2022-kr", "replacement", "utf-8\x00"} {
		if knownCharset(name) {
			t.Errorf("%q is known", name)
		}
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
