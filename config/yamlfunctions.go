package config

import (
	"regexp"
	"strings"

	yaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

var (
	yamlDecode = yaml.YAMLDecodeFunc
	yamlEncode = yaml.YAMLEncodeFunc
)

// checkYAML keeps a short text from filling the memory, or the stack: the decoder
// descends with nesting, and copies a node for each alias of it.
func checkYAML(args []cty.Value) error {
	if !knownAs(args[0], cty.String) {
		return nil
	}
	src := args[0].AsString()
	switch {
	case yamlDepth(src) > maxDepth:
		return function.NewArgErrorf(0, "it is nested more than %d deep", maxDepth)
	case yamlSize(src) > maxFile:
		return function.NewArgErrorf(0, "its aliases make it larger than %d MiB", maxFile>>20)
	}
	return nil
}

// leading is what block style nests with: the indentation of a line, and the signs
// of a list's elements and a map's keys.
var leading = regexp.MustCompile(`^(?:[ \t]|[-?](?:[ \t]|$))*`)

// yamlDepth is about how deep a text nests, rather more than less: each column of
// what leads a line may be a level, and so may each bracket. Brackets in quotes are
// counted, too, since they come in pairs mostly.
func yamlDepth(src string) int {
	depth, deepest := 0, 0
	for text := range strings.Lines(src) {
		block := len(leading.FindString(text))
		deepest = max(deepest, depth+block)
		for i := block; i < len(text); i++ {
			switch text[i] {
			case '[', '{':
				if i == 0 || strings.IndexByte(" \t,:[{-?", text[i-1]) >= 0 {
					depth++
				}
			case ']', '}':
				depth = max(0, depth-1)
			}
			deepest = max(deepest, depth+block)
		}
	}
	return deepest
}

// An anchor is a node that aliases can stand for.
type anchor struct {
	indent     int // of its line
	start, end int // where it stands in the text with all aliases written out; end 0: it goes on
}

var anchorOrAlias = regexp.MustCompile(`(?:^|[\s,:\[{-])([&*])([^\s,\[\]{}]+)`)

// yamlSize is about how long a text is with all its aliases written out, rather
// more than less; what is longer than maxFile is not worked out to the end.
func yamlSize(src string) int {
	size := 0
	anchors := map[string]*anchor{}
	for text := range strings.Lines(src) {
		indent := len(leading.FindString(text))
		if strings.TrimSpace(text) != "" {
			for _, a := range anchors {
				if a.end == 0 && indent <= a.indent {
					a.end = size
				}
			}
		}
		at := 0
		for _, m := range anchorOrAlias.FindAllStringSubmatchIndex(text, -1) {
			size += m[2] - at
			at = m[2]
			name := text[m[4]:m[5]]
			if text[m[2]] == '&' {
				anchors[name] = &anchor{indent: indent, start: size}
				continue
			}
			if a := anchors[name]; a != nil && a.end != 0 {
				size += a.end - a.start
			} else if a != nil {
				size += size - a.start
			}
			if size > maxFile {
				return size
			}
		}
		size += len(text) - at
	}
	return size
}
