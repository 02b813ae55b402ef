package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/rules"
)

// TestValues looks for a shape of everything that an argument takes, and for an
// argument that takes it for every shape.
func TestValues(t *testing.T) {
	unused := values()
	everyArgument(config.Blocks(), "", func(name string, arg config.Argument) {
		if quotedWords(arg.Value) != nil {
			return
		}
		if _, ok := values()[arg.Value]; !ok {
			t.Errorf("%s takes %q, which has no shape in the table of value.go", name, arg.Value)
		}
		delete(unused, arg.Value)
	})
	for value := range unused {
		t.Errorf("no argument takes %q: it can go from the table of value.go", value)
	}
	for _, value := range neverNull {
		if _, ok := values()[value]; !ok {
			t.Errorf("neverNull names %q, which is no value", value)
		}
	}
}

func everyArgument(blocks []config.Block, within string, do func(name string, arg config.Argument)) {
	for _, b := range blocks {
		for _, arg := range b.Arguments {
			do(within+b.Name+"."+arg.Name, arg)
		}
		everyArgument(b.Blocks, within+b.Name+".", do)
	}
}

func TestQuotedWords(t *testing.T) {
	for text, want := range map[string][]string{
		"":                    nil,
		"a string":            nil,
		`"a" and more`:        nil,
		`the word "a"`:        nil,
		`"a" "b"`:             nil,
		`"a`:                  nil,
		`"a"`:                 {"a"},
		`"a" or "b"`:          {"a", "b"},
		`"1.0", "b-c" or "d"`: {"1.0", "b-c", "d"},
	} {
		if got := quotedWords(text); !slices.Equal(got, want) {
			t.Errorf("%s: %q", text, got)
		}
	}
}

// TestEveryPattern tries the examples of all patterns, which the generator of random
// files lives on.
func TestEveryPattern(t *testing.T) {
	doc := document(config.Blocks())
	patterns := 0
	doc.each(func(s *shape) {
		if s.Pattern == "" || s.Pattern == identifier().Pattern {
			return
		}
		patterns++
		if len(s.Examples) == 0 {
			t.Errorf("%s has no example", s.Pattern)
		}
		for _, example := range s.Examples {
			if !regexp.MustCompile(s.Pattern).MatchString(example) {
				t.Errorf("%q is no example of %s", example, s.Pattern)
			}
		}
	})
	if patterns < 10 {
		t.Errorf("only %d patterns", patterns)
	}
}

// each does something with the shape and all within it, but for those that it refers
// to.
func (s *shape) each(do func(*shape)) {
	do(s)
	additional, _ := s.AdditionalProperties.(*shape)
	within := slices.Concat(s.AnyOf, []*shape{s.Items, s.PropertyNames, additional})
	for _, m := range []map[string]*shape{s.Properties, s.PatternProperties, s.Defs} {
		for _, one := range m {
			within = append(within, one)
		}
	}
	for _, one := range within {
		if one != nil {
			one.each(do)
		}
	}
}

// TestKeys holds the keys of tests against those that the program says there are.
func TestKeys(t *testing.T) {
	for criterion, test := range map[string]*shape{"subject": textTest(), "from": addressTest(), "body": decodedTest(), "part": mimeTest(), "attachment": attachmentTest()} {
		i := slices.IndexFunc(rules.Criteria(), func(c rules.Criterion) bool { return c.Name == criterion })
		_, err := rules.Criteria()[i].Compile(cty.ObjectVal(map[string]cty.Value{"unheardof": cty.True}))
		_, list, ok := strings.Cut(fmt.Sprint(err), "it can have ")
		if !ok {
			t.Fatalf("no list of keys: %v", err)
		}
		want := strings.Split(strings.ReplaceAll(list, " and ", ", "), ", ")
		slices.Sort(want)
		var got []string
		test.each(func(s *shape) {
			if len(s.Properties) > len(got) {
				got = sortedKeys(s.Properties)
			}
		})
		if !slices.Equal(got, want) {
			t.Errorf("%s has the keys %q, and here %q", criterion, want, got)
		}
	}
}
