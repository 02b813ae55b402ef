// Package schema owns the descriptions of the configuration language that programs
// read: the one of `imapform schema -json`, and the JSON Schema with which editors
// complete and check files in the JSON syntax. `go test ./internal/schema -update`
// writes the latter to docs/imapform.schema.json.
//
// What there is in the language comes from the tables of config and rules; the page
// for people is internal/reference's.
package schema

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/rules"
)

// WriteLanguage writes what `imapform schema -json` says: every block, argument and
// function, as one JSON object.
func WriteLanguage(w io.Writer) error {
	return write(w, describe(config.Blocks(), config.Functions()))
}

// WriteJSONSchema writes a JSON Schema (draft 2020-12) of configuration files in
// the JSON syntax, *.imap.json.
func WriteJSONSchema(w io.Writer) error {
	return write(w, document(config.Blocks()))
}

func write(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("write the description of the language: %w", err)
	}
	return nil
}

// A level is the blocks that may stand in a block. config leaves them out of one that
// may stand within itself, as an all in a match may: it takes the criteria, and has
// the blocks of the match around it.
type level struct {
	blocks    []config.Block
	match     []config.Block // of the match around
	recursive bool           // blocks are those
}

// within is the level in one of the blocks.
func (l level) within(b config.Block) level {
	switch {
	case len(b.Blocks) == 0 && takesCriteria(b):
		return level{blocks: l.match, match: l.match, recursive: true}
	case takesCriteria(b):
		return level{blocks: b.Blocks, match: b.Blocks}
	default:
		return level{blocks: b.Blocks, match: l.match}
	}
}

func takesCriteria(b config.Block) bool {
	return !slices.ContainsFunc(rules.Criteria(), func(c rules.Criterion) bool {
		return !slices.ContainsFunc(b.Arguments, func(arg config.Argument) bool { return arg.Name == c.Name })
	})
}

// sentence gives a text of a table a capital and a full stop.
func sentence(text string) string {
	if first, _, _ := strings.Cut(text, " "); !strings.ContainsAny(first, "._") { // a word of the language has no capital
		r, size := utf8.DecodeRuneInString(text)
		text = string(unicode.ToUpper(r)) + text[size:]
	}
	return strings.TrimSuffix(text, ".") + "."
}
