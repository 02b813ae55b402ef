package mailbox

import (
	"regexp"
	"strings"
	"testing"
)

func TestParsePatternRefuses(t *testing.T) {
	tests := map[string]string{
		"":                           "must not be empty",
		"a//*":                       "empty level",
		"*/":                         "empty level",
		"a%":                         "wildcard",
		"*\x00":                      "beginning",
		"*\t":                        "control characters",
		"*\xff":                      "valid UTF-8",
		"a**":                        "whole level",
		"***":                        "whole level",
		"a/**b/c":                    "whole level",
		UseTrash.Token() + "*":       `must go on with "/"`,
		"a/" + UseTrash.Token():      "beginning",
		UseTrash.Token() + "/**/a**": "whole level",
	}
	for in, want := range tests {
		if got, err := ParsePattern(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParsePattern(%q) = %v, %v; want an error with %q", in, got, err, want)
		}
	}
}

func TestPatternMatch(t *testing.T) {
	world := World{
		ByUse:  map[Use]Name{UseTrash: "Trash", UseArchive: "Mail/Archive", UseJunk: "Trash/Junk", UseSent: "*"},
		Hidden: []Name{"Trash", "Trash/Junk", "Drafts", "*"},
	}
	special := func(u Use, rest string) string { return u.Token() + rest }
	tests := []struct {
		pattern string
		name    Name
		want    bool
	}{
		{"Lists", "Lists", true},
		{"Lists", "lists", false},
		{"Lists", "Lists/Go", false},
		{"Lists/*", "Lists", false},
		{"Lists/*", "Lists/Go", true},
		{"Lists/*", "Lists/Go/Nuts", false},
		{"Lists/**", "Lists", false},
		{"Lists/**", "Lists/Go", true},
		{"Lists/**", "Lists/Go/Nuts", true},
		{"**", "Lists/Go/Nuts", true},
		{"**/Nuts", "Nuts", false},
		{"**/Nuts", "Lists/Nuts", true},
		{"**/Nuts", "Lists/Nuts/More", false},
		{"**/a/**/b", "x/a/y/a/z/b", true},
		{"**/a/**/b", "x/a/b", false},
		{"**/**", "a", false},
		{"**/**", "a/b", true},
		{"*/**", "a/b/c", true},
		{"**/*", "a/b/c", true},
		{"a/**/*/d", "a/b/c/d", true},
		{"a/**/*/d", "a/b/d", false},

		{"L*s", "Lists", true},
		{"L*s", "Ls", true},
		{"L*s", "L", false},
		{"*a*b*", "xaybz", true},
		{"*a*b*", "xbya", false},
		{"ab*ba", "aba", false},
		{"*.*", "a.b", true},
		{"a*", "a/b", false},

		{"inbox", "INBOX", true},
		{"inbox/*", "INBOX/a", true},
		{"iNBOX/**", "INBOX/a/b", true},
		{"a/inbox", "a/INBOX", false},
		{"u\u0308*", "\u00fcber", true},
		{"*u\u0308/*", "\u00fc/a", true},
		{"a\uE000/*", "ab/c", false}, // a private character is no wildcard
		{"a\uE000/*", "a\uE000/c", true},

		// Hidden folders are covered only where they are named.
		{"**", "Trash", false},
		{"**", "Trash/a", false},
		{"*", "Trash", false},
		{"T*", "Trash", false},
		{"Trash", "Trash", true},
		{"Trash", "Trash/a", false},
		{"Trash/**", "Trash", false},
		{"Trash/**", "Trash/a", true},
		{"Trash/**", "Trash/Junk", false},
		{"Trash/**", "Trash/Junk/a", false},
		{"Trash/Junk", "Trash/Junk", true},
		{"Trash/Junk/*", "Trash/Junk/a", true},
		{"**", "Trashy", true},
		{"**/a", "Drafts/a", false},
		{"Drafts/a", "Drafts/a", true},
		{"*", "*", false}, // the folder of that very name is not named by a wildcard
		{"*/a", "*/a", false},

		{special(UseTrash, ""), "Trash", true},
		{special(UseTrash, ""), "Trash/a", false},
		{special(UseTrash, "/*"), "Trash/a", true},
		{special(UseTrash, "/**"), "Trash/Junk", false},
		{special(UseJunk, ""), "Trash/Junk", true},
		{special(UseJunk, "/**"), "Trash/Junk/a/b", true},
		{special(UseArchive, "/*"), "Mail/Archive/2024", true},
		{special(UseArchive, "/*"), "Mail/Archive", false},
		{special(UseArchive, "/inbox"), "Mail/Archive/inbox", true},
		{special(UseArchive, "/2024/*"), "Mail/Archive/2024/05", true},
		{special(UseDrafts, ""), "Drafts", false}, // nobody knows that use
		{special(UseSent, ""), "*", true},
		{special(UseSent, ""), "a", false}, // nor is a folder's name a wildcard
		{special(UseSent, "/*"), "*/a", true},
		{special(UseSent, "/*"), "a/a", false},
	}
	for _, test := range tests {
		p, err := ParsePattern(test.pattern)
		if err != nil {
			t.Errorf("ParsePattern(%q): %v", test.pattern, err)
			continue
		}
		if got := p.Match(test.name, world); got != test.want {
			t.Errorf("%v covers %q: %v; want %v", p, test.name, got, test.want)
		}
	}
	if (Pattern{}).Match("a", World{}) {
		t.Error("the zero Pattern covers a folder")
	}
}

func TestPatternRef(t *testing.T) {
	tests := []struct {
		pattern string
		want    Ref
		ok      bool
		show    string
	}{
		{"a/b", Ref{Name: "a/b"}, true, "a/b"},
		{"inbox", Ref{Name: "INBOX"}, true, "INBOX"},
		{"inbox/*", Ref{}, false, "INBOX/*"},
		{"**", Ref{}, false, "**"},
		{UseTrash.Token(), Ref{Use: UseTrash}, true, "special.trash"},
		{UseTrash.Token() + "/a", Ref{Use: UseTrash, Name: "a"}, true, "${special.trash}/a"},
		{UseTrash.Token() + "/*", Ref{}, false, "${special.trash}/*"},
	}
	for _, test := range tests {
		p, err := ParsePattern(test.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := p.Ref(); got != test.want || ok != test.ok || p.String() != test.show {
			t.Errorf("%s: Ref = %v, %v; want %v, %v for %s", p, got, ok, test.want, test.ok, test.show)
		}
	}
	if _, ok := (Pattern{}).Ref(); ok {
		t.Error("the zero Pattern names a folder")
	}
}

// Many wildcards must not take exponential time: without bounds this would not end.
func TestPatternTime(t *testing.T) {
	deep := Name(strings.Repeat("a/", 500) + "b")
	long := Name(strings.Repeat("a", 5000) + "b")
	for pattern, name := range map[string]Name{
		strings.Repeat("**/", 200) + "c":    deep,
		strings.Repeat("**/*a/", 100) + "c": deep,
		strings.Repeat("*a", 1000) + "*c":   long,
	} {
		p, err := ParsePattern(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if p.Match(name, World{}) {
			t.Errorf("%.20s… covers %.20s…", p, name)
		}
	}
}

// FuzzPattern holds matching against the same pattern as a regular expression.
func FuzzPattern(f *testing.F) {
	for _, seed := range [][2]string{{"**/a/**", "b/a/c"}, {"*a*b", "aab"}, {"inbox/*", "INBOX/x"}, {"**/**/*", "a/b/c"}, {"a*a", "a"}, {"*/**/a*", "b/c/d/aa"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, folder string) {
		p, err := ParsePattern(pattern)
		name, nameErr := ParseName(folder)
		if err != nil || nameErr != nil || p.Use() != "" {
			return
		}
		var want []string
		for _, level := range p.levels {
			if level == anyDepth {
				want = append(want, `[^/]+(?:/[^/]+)*`)
			} else {
				want = append(want, strings.ReplaceAll(regexp.QuoteMeta(level), `\*`, `[^/]*`))
			}
		}
		re := regexp.MustCompile(`^(?s:` + strings.Join(want, "/") + `)$`)
		if got := p.Match(name, World{}); got != re.MatchString(string(name)) {
			t.Fatalf("%q covers %q: %v", p, name, got)
		}
		if again, err := ParsePattern(p.String()); err != nil || again.String() != p.String() {
			t.Fatalf("%q parses as %q, %v", p, again, err)
		}
		if p.Match(name, World{Hidden: []Name{name}}) {
			if ref, ok := p.Ref(); !ok || ref.Name != name {
				t.Fatalf("%q covers the hidden folder %q without naming it", p, name)
			}
		}
	})
}
