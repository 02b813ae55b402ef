package config

import (
	"strings"
	"testing"
)

// What goes on is told for all lines at once as for one after the other.
func TestLines(t *testing.T) {
	for text, want := range map[string]bool{
		"":                              false,
		"1 +\n":                         false, // no bracket says that it goes on
		"[\n":                           true,
		"[1,\n2]\n":                     false,
		"f(\n":                          true,
		"{ a = [\n}\n":                  false, // nothing can put that right
		")\n":                           false,
		"\"(\"\n":                       false,
		"\"a\n":                         false,
		"\"${\n":                        true,
		"\"${upper(\n":                  true,
		"\"${1\n}\"\n":                  false,
		"\"%{ if true }\n":              false,
		"<<E\na\n":                      true,
		"<<E\na\nE\n":                   false,
		"[<<E\na\nE\n":                  true,
		"( # ) in remarks\n":            true,
		"[\n{ a = <<E\n]\nE\n":          true,
		"[\n{ a = <<E\n]\nE\n}]\n":      false,
		"(\n\"${upper(\n\"a\")}\"\n":    true,
		"(\n\"${upper(\n\"a\")}\"\n)\n": false,
		"\xff(\n":                       false,
	} {
		if got := new(Lines).Add(text); got != want {
			t.Errorf("%q: unfinished: %t", text, got)
		}
		var lines Lines
		got := false
		for line := range strings.Lines(text) {
			got = lines.Add(line)
		}
		if got != want || lines.String() != text {
			t.Errorf("%q, line by line: unfinished: %t; text %q", text, got, lines.String())
		}
	}
}

func TestBlank(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, " \t\n": true, "# a\n": true, "// a": true, "/* a */ \n": true,
		"1": false, "\"\"": false, "\xff": false, "`": false, "/* a\n": false,
	} {
		if got := Blank(text); got != want {
			t.Errorf("Blank(%q) = %t", text, got)
		}
	}
}
