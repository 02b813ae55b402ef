package schema

import (
	"regexp"
	"strings"

	"github.com/imapform/imapform/internal/mailbox"
)

// valueShape is the shape of what an argument takes, in config's or rules' words.
// What the table does not know may be anything.
func valueShape(value string) *shape {
	if words := quotedWords(value); words != nil {
		return oneOf(words...)
	}
	if s, ok := values()[value]; ok {
		return s
	}
	return &shape{}
}

// quotedWords are the words of a text like `"a", "b" or "c"`; nil for any other.
func quotedWords(value string) []string {
	if !regexp.MustCompile(`^"[^"]*"((, | or )"[^"]*")*$`).MatchString(value) {
		return nil
	}
	var words []string
	for i, part := range strings.Split(value, `"`) {
		if i%2 == 1 {
			words = append(words, part)
		}
	}
	return words
}

// values is the table of shapes, by what an argument takes. A string may be a
// template wherever any string may stand.
func values() map[string]*shape {
	return map[string]*shape{
		"a directory":                         filled(),
		"a file":                              filled(),
		"a folder":                            filled(),
		"a folder or a list of them":          ref("strings"),
		"a folder's name":                     filled(),
		"a host's name":                       filled(),
		"a list of flags and keywords":        list(filled()),
		"a list of folder names and patterns": list(filled()),
		"a list of strings":                   list(text()),
		"a map of accounts":                   either(&shape{Type: "object", AdditionalProperties: template()}, template()),
		"a map or a set of strings":           either(&shape{Type: "object"}, template()),
		"a map, set or list":                  either(&shape{Type: "object"}, &shape{Type: "array"}, template()),
		"a name":                              identifier(),
		"a number above 0":                    number(),
		"a port":                              whole(1, new(65535)),
		"a span of time":                      like(`([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+`, "30s", "2m"),
		"a special use":                       oneOf(uses()...),
		"a string":                            text(),
		"a type":                              {Type: "string", Pattern: `^(any|bool|number|string|(list|map|object|set|tuple)\([\s\S]*\))$`, Examples: []string{"string", "number", "bool", "list(string)", "map(string)"}},
		"a value":                             {},
		"a value of the type":                 {},
		"a whole number":                      whole(0, nil),
		"a whole number, at least 1":          whole(1, nil),
		"an account":                          either(template(), &shape{Type: "array", Items: template()}),
		"an expression":                       boolean(),
		"true":                                either(&shape{Const: true}, template()),
		"true or false":                       boolean(),
		"true, false or null":                 boolean(),

		"address test":               ref("address_test"),
		"age":                        like(`[0-9]+(\.[0-9]+)?(h|d|w|mo|y)`, "30d", "1y"),
		"date":                       like(`[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2}))?`, "2024-05-01", "2024-05-01T18:00:00Z"),
		"expression over message":    template(),
		"list of flags or keywords":  ref("strings"),
		"list test":                  ref("text_test"),
		"map of text tests":          either(&shape{Type: "object", AdditionalProperties: orNull(ref("text_test")), MinProperties: 1}, template()),
		"named match":                some(template()),
		"part test":                  mimeTest(),
		"size":                       like(`\s*[0-9]+(\.[0-9]+)?([kKMGT]?B|[KMGT]iB)\s*`, "10MB", "64KiB"),
		"text test":                  ref("text_test"),
		"text test without raw":      ref("decoded_test"),
		"true, false or a part test": attachmentTest(),
	}
}

// neverNull are values in whose place null is an error; elsewhere it counts as left
// out.
var neverNull = []string{"a map or a set of strings", "a name", "a type", "expression over message"}

func uses() []string {
	var words []string
	for _, use := range mailbox.Uses() {
		words = append(words, string(use))
	}
	return words
}
