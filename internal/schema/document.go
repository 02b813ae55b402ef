package schema

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/imapform/imapform/config"
)

// ordered are the blocks whose order counts, while the properties of an object have
// none: in one object there may be one of them.
var ordered = []string{"module", "rule"}

// A builder gathers the definitions of a JSON Schema.
type builder struct {
	defs  map[string]*shape
	known []definition
}

// A definition is a block's body that is defined already.
type definition struct {
	body config.Block // without what it is called and what it is for
	ref  *shape
}

// document is the JSON Schema of a file with those blocks at its top level.
func document(blocks []config.Block) *shape {
	b := &builder{defs: map[string]*shape{
		"address_test": addressTest(),
		"decoded_test": decodedTest(),
		"numbers":      some(number()),
		"part_test":    partTest(),
		"strings":      some(filled()),
		"template":     templateDefinition(),
		"text_test":    textTest(),
	}}
	file := b.define("file", config.Block{}, level{blocks: blocks})
	b.defs["file"].Not = &shape{Required: ordered}
	return &shape{
		Schema:      "https://json-schema.org/draft/2020-12/schema",
		Comment:     "Generated: imapform schema -json-schema writes it.",
		Title:       "imapform configuration",
		Description: "A configuration of imapform in the JSON syntax, *.imap.json.",
		AnyOf:       []*shape{file, {Type: "array", Items: file}},
		Defs:        b.defs,
	}
}

// define defines the body of a block, unless an equal one is defined, and refers to
// it. The level is that in the block.
func (b *builder) define(name string, of config.Block, l level) *shape {
	body := config.Block{Arguments: of.Arguments, Free: of.Free, Blocks: l.blocks}
	for _, d := range b.known {
		if reflect.DeepEqual(d.body, body) {
			return d.ref
		}
	}
	if _, taken := b.defs[name]; taken {
		name = fmt.Sprintf("%s_%d", name, len(b.known))
	}
	s := &shape{
		Type:                 "object",
		Properties:           map[string]*shape{"//": {Description: "A comment."}},
		AdditionalProperties: false,
	}
	d := definition{body, ref(name)}
	b.known, b.defs[name] = append(b.known, d), s // before what is in it, which may be the same
	if of.Free {
		s.PropertyNames = either(identifier(), &shape{Const: "//"})
		s.AdditionalProperties = &shape{}
	}
	for _, arg := range of.Arguments {
		s.Properties[arg.Name] = argument(arg)
		if arg.Required {
			s.Required = append(s.Required, arg.Name)
		}
	}
	slices.Sort(s.Required)
	for _, nested := range l.blocks {
		within := l.within(nested)
		name := "block_" + nested.Name
		if within.recursive {
			name = "criteria"
		}
		s.Properties[nested.Name] = blocks(nested, b.define(name, nested, within))
	}
	return d.ref
}

// argument is the shape of an argument's value, with its description.
func argument(arg config.Argument) *shape {
	value := valueShape(arg.Value)
	if !arg.Required && !slices.Contains(neverNull, arg.Value) && !reflect.ValueOf(*value).IsZero() {
		value = orNull(value)
	}
	s := *value
	s.Description = sentence(arg.Doc) + " Takes: " + arg.Value + "."
	switch {
	case json.Valid([]byte(arg.Default)):
		s.Default = json.RawMessage(arg.Default)
	case arg.Default != "":
		s.Description += " Default: " + arg.Default + "."
	}
	return &s
}

// blocks is the shape of a property that holds blocks of a type.
func blocks(of config.Block, body *shape) *shape {
	s := either(body, &shape{Type: "array", Items: body})
	if of.Label != "" {
		labelled := &shape{
			Type:                 "object",
			PropertyNames:        identifier(),
			AdditionalProperties: either(body, &shape{Type: "array", Items: body, MinItems: 1}),
			MinProperties:        1,
		}
		if slices.Contains(ordered, of.Name) {
			labelled.MaxProperties = 1
		}
		s = either(labelled, &shape{Type: "array", Items: labelled, MinItems: 1})
	}
	s.Description = sentence(of.Doc)
	if of.Label != "" {
		s.Description += " The property's name is " + of.Label + "."
	}
	return s
}

// identifier is a label, or the name of a local value. Outside ASCII it takes more
// than the language does: patterns that all validators understand cannot say it.
func identifier() *shape {
	return &shape{Type: "string", Pattern: "^[^\\x00-@\\[-^`{-\\x7f][^\\x00-,./:-@\\[-^`{-\\x7f]*$"}
}
