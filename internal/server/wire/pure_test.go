package wire

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestParseSet(t *testing.T) {
	for _, bad := range []string{"", ",", "1,", "0", "1:0", "*", "1:*", "4294967295", "99999999999", "-1", "1:2:3", "a", " 1", "$"} {
		if set, _, ok := parseSet([]byte(bad)); ok {
			t.Errorf("%q is read as %v", bad, set)
		}
	}
}

// TestSet checks sets against lists of numbers.
func TestSet(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var words []string
		var want []uint32
		for range 1 + random.IntN(6) {
			from, to := 1+random.Uint32N(20), 1+random.Uint32N(20)
			words = append(words, fmt.Sprintf("%d:%d", from, to))
			for n := from; ; {
				want = append(want, n)
				if n == to {
					break
				}
				if n < to {
					n++
				} else {
					n--
				}
			}
		}
		text := strings.Join(words, ",")
		set, count, ok := parseSet([]byte(text))
		if !ok || count != int64(len(want)) {
			t.Fatalf("%s: count %d, want %d", text, count, len(want))
		}
		if got := expand(set, count); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%s: expands to %v, want %v", text, got, want)
		}
		slices.Sort(want)
		unique := slices.Compact(slices.Clone(want))
		if distinct(set, count) != (len(unique) == len(want)) {
			t.Fatalf("%s: distinct is wrong", text)
		}
		again, count, ok := parseSet(appendSet(nil, set))
		if got := expand(again, count); !ok || fmt.Sprint(got) != fmt.Sprint(unique) {
			t.Fatalf("%s: sorted to %v, want %v", text, got, unique)
		}
	}
}

func TestParseStatus(t *testing.T) {
	for _, test := range []struct{ rest, code, arguments, text string }{
		{"", "", "", ""},
		{" plain", "", "", "plain"},
		{" [ALERT] x", "ALERT", "", "x"},
		{" [badcharset (\"a]b\" c)] x", "BADCHARSET", "(\"a]b\" c)", "x"},
		{" [MODIFIED 1:3,5] x", "MODIFIED", "1:3,5", "x"},
		{" [X \"open] x", "X", "\"open", "x"},
		{" [X (open] x", "X", "(open", "x"},
		{" [] x", "", "", "[] x"},
		{" [no end", "", "", "[no end"},
		{" a\rb\x00c", "", "", "a b c"},
	} {
		st := parseStatus("OK", []byte(test.rest+"\r\n"))
		if st.code != test.code || st.arguments != test.arguments || st.text != test.text {
			t.Errorf("%q: got %+v", test.rest, st)
		}
	}
}

func TestDecodable(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "": true, "&-": true, "R&-D": true, "&AOk-": true, "&2D3eAA-": true, "é": true, "&AOk-a&AOk-": true,
		"&": false, "a&b": false, "&AOk": false, "&AGE-": false, "&AOk-&AOk-": false, "&2D0-": false, "&AOk=-": false,
		"&A-": false, "a\tb": false, "a\x7f": false, "\xff": false,
	} {
		if decodable(name) != want {
			t.Errorf("%q: want %v", name, want)
		}
	}
}
