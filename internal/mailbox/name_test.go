package mailbox

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestParseName(t *testing.T) {
	tests := []struct {
		in, want string
		err      string // in the error; empty: none
	}{
		{in: "", err: "must not be empty"},
		{in: " \u00a0", err: "must not be empty"},
		{in: "/", err: "empty level"},
		{in: "/a", err: "empty level"},
		{in: "a/", err: "empty level"},
		{in: "a//b", err: "empty level"},
		{in: "a/ /b", err: "empty level"},
		{in: "a*", err: "wildcard"},
		{in: "a%b", err: "wildcard"},
		{in: "a\x00b", err: "control characters"},
		{in: "a\r\nb", err: "control characters"},
		{in: "a\tb", err: "control characters"},
		{in: "a\x7f", err: "control characters"},
		{in: "a\u0085", err: "control characters"},
		{in: "a\xff", err: "valid UTF-8"},
		{in: "a\uFFFD", err: "U+FFFD"},
		{in: Use("trash").Token(), err: "control characters"},

		{in: "Lists/Go", want: "Lists/Go"},
		{in: "inbox", want: "INBOX"},
		{in: "iNbOx/Sub", want: "INBOX/Sub"},
		{in: "Lists/inbox", want: "Lists/inbox"},
		{in: "INBOX2", want: "INBOX2"},
		{in: "\u0131nbox", want: "\u0131nbox"}, // a dotless i is no i
		{in: "u\u0308", want: "\u00fc"},
		{in: "a\\b.c ~#&", want: "a\\b.c ~#&"},
		{in: " a ", want: " a "},
		{in: "\U0001F4E7/日本", want: "\U0001F4E7/日本"},
		{in: "a\uE000b", want: "a\uE000b"},
	}
	for _, test := range tests {
		got, err := ParseName(test.in)
		if test.err != "" {
			if err == nil || got != "" || !strings.Contains(err.Error(), test.err) {
				t.Errorf("ParseName(%q) = %q, %v; want an error with %q", test.in, got, err, test.err)
			}
			continue
		}
		if err != nil || string(got) != test.want {
			t.Errorf("ParseName(%q) = %q, %v; want %q", test.in, got, err, test.want)
		}
	}
}

func TestNameTree(t *testing.T) {
	for name, want := range map[Name]Name{"a/b/c": "a/b", "a/b": "a"} {
		if got, ok := name.Parent(); !ok || got != want {
			t.Errorf("%q.Parent() = %q, %v; want %q", name, got, ok, want)
		}
	}
	if got, ok := Name("a").Parent(); ok || got != "" {
		t.Errorf("a name of one level has the parent %q", got)
	}
	below := []struct {
		n, other Name
		want     bool
	}{
		{"a/b", "a", true}, {"a/b/c", "a", true}, {"a", "a", false}, {"ab/c", "a", false}, {"ab", "a", false}, {"a", "a/b", false},
	}
	for _, test := range below {
		if got := test.n.Below(test.other); got != test.want {
			t.Errorf("%q.Below(%q) = %v", test.n, test.other, got)
		}
	}
	rebase := []struct{ n, from, to, want Name }{
		{"a", "a", "x/y", "x/y"}, {"a/b", "a", "x", "x/b"}, {"ab", "a", "x", "ab"}, {"c", "a", "x", "c"}, {"a", "a/b", "x", "a"},
	}
	for _, test := range rebase {
		if got := test.n.Rebase(test.from, test.to); got != test.want {
			t.Errorf("%q.Rebase(%q, %q) = %q; want %q", test.n, test.from, test.to, got, test.want)
		}
	}
	if got := Name("a/b/c").Depth(); got != 3 {
		t.Errorf("Depth = %d; want 3", got)
	}
}

func TestNameFold(t *testing.T) {
	same := [][2]Name{{"Lists/Go", "LISTS/gO"}, {"\u00fc", "U\u0308"}, {"Straße", "STRASSE"}, {"σ", "ς"}, {"K", "\u212A"}}
	for _, pair := range same {
		if pair[0].Fold() != pair[1].Fold() {
			t.Errorf("%q and %q are to be one", pair[0], pair[1])
		}
	}
	differ := [][2]Name{{"a", "b"}, {"a/b", "ab"}, {"u", "ü"}}
	for _, pair := range differ {
		if pair[0].Fold() == pair[1].Fold() {
			t.Errorf("%q and %q are to differ", pair[0], pair[1])
		}
	}
}

func FuzzParseName(f *testing.F) {
	for _, s := range []string{"", "inbox/a", "a//b", "u\u0308/\u0345", "\xff", "\x00trash\x00", "K\u212A", "\u1e9e", "\u1fb3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, err := ParseName(s)
		if err != nil {
			return
		}
		if !utf8.ValidString(string(name)) || !norm.NFC.IsNormalString(string(name)) || strings.ContainsAny(string(name), "*%\x00\r\n") {
			t.Fatalf("ParseName(%q) = %q", s, name)
		}
		if again, err := ParseName(string(name)); err != nil || again != name {
			t.Fatalf("%q parses as %q, %v", name, again, err)
		}
		if FromLevels(name.Levels()) != name || len(name.Levels()) != name.Depth() {
			t.Fatalf("%q has the levels %q", name, name.Levels())
		}
		if upper, err := ParseName(strings.ToUpper(string(name))); err == nil && upper.Depth() != name.Depth() {
			t.Fatalf("%q and %q differ in depth", name, upper)
		}
		p, err := ParsePattern(s)
		if err != nil || !p.Match(name, World{}) {
			t.Fatalf("the pattern %q does not cover %q: %v", s, name, err)
		}
	})
}
