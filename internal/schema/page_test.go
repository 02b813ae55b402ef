package schema

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestPage looks on the page about what programs read for every property that there
// is, and for no other.
func TestPage(t *testing.T) {
	page := read(t, filepath.Join("..", "..", "docs", "schema.md"))
	described := map[string]bool{}
	for line := range strings.Lines(page) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		for i, code := range strings.Split(cell, "`") {
			if i%2 == 1 && strings.HasPrefix(line, "| `") {
				described[strings.TrimPrefix(code, "block.")] = true
			}
		}
	}
	known := map[string]bool{"block": true}
	for _, v := range []any{language{}, blockType{}, block{}, attribute{}, function{}} {
		for field := range reflect.TypeOf(v).Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if !described[name] && !known[name] {
				t.Errorf("the property %s is not on the page", name)
			}
			known[name] = true
		}
	}
	for name := range described {
		if !known[name] {
			t.Errorf("the page describes %s, which there is not", name)
		}
	}
	for _, text := range []string{`"` + formatVersion + `"`, "imapform schema -json-schema", "(imapform.schema.json)"} {
		if !strings.Contains(page, text) {
			t.Errorf("%s is not on the page", text)
		}
	}
}
