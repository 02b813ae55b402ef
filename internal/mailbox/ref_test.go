package mailbox

import (
	"strings"
	"testing"
)

func TestParseRef(t *testing.T) {
	trash := UseTrash.Token()
	tests := []struct {
		in   string
		want Ref
		show string
		err  string
	}{
		{in: "", err: "must not be empty"},
		{in: "a*", err: "wildcard"},
		{in: trash + "a", err: `must go on with "/"`},
		{in: trash + "/", err: "is missing"},
		{in: trash + "/ ", err: "must not be empty"},
		{in: trash + "//a", err: "empty level"},
		{in: trash + "/a/", err: "empty level"},
		{in: trash + "/*", err: "wildcard"},
		{in: "a/" + trash, err: "at the beginning"},
		{in: trash + "/" + trash, err: "once"},
		{in: trash + trash, err: "once"},
		{in: "\x00", err: "control characters"},
		{in: "\x00trash", err: "control characters"},
		{in: "\x00rubbish\x00", err: "control characters"},
		{in: "\x00\x00", err: "control characters"},

		{in: "inbox/a", want: Ref{Name: "INBOX/a"}, show: "INBOX/a"},
		{in: trash, want: Ref{Use: UseTrash}, show: "special.trash"},
		{in: trash + "/2024/u\u0308", want: Ref{Use: UseTrash, Name: "2024/ü"}, show: "${special.trash}/2024/ü"},
		{in: trash + "/inbox", want: Ref{Use: UseTrash, Name: "inbox"}, show: "${special.trash}/inbox"},
	}
	for _, test := range tests {
		got, err := ParseRef(test.in)
		if test.err != "" {
			if err == nil || got != (Ref{}) || !strings.Contains(err.Error(), test.err) {
				t.Errorf("ParseRef(%q) = %v, %v; want an error with %q", test.in, got, err, test.err)
			}
			continue
		}
		if err != nil || got != test.want || got.String() != test.show {
			t.Errorf("ParseRef(%q) = %#v (%s), %v; want %#v (%s)", test.in, got, got, err, test.want, test.show)
		}
	}
}

func TestRefResolve(t *testing.T) {
	byUse := map[Use]Name{UseTrash: "INBOX/Trash"}
	tests := []struct {
		ref  Ref
		want Name
		ok   bool
	}{
		{Ref{}, "", false},
		{Ref{Name: "a"}, "a", true},
		{Ref{Use: UseTrash}, "INBOX/Trash", true},
		{Ref{Use: UseTrash, Name: "a/b"}, "INBOX/Trash/a/b", true},
		{Ref{Use: UseJunk}, "", false},
		{Ref{Use: UseJunk, Name: "a"}, "", false},
	}
	for _, test := range tests {
		if got, ok := test.ref.Resolve(byUse); got != test.want || ok != test.ok {
			t.Errorf("%v resolves to %q, %v; want %q, %v", test.ref, got, ok, test.want, test.ok)
		}
	}
}

func FuzzParseRef(f *testing.F) {
	for _, s := range []string{"a", "\x00trash\x00", "\x00archive\x00/a", "\x00trash\x00/\x00trash\x00", "\x00", "inbox"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ref, err := ParseRef(s)
		if err != nil {
			if ref != (Ref{}) {
				t.Fatalf("ParseRef(%q) = %v beside an error", s, ref)
			}
			return
		}
		byUse := make(map[Use]Name)
		for _, use := range Uses() {
			byUse[use] = "Base"
		}
		name, ok := ref.Resolve(byUse)
		if !ok || strings.ContainsAny(string(name), "*%\x00") || strings.Contains(ref.String(), "\x00") {
			t.Fatalf("ParseRef(%q) = %v, which resolves to %q, %v", s, ref, name, ok)
		}
		p, err := ParsePattern(s)
		if err != nil {
			t.Fatalf("ParsePattern(%q): %v", s, err)
		}
		if same, ok := p.Ref(); !ok || same != ref || !p.Match(name, World{ByUse: byUse}) {
			t.Fatalf("the pattern %q means %v and is to mean %v", s, p, ref)
		}
	})
}
