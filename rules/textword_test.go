package rules

import (
	"testing"

	"github.com/zclconf/go-cty/cty"
)

func TestTextWord(t *testing.T) {
	object := func(key string, v cty.Value) cty.Value { return cty.ObjectVal(map[string]cty.Value{key: v}) }
	for _, c := range []struct {
		value cty.Value
		want  string
	}{
		{str("invoice"), "invoice"},
		{str("Your invoice 2024 is here"), "invoice"},
		{str("rechnung für März"), "rechnung"},
		{str("naïveté"), "vet"},
		{str("größenordnung"), "enordnung"},
		{str("e\u0301clair"), "clair"},
		{str("日本語"), ""},
		{str("a b c"), ""},
		{str("a-bc_def\"ghij"), "ghij"},
		{str("  abc"), "abc"},
		{object("contains", str("invoice")), "invoice"},
		{object("is", str("the whole")), "whole"},
		{object("prefix", str("Dear Ada")), "Dear"},
		{object("suffix", str("regards")), "regards"},
		{object("contains", tuple(str("invoice"))), "invoice"},
		{object("contains", tuple(str("invoice"), str("bill"))), ""},
		{object("regex", str("invoice")), ""},
		{object("glob", str("invoice*")), ""},
		{object("at_least", cty.NumberIntVal(3)), ""},
		{tuple(str("invoice")), "invoice"},
		{tuple(str("invoice"), str("bill")), ""},
		{cty.ObjectVal(map[string]cty.Value{"contains": str("bill"), "prefix": str("invoice")}), "invoice"},
		{cty.ObjectVal(map[string]cty.Value{"contains": str("bill"), "regex": str("invoice")}), "bill"},
		{cty.ObjectVal(map[string]cty.Value{"contains": tuple(str("longer"), str("x")), "is": str("bill")}), "bill"},
	} {
		for _, criterion := range []string{"body", "text"} {
			texts := compiled(t, criterion, c.value).Needs().Texts
			if len(texts) != 1 || texts[0].Word != c.want {
				t.Errorf("%s = %#v: %+v, want %q", criterion, c.value, texts, c.want)
			}
		}
	}
}

// Where a match asks for what does not pass, a message that a search misses would be
// taken: there is no word.
func TestNoTextWordBelowNot(t *testing.T) {
	body := func() Test { return compiled(t, "body", str("invoice")) }
	seen := compiled(t, "seen", cty.True)
	for name, wrap := range map[string]func(Test) Test{
		"not":       Not,
		"not all":   func(b Test) Test { return Not(All(seen, b)) },
		"not any":   func(b Test) Test { return All(seen, Not(Any(seen, b))) },
		"not named": func(b Test) Test { return Not(Named("match.a", Any(b, seen))) },
		"not not":   func(b Test) Test { return Not(Not(b)) },
		"there, and elsewhere not": func(b Test) Test {
			Not(b)
			return b
		},
		"some of the same": func(b Test) Test {
			tests := []Test{seen, b}
			return Not(Any(All(tests[:1]...), All(tests...)))
		},
	} {
		if texts := wrap(body()).Needs().Texts; len(texts) != 1 || texts[0].Word != "" {
			t.Errorf("%s: %+v", name, texts)
		}
	}
	if texts := All(seen, Any(body(), seen)).Needs().Texts; texts[0].Word != "invoice" {
		t.Errorf("without: %+v", texts)
	}
}
