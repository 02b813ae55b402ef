package mailbox

import (
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
)

func TestParseFlag(t *testing.T) {
	tests := []struct {
		in   string
		want imap.Flag
		err  string
	}{
		{in: "", err: "must not be empty"},
		{in: `\`, err: "no system flag"},
		{in: "deleted", err: `delete = "trash"`},
		{in: `\DELETED`, err: `delete = "trash"`},
		{in: "recent", err: "belongs to the server"},
		{in: "read", err: `say "seen"`},
		{in: "Unread", err: "seen = false"},
		{in: "unseen", err: "seen = false"},
		{in: "starred", err: `say "flagged"`},
		{in: `\Important`, err: "no system flag"},
		{in: `\\seen`, err: "no system flag"},
		{in: `\*`, err: "no system flag"},
		{in: "a b", err: "keyword"},
		{in: " seen", err: "keyword"},
		{in: "a*", err: "keyword"},
		{in: `a"b`, err: "keyword"},
		{in: "a]", err: "keyword"},
		{in: "(a)", err: "keyword"},
		{in: "ü", err: "keyword"},
		{in: "a\x00", err: "keyword"},
		{in: "a\xff", err: "keyword"},
		{in: "a\r\nb", err: "keyword"},

		{in: "seen", want: `\Seen`},
		{in: "SEEN", want: `\Seen`},
		{in: `\seen`, want: `\Seen`},
		{in: "flagged", want: `\Flagged`},
		{in: "Answered", want: `\Answered`},
		{in: `\Draft`, want: `\Draft`},
		{in: "$Invoice", want: "$Invoice"},
		{in: "To-Do_1", want: "To-Do_1"},
	}
	for _, test := range tests {
		got, err := ParseFlag(test.in)
		if test.err != "" {
			if err == nil || got != "" || !strings.Contains(err.Error(), test.err) {
				t.Errorf("ParseFlag(%q) = %q, %v; want an error with %q", test.in, got, err, test.err)
			}
			continue
		}
		if err != nil || got != test.want {
			t.Errorf("ParseFlag(%q) = %q, %v; want %q", test.in, got, err, test.want)
		}
	}
}

func TestFlags(t *testing.T) {
	set := NewFlags("$b", `\sEEN`, "$A", `\Recent`, "$B", `\Seen`, `\recent`)
	if want := (Flags{"$A", "$b", `\Seen`}); !slices.Equal(set, want) {
		t.Errorf("NewFlags = %q; want %q", set, want)
	}
	for flag, want := range map[imap.Flag]bool{"$a": true, "$B": true, `\SEEN`: true, "seen": false, "$c": false, `\Recent`: false, "": false} {
		if set.Has(flag) != want {
			t.Errorf("Has(%q) = %v", flag, !want)
		}
	}
	if got, want := set.With(NewFlags("$a", "x")), NewFlags("$A", "$b", "x", `\Seen`); !slices.Equal(got, want) {
		t.Errorf("With = %q; want %q", got, want)
	}
	if got, want := set.Without(NewFlags("$a", "x", `\Seen`)), NewFlags("$b"); !slices.Equal(got, want) {
		t.Errorf("Without = %q; want %q", got, want)
	}
	if want := (Flags{"$A", "$b", `\Seen`}); !slices.Equal(set, want) {
		t.Errorf("the set itself was changed to %q", set)
	}
	if !set.Equal(NewFlags("$B", "$a", `\SEEN`)) || set.Equal(NewFlags("$a")) || !NewFlags().Equal(nil) {
		t.Error("Equal is wrong")
	}
	if got, want := set.String(), "$A $b seen"; got != want {
		t.Errorf("String = %q; want %q", got, want)
	}
	if allocs := testing.AllocsPerRun(100, func() { set.Has(`\Flagged`) }); allocs != 0 {
		t.Errorf("Has allocates %v times", allocs)
	}
}

func FuzzFlags(f *testing.F) {
	f.Add("seen", `\Seen`, "$A $a")
	f.Add(`\`, "]", "")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if flag, err := ParseFlag(a); err == nil {
			if again, err := ParseFlag(FlagWord(flag)); err != nil || again != flag {
				t.Fatalf("%q gives %q, its word %q, %v", a, flag, again, err)
			}
			if strings.ContainsAny(string(flag), " \r\n(){%*\"") {
				t.Fatalf("%q gives %q, which is no flag", a, flag)
			}
		}
		x, y := NewFlags(imap.Flag(a), imap.Flag(b)), NewFlags(imap.Flag(c), imap.Flag(b))
		both := x.With(y)
		for _, flag := range both {
			if x.Has(flag) == false && y.Has(flag) == false {
				t.Fatalf("%q is in %q and in neither of %q and %q", flag, both, x, y)
			}
			if both.Without(y).Has(flag) == y.Has(flag) {
				t.Fatalf("%q without %q is wrong about %q", both, y, flag)
			}
		}
		if !both.Equal(y.With(x)) || !both.Equal(NewFlags(both...)) {
			t.Fatalf("%q and %q together are %q and %q", x, y, both, y.With(x))
		}
	})
}

func TestFlagsCommon(t *testing.T) {
	a, b := NewFlags(`\Seen`, "$A", "$B"), NewFlags(`\seen`, "$b", "$C")
	if got := a.Common(b); got.String() != "$B seen" {
		t.Errorf("got %q", got)
	}
	if got := a.Common(nil); len(got) != 0 || len(a) != 3 {
		t.Errorf("got %q, and the set itself is %q", got, a)
	}
}
