package message

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestDecode(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"raw Latin-1", "Gr\xf6\xdfe", "Größe"},
		{"raw Windows-1252", "\x93a\x94 \x80", "“a” €"},
		{"raw UTF-8 with a stray octet", "Grö\xdfe", "Größe"},
		{"NFD", "u\u0308", "ü"},
		{"white space", " a \t\u00a0 b\u2003c\r\n d ", "a b c d"},

		{"word", "=?utf-8?q?Gr=C3=B6=C3=9Fe?=", "Größe"},
		{"base64", "=?UTF-8?B?R3LDtsOfZQ==?=", "Größe"},
		{"base64 without padding", "=?UTF-8?B?R3LDtsOfZQ?=", "Größe"},
		{"Latin-1", "=?ISO-8859-1?Q?Gr=F6=DFe?=", "Größe"},
		{"language", "=?iso-8859-1*de?q?Gr=F6=DFe?=", "Größe"},
		{"Latin-1 as UTF-8", "=?utf-8?q?Gr=F6=DFe?=", "Größe"},
		{"ASCII that is not", "=?us-ascii?q?Gr=C3=B6=C3=9Fe?=", "Größe"},
		{"GB 2312", "=?gb2312?B?xOO6ww==?=", "你好"},
		{"GB 18030", "=?GB18030?B?xOO6ww==?=", "你好"},
		{"Big5", "=?big5?B?p0Gmbg==?=", "你好"},
		{"Shift JIS", "=?shift_jis?B?k/qWew==?=", "日本"},
		{"ISO-2022-JP", "=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "日本"},
		{"EUC-KR", "=?euc-kr?B?x9GxuQ==?=", "한국"},
		{"KS C 5601", "=?ks_c_5601-1987?B?x9GxuQ==?=", "한국"},
		{"KOI8-R", "=?koi8-r?B?8NLJ18XU?=", "Привет"},
		{"Windows-1251", "=?windows-1251?B?z/Do4uXy?=", "Привет"},
		{"cp1252", "=?cp1252?q?=80?=", "€"},

		{"adjacent words", "=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"},
		{"adjacent words of two charsets", "=?utf-8?q?=C3=BC?= =?iso-8859-1?q?=FC?=", "üü"},
		{"a character in two words", "=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "ü"},
		{"words and text", "a =?utf-8?q?b?= c", "a b c"},
		{"glued to text", "[=?utf-8?q?b?=]", "[b]"},
		{"underscores", "=?utf-8?q?a_b?=", "a b"},
		{"spaces within", "=?utf-8?q?a b?=", "a b"},
		{"question mark within", "=?utf-8?q?Really??=", "Really?"},
		{"line end smuggled in", "=?utf-8?q?a=0D=0AX-Evil:_b?=", "a X-Evil: b"},

		{"unknown charset", "=?x-nonesuch?q?a?= =?utf-8?q?b?=", "=?x-nonesuch?q?a?= b"},
		{"unsafe charset", "=?iso-2022-kr?q?a?=", "=?iso-2022-kr?q?a?="},
		{"no charset", "=??q?a?=", "=??q?a?="},
		{"unknown encoding", "=?utf-8?x?a?=", "=?utf-8?x?a?="},
		{"broken quoting", "=?utf-8?q?a=G1?=", "=?utf-8?q?a=G1?="},
		{"cut quoting", "=?utf-8?q?a=4?=", "=?utf-8?q?a=4?="},
		{"broken base64", "=?utf-8?b?!!!?=", "=?utf-8?b?!!!?="},
		{"no end", "=?utf-8?q?abc", "=?utf-8?q?abc"},
		{"no end, then a word", "=?utf-8?q?abc =?utf-8?q?d?=", "=?utf-8?q?abc d"},
		{"nothing but beginnings", "=?=?=?=?", "=?=?=?=?"},
		{"broken before good", "=?x =?utf-8?q?b?=", "=?x b"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := Field{name: []byte("Subject"), value: []byte(test.value)}
			if got := f.Text().Plain; got != test.want {
				t.Errorf("%q gives %q; want %q", test.value, got, test.want)
			}
		})
	}
}

func TestFold(t *testing.T) {
	same := [][]string{
		{"STRASSE", "strasse"}, {"ß", "ẞ"}, {"ÄÖÜ", "äöü"}, {"Σ", "σ", "ς"}, {"K", "k", "\u212A"},
		{"s\u0323", "S\u0323", "\u017f\u0323", "\u1e63"}, {"ÀΙ", "àι"}, {"\u1fb3", "\u1fbc"},
	}
	for _, texts := range same {
		for _, s := range texts {
			if a, b := TextOf(s).Fold, TextOf(texts[0]).Fold; a != b {
				t.Errorf("%q and %q fold to %q and %q; want the same", s, texts[0], a, b)
			}
		}
	}
	differ := [][2]string{{"ß", "ss"}, {"e", "é"}, {"i", "ı"}, {"i", "İ"}}
	for _, pair := range differ {
		if TextOf(pair[0]).Fold == TextOf(pair[1]).Fold {
			t.Errorf("%q and %q fold to the same", pair[0], pair[1])
		}
	}
	if a, b := TextOf("αι").Fold, TextOf("α").Fold; a[:len(b)] != b {
		t.Errorf("%q does not begin with %q: iota was joined to the letter before it", a, b)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "Gr\xf6\xdfe", "=?utf-8?q?=C3?= =?utf-8?b?vA==?=", "=?=?utf-8?q?a?=?=", "a\u0345 \u0085b", "=?iso-2022-jp?b?GyRC?=", " a \t\r\n B = ?c?=", "=?\v", "?="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := (&Field{value: []byte(s)}).Text()
		if !utf8.ValidString(text.Plain) || !norm.NFC.IsNormalString(text.Plain) {
			t.Fatalf("%q gives %q: no UTF-8 in NFC", s, text.Plain)
		}
		if again := TextOf(text.Plain); again != text {
			t.Fatalf("TextOf is not idempotent: %q, then %q", text, again)
		}
		switch folded, plain := (&Field{value: []byte(s)}).AppendFold([]byte("before")); {
		case plain && string(folded) != "before"+text.Fold:
			t.Fatalf("%q appends %q, and folds to %q", s, folded, text.Fold)
		case !plain && (string(folded) != "before" || isASCII(s) && !strings.Contains(s, "=?")):
			t.Fatalf("%q is not plain, and appends %q", s, folded)
		}
		if again := fold(text.Fold); again != text.Fold {
			t.Fatalf("fold is not idempotent: %q, then %q", text.Fold, again)
		}
	})
}

// What is quick about texts gives what the plain way gives.
func TestTextsThePlainWay(t *testing.T) {
	pieces := []string{"", " ", "  ", "\t", "\u00a0", "\u0085", "\u2003", "a", "K", "k", "ſ", "ß", "ü", "Ü", "e\u0301", "会", "\u212a", "12345678", "\x00", "\x1c", "\u0345", "ᾳ"}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		var b strings.Builder
		for range rng.IntN(6) {
			b.WriteString(pieces[rng.IntN(len(pieces))])
		}
		s := b.String()
		if got, want := collapse(s), strings.Join(strings.Fields(s), " "); got != want {
			t.Fatalf("%q collapses to %q, want %q", s, got, want)
		}
		if got, want := isASCII(s), strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0; got != want {
			t.Fatalf("%q is ASCII: %t", s, got)
		}
	}
	for r := rune(0); r < 0x80; r++ {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		if got := foldRune(r); got != least {
			t.Errorf("%q folds to %q, want %q", r, got, least)
		}
	}
}
