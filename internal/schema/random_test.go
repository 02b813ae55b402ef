package schema

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
)

// structural are problems that a file has none of if it is as the JSON Schema says.
var structural = regexp.MustCompile(`^(Unsupported (argument|block type)|Unexpected label|Missing (block )?label|Invalid (label|name)|Incorrect JSON value type|Rules without an order|Missing required argument: .* needs the argument .*|.*[Tt]his must be [^.]*, not (a|an|null|true) .*|.*[Tt]his is [^.]*, and .*|.*: [Tt]his is [^.]*: write .*):`)

// TestStructural sees to it that structural means something.
func TestStructural(t *testing.T) {
	for _, text := range []string{
		`{"folders": 3}`,
		`{"folder": 3}`,
		`{"folder": {"a": {"nam": "x"}}}`,
		`{"folder": {"a b": {}}}`,
		`{"moved": {"from": "x"}}`,
		`{"rule": {"a": {"in": "x"}}}`,
		`{"rule": {"a": {}, "b": {}}}`,
		`{"match": {"a": {"older_than": 30}}}`,
		`{"match": {"a": {"subject": 30}}}`,
		`{"match": {"a": {"header": "x"}}}`,
		`{"match": {"a": {"seen": "x"}}}`,
	} {
		if !slices.ContainsFunc(load(t, text), isStructural) {
			t.Errorf("%s has no structural problem: %v", text, load(t, text))
		}
	}
}

func isStructural(d *hcl.Diagnostic) bool {
	return structural.MatchString(d.Summary + ": " + d.Detail + ":")
}

// TestRandom makes files of the JSON Schema: they are as it says, and have no
// structural problem in the eyes of the program. An argument more that nobody knows,
// and both refuse them.
func TestRandom(t *testing.T) {
	validator := compiled(t)
	g := &generator{Rand: rand.New(rand.NewPCG(1, 2)), doc: document(config.Blocks()), used: map[string]bool{}}
	for range 300 {
		g.bodies = nil
		file := g.value(ref("file"), 0)
		text := indented(t, file)
		if err := validate(t, validator, text); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		for _, d := range load(t, text) {
			if isStructural(d) {
				t.Fatalf("%v\n%s", d, text)
			}
		}
		body := g.bodies[g.IntN(len(g.bodies))]
		body["unheard_of"] = true
		text = indented(t, file)
		if validate(t, validator, text) == nil {
			t.Fatalf("the JSON Schema takes an unknown argument:\n%s", text)
		}
		if !slices.ContainsFunc(load(t, text), func(d *hcl.Diagnostic) bool { return strings.Contains(d.Detail, `"unheard_of"`) }) {
			t.Fatalf("the program takes an unknown argument:\n%s", text)
		}
	}
	for name := range g.doc.Defs {
		if !g.used[name] {
			t.Errorf("no file has a %s", name)
		}
	}
}

// A generator makes values of shapes.
type generator struct {
	*rand.Rand
	doc    *shape
	used   map[string]bool  // definitions
	bodies []map[string]any // in which no other property may be
}

// deep is where nothing is made any more that need not be there.
const deep = 12

func (g *generator) value(s *shape, depth int) any {
	switch {
	case s.Ref != "":
		name := strings.TrimPrefix(s.Ref, "#/$defs/")
		g.used[name] = true
		v := g.value(g.doc.Defs[name], depth)
		if body, ok := v.(map[string]any); ok && g.doc.Defs[name].AdditionalProperties == false {
			g.bodies = append(g.bodies, body)
		}
		return v
	case s.Const != nil:
		return s.Const
	case s.Enum != nil:
		return s.Enum[g.IntN(len(s.Enum))]
	case s.AnyOf != nil:
		return g.value(s.AnyOf[g.IntN(len(s.AnyOf))], depth+1)
	}
	switch s.Type {
	case "object":
		return g.object(s, depth)
	case "array":
		items := []any{}
		for len(items) < s.MinItems || depth < deep && g.IntN(2) == 0 {
			items = append(items, g.value(cmp.Or(s.Items, &shape{}), depth+1))
		}
		return items
	case "string":
		return g.string(s)
	case "integer":
		most := 1 << 20
		if s.Maximum != nil {
			most = *s.Maximum
		}
		return *s.Minimum + g.IntN(most-*s.Minimum+1)
	case "number":
		return g.Float64() * 100
	case "boolean":
		return g.IntN(2) == 0
	case "null":
		return nil
	default:
		return []any{"any", 1, true, nil, []any{"x"}, map[string]any{"x": 1}}[g.IntN(6)]
	}
}

func (g *generator) object(s *shape, depth int) map[string]any {
	made := map[string]any{}
	add := func(name string, of *shape) {
		excluded := s.Not != nil && slices.Contains(s.Not.Required, name) && slices.ContainsFunc(s.Not.Required, func(other string) bool { _, ok := made[other]; return ok })
		if !excluded && (s.MaxProperties == 0 || len(made) < s.MaxProperties) {
			made[name] = g.value(of, depth+1)
		}
	}
	for _, name := range s.Required {
		add(name, s.Properties[name])
	}
	names := sortedKeys(s.Properties)
	g.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names {
		if len(made) < s.MinProperties || depth < deep && g.IntN(1+len(names)/4) == 0 {
			add(name, s.Properties[name])
		}
	}
	if of, ok := s.AdditionalProperties.(*shape); ok {
		for len(made) < max(1, s.MinProperties) {
			if name := []string{"a", "B", "Lists-1", "é_2"}[g.IntN(4)]; made[name] == nil {
				add(name, of)
			}
		}
	}
	return made
}

func (g *generator) string(s *shape) string {
	if s.Pattern == identifier().Pattern {
		return "element"
	}
	if s.Pattern != "" {
		return s.Examples[g.IntN(len(s.Examples))]
	}
	return []string{"x", "Lists/Go", "ada@example.com", "${local.x}", "-%{ if true }a%{ endif }"}[g.IntN(5)]
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
