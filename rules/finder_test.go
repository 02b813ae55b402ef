package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/imapform/imapform/internal/message"
)

// What was found before is found again, however many values came between, and keys
// that are added later are found in values that were seen.
func TestFinderRemembers(t *testing.T) {
	f := Look{Fields: "from"}.Finder()
	f.Add(Key{Value: "ADA@EXAMPLE.COM"}, 1)
	f.Add(Key{Value: "example.com"}, 2)
	known := message.Fields("from")
	find := func(value string) []int {
		found, told := f.Find(letterOf(t, []string{"From: " + value}, known), []int{0})
		if !told {
			t.Fatalf("%q was not told", value)
		}
		return found
	}
	values := map[string][]int{
		"Ada <ada@example.com>":                {0, 1, 2},
		"bob@mail.example.com":                 {0, 2},
		"bob@example.org":                      {0},
		"bob@example.org,\r\n ada@example.com": {0, 1, 2},
		"":                                     {0},
		"ada@example.com" + strings.Repeat(" ", 2*maxSeenValue): {0, 1, 2},
	}
	for round := range 3 {
		for value, want := range values {
			for range 2 {
				if got := find(value); !slices.Equal(got, want) {
					t.Errorf("round %d: got %v in %q, want %v", round, got, value, want)
				}
			}
		}
		for i := range maxSeen / 2 {
			find(fmt.Sprintf("stranger%d@example.net", i+round*maxSeen))
		}
		if len(f.seen) > maxSeen {
			t.Fatalf("%d values are remembered", len(f.seen))
		}
		if round == 1 {
			f.Forget()
			if len(f.seen) > 0 {
				t.Fatalf("%d values are not forgotten", len(f.seen))
			}
		}
	}
	f.Add(Key{Value: "BOB@EXAMPLE.ORG"}, 3)
	if got := find("bob@example.org"); !slices.Equal(got, []int{0, 3}) {
		t.Errorf("got %v", got)
	}
}

// What cannot be told is never remembered as something else.
func TestFinderDoesNotRememberWhatCannotBeTold(t *testing.T) {
	f := Look{Fields: "from"}.Finder()
	m := letterOf(t, []string{"From: " + strings.Repeat("a@b.example, ", 20_001)}, message.Fields("from"))
	for range 2 {
		if _, told := f.Find(m, nil); told {
			t.Error("more addresses than can be told were told")
		}
	}
	if len(f.seen) > 0 {
		t.Error("something is remembered")
	}
}
