package render

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", ""},
		{"plain, Grüße, 日本, ❤️", "plain, Grüße, 日本, ❤️"},
		{"\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		{"a\x00b\x07\x7f", `a\x00b\a\x7f`},
		{"c1 \u009b", `c1 \u009b`},
		{"bidi \u202egnp.exe\u2069", `bidi \u202egnp.exe\u2069`},
		{"zero\u200bwidth\ufeff\u00ad", `zero\u200bwidth\ufeff\u00ad`},
		{"tag \U000e0041", `tag \U000e0041`},
		{"filler \u3164 and selector \U000e0101", `filler \u3164 and selector \U000e0101`},
		{"line\r\nseparators\u2028", `line\r\nseparators\u2028`},
		{"not \xff\xc3 UTF-8", `not \xff\xc3 UTF-8`},
	} {
		if got := string(clean(test.in)); got != test.want {
			t.Errorf("clean(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestQuote(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", `""`},
		{`a "b" \c`, `"a \"b\" \\c"`},
		{`\u200b`, `"\\u200b"`}, // not to be taken for the character
		{"\u200b", `"\u200b"`},
	} {
		if got := string(quote(test.in)); got != test.want {
			t.Errorf("quote(%q) = %s, want %s", test.in, got, test.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"", "plain", "\x1b]0;x\a", "\u202e\u200b", "\xff\xfe", `\"`, "日本\u0301"} {
		f.Add(seed, 10)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		for _, got := range []safe{clean(s), quote(s), clean(truncate(s, limit%100))} {
			if !utf8.ValidString(string(got)) {
				t.Fatalf("%q is not UTF-8", got)
			}
			if i := strings.IndexFunc(string(got), hidden); i >= 0 {
				t.Fatalf("%q holds something hidden", got)
			}
		}
		if again := clean(string(clean(s))); again != clean(s) {
			t.Fatalf("clean(%q) is not clean", s)
		}
		if limit = limit % 100; limit > 0 {
			if got := columns(clean(truncate(s, limit))); got > limit {
				t.Fatalf("%q takes %d columns, not %d", truncate(s, limit), got, limit)
			}
		}
	})
}

// Two different texts never look the same between quotation marks.
func FuzzQuoteIsInjective(f *testing.F) {
	f.Add("a", "b")
	f.Add("\u200b", `\u200b`)
	f.Add("\xff", `\xff`)
	f.Add("\ufffd", "\xff")
	f.Fuzz(func(t *testing.T, a, b string) {
		if a != b && quote(a) == quote(b) {
			t.Fatalf("%q and %q are both %s", a, b, quote(a))
		}
	})
}

func TestTruncate(t *testing.T) {
	for _, test := range []struct {
		in    string
		limit int
		want  string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"", 3, ""},
	} {
		if got := truncate(test.in, test.limit); got != test.want {
			t.Errorf("truncate(%q, %d) = %q, want %q", test.in, test.limit, got, test.want)
		}
	}
}

func TestSize(t *testing.T) {
	for octets, want := range map[int64]safe{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 3355443: "3.2 MiB", 1<<20 - 1: "1.0 MiB", 5 << 40: "5.0 TiB",
	} {
		if got := size(octets); got != want {
			t.Errorf("size(%d) = %s, want %s", octets, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, test := range []struct {
		text  safe
		limit int
		want  []safe
	}{
		{"one two three", 0, []safe{"one two three"}},
		{"one two three", 7, []safe{"one two", "three"}},
		{"    an indented line stays", 7, []safe{"    an indented line stays"}},
		{"unbreakableword and", 5, []safe{"unbreakableword", "and"}},
		{"", 5, []safe{""}},
	} {
		got := wrap(test.text, test.limit)
		if join(got, "|") != join(test.want, "|") {
			t.Errorf("wrap(%q, %d) = %q, want %q", test.text, test.limit, got, test.want)
		}
	}
}

func TestWrapKeepsSpaces(t *testing.T) {
	const name = `"a  b" and "c   d" here`
	for limit := 1; limit < 30; limit++ {
		lines := wrap(name, limit)
		if got := string(join(lines, " ")); got != name {
			t.Errorf("at %d: %q", limit, got)
		}
	}
	if got := quote("a\u00a0b\u3000c d"); got != `"a\u00a0b\u3000c d"` {
		t.Errorf("quoted as %s", got)
	}
}
