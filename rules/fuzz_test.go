package rules

import (
	"errors"
	"regexp"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// A source makes values of the fuzzer's octets.
type source struct{ octets []byte }

func (s *source) next(n int) int {
	if len(s.octets) == 0 {
		return 0
	}
	b := s.octets[0]
	s.octets = s.octets[1:]
	return int(b) % n
}

var words = []string{
	"", " ", "a", "ada@example.com", "@", "@example.com", "a@b@c", "*", "*@x.example", "?", "example.com", "30d", "1y", "0h", "10MB", "-1", "2024-05-01",
	"seen", "deleted", "$Invoice", "(", "a{5,2}", "^(|)", "\x00", "\xff", "\u00fc", "\u0345", "<>", "xn--\u00fc", "@..", "a\nb", "[", "9999999999999999999y", "\u2028",
}

var keys = []string{
	"contains", "is", "prefix", "suffix", "glob", "regex", "exists", "at_least", "type", "charset", "params", "above", "at_most", "below", "case", "raw",
	"address", "local", "user", "detail", "domain", "name", "X-Spam", "x-spam", "", "equals", "zzz", "\u00fc",
}

func (s *source) value(depth int) cty.Value {
	kinds := 16
	if depth == 0 {
		kinds = 11
	}
	switch s.next(kinds) {
	case 0, 1, 2, 3, 4:
		return cty.StringVal(words[s.next(len(words))])
	case 5:
		return cty.NumberIntVal(int64(s.next(256) - 128))
	case 6:
		return cty.True
	case 7:
		return cty.False
	case 8:
		return cty.NullVal(cty.DynamicPseudoType)
	case 9:
		return cty.UnknownVal(cty.List(cty.String))
	case 10:
		return cty.StringVal("secret").Mark(1)
	case 11:
		n := s.next(4)
		if n == 0 {
			return cty.ListValEmpty(cty.Bool)
		}
		elements := make([]cty.Value, n)
		for i := range elements {
			elements[i] = cty.StringVal(words[s.next(len(words))])
		}
		if s.next(2) == 0 {
			return cty.SetVal(elements)
		}
		return cty.ListVal(elements)
	case 12:
		return cty.MapVal(map[string]cty.Value{keys[s.next(len(keys))]: cty.StringVal(words[s.next(len(words))])})
	case 13:
		elements := make([]cty.Value, s.next(4))
		for i := range elements {
			elements[i] = s.value(depth - 1)
		}
		return cty.TupleVal(elements)
	default:
		attrs := make(map[string]cty.Value)
		for range s.next(4) {
			attrs[keys[s.next(len(keys))]] = s.value(depth - 1)
		}
		return cty.ObjectVal(attrs)
	}
}

// foreign is what people who write configurations have never heard of.
var foreign = regexp.MustCompile(`cty|%!|\bgo\b|interface|struct|map\[|\bnil\b|[Tt]uple|[Dd]ynamic|capsule|float64|int64|<invalid>|regexp:`)

func FuzzCompile(f *testing.F) {
	for i := range byte(30) {
		f.Add([]byte{i, 0, 3, 1, 2})
		f.Add([]byte{i, 14, 2, 0, 0, 3, 4, 13, 2, 0, 2, 0, 3})
		f.Add([]byte{i, 13, 3, 14, 1, 14, 0, 3, 14, 1, 5, 0, 20, 0, 3})
	}
	all := Criteria()
	m := mailWith(f, "From: =?utf-8?q?=C3=BC?= <a+b@xn--mller-kva.example>", "Subject: a", "X-Score: -1.5", "List-Id: <a.example>")
	f.Fuzz(func(t *testing.T, octets []byte) {
		s := source{octets}
		c := all[s.next(len(all))]
		v := s.value(3)
		test, err := c.Compile(v)
		if err != nil {
			if _, ok := errors.AsType[cty.PathError](err); !ok || test != nil || foreign.MatchString(err.Error()) {
				t.Fatalf("%s = %#v: %#v, %v", c.Name, v, err, err)
			}
			return
		}
		if v.ContainsMarked() || !v.IsWhollyKnown() {
			t.Fatalf("%s = %#v was taken", c.Name, v)
		}
		m := *m
		m.Known = m.Known.Union(test.Needs())
		truth, missing := test.Judge(&m, now)
		if !missing.Empty() {
			t.Fatalf("%s = %#v asks for %+v although all is known", c.Name, v, missing)
		}
		if not, _ := Not(test).Judge(&m, now); not != truth.Not() {
			t.Fatalf("%s = %#v is %v, its opposite %v", c.Name, v, truth, not)
		}
	})
}
