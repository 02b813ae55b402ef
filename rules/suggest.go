package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// habits are keys that people know from elsewhere.
var habits = map[string]string{
	"equals": "is", "equal": "is", "eq": "is", "exact": "is", "value": "is",
	"include": "contains", "includes": "contains", "has": "contains", "substring": "contains",
	"starts_with": "prefix", "startswith": "prefix", "begins": "prefix",
	"ends_with": "suffix", "endswith": "suffix",
	"wildcard": "glob", "like": "glob", "pattern": "regex", "regexp": "regex", "re": "regex", "matches": "regex",
	"gte": "at_least", "ge": "at_least", "min": "at_least", "gt": "above", "greater_than": "above",
	"lte": "at_most", "le": "at_most", "max": "at_most", "lt": "below", "less_than": "below",
	"case_sensitive": "case", "present": "exists", "mailbox": "local", "host": "domain", "display_name": "name",
	"email": "address", "mail": "address", "tag": "detail",
	"filename": "name", "file": "name", "file_name": "name", "content_type": "type", "mime_type": "type", "mime": "type", "parameters": "params", "parameter": "params",
}

// unknownKey is the problem with a key that a test does not have.
func unknownKey(e entry, known []string) error {
	if better := nearest(e.key, known); better != "" {
		return e.errorf("there is no %q in this test: did you mean %q?", e.key, better)
	}
	return e.errorf("there is no %q in this test: it can have %s", e.key, list(known))
}

// nearest returns the key that was probably meant, or "".
func nearest(key string, known []string) string {
	lower := strings.ToLower(strings.ReplaceAll(key, "-", "_"))
	if meant, ok := habits[lower]; ok && slices.Contains(known, meant) {
		return meant
	}
	best, distance := "", 3
	for _, k := range known {
		if d := levenshtein.Distance(lower, k, nil); d < distance && d < len(k) {
			best, distance = k, d
		}
	}
	return best
}

// list writes words as people list them.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return fmt.Sprintf("%s and %s", strings.Join(words[:last], ", "), words[last])
}
