package schema

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/rules"
)

// TestLanguage looks for everything that there is in the language.
func TestLanguage(t *testing.T) {
	var got language
	if err := json.Unmarshal(written(t, WriteLanguage), &got); err != nil {
		t.Fatal(err)
	}
	if got.FormatVersion != "1.0" {
		t.Errorf("format_version is %q", got.FormatVersion)
	}
	checkBlocks(t, config.Blocks(), got.BlockTypes)
	match := got.BlockTypes["match"].Block
	for _, c := range rules.Criteria() {
		if a := match.Attributes[c.Name]; a.Type != c.Value || !strings.HasPrefix(a.Description, strings.TrimSuffix(c.Doc, ".")) {
			t.Errorf("the criterion %s: %+v", c.Name, a)
		}
	}
	functions := 0
	for _, group := range config.Functions() {
		for _, f := range group.Functions {
			functions++
			described, ok := got.Functions[f.Name]
			if !ok || described.Group != group.Name || described.Description == "" || described.ReturnType != f.Returns || (f.Variadic != nil) != (described.Variadic != nil) ||
				!slices.EqualFunc(f.Params, described.Parameters, func(p config.Param, d parameter) bool { return parameter(p) == d }) {
				t.Errorf("the function %s: %+v", f.Name, described)
			}
		}
	}
	if functions != len(got.Functions) {
		t.Errorf("%d functions of %d", len(got.Functions), functions)
	}
}

func checkBlocks(t *testing.T, want []config.Block, got map[string]blockType) {
	t.Helper()
	for _, b := range want {
		described, ok := got[b.Name]
		if !ok || described.Label != b.Label || described.Block.Description == "" || described.Block.Arbitrary != b.Free || len(described.Block.Attributes) != len(b.Arguments) {
			t.Errorf("the block %s: %+v", b.Name, described)
		}
		for _, arg := range b.Arguments {
			a, ok := described.Block.Attributes[arg.Name]
			if !ok || a.Type == "" || a.Description == "" || a.Default != arg.Default || a.Required != arg.Required || a.Optional == arg.Required {
				t.Errorf("%s.%s: %+v", b.Name, arg.Name, a)
			}
		}
		checkBlocks(t, b.Blocks, described.Block.BlockTypes)
	}
	if len(got) != len(want) {
		t.Errorf("%d blocks of %d", len(got), len(want))
	}
}

// TestRecursive follows the blocks of a match, which stand in one another.
func TestRecursive(t *testing.T) {
	l := describe(config.Blocks(), nil)
	match := l.BlockTypes["rule"].Block.BlockTypes["match"].Block
	if match.Recursive || len(match.BlockTypes) == 0 {
		t.Errorf("match: %t, %d blocks", match.Recursive, len(match.BlockTypes))
	}
	for _, name := range []string{"all", "any", "not"} {
		if b := match.BlockTypes[name].Block; !b.Recursive || len(b.BlockTypes) > 0 {
			t.Errorf("%s: %t, %d blocks", name, b.Recursive, len(b.BlockTypes))
		}
	}
	if b := l.BlockTypes["policy"].Block; b.Recursive || len(b.BlockTypes) > 0 {
		t.Errorf("policy: %t, %d blocks", b.Recursive, len(b.BlockTypes))
	}
}

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"the name":       "The name.",
		"The Subject.":   "The Subject.",
		"older_than too": "older_than too.",
		"var.x is it":    "var.x is it.",
		"élan":           "Élan.",
	} {
		if got := sentence(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
