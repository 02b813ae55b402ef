package schema

import "encoding/json"

// A shape is a JSON Schema. Its zero value takes everything.
type shape struct {
	Schema      string `json:"$schema,omitempty"`
	Ref         string `json:"$ref,omitempty"`
	Comment     string `json:"$comment,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`

	Type     string          `json:"type,omitempty"`
	Const    any             `json:"const,omitempty"`
	Enum     []string        `json:"enum,omitempty"`
	Default  json.RawMessage `json:"default,omitempty"`
	Examples []string        `json:"examples,omitempty"`
	AnyOf    []*shape        `json:"anyOf,omitempty"`
	Not      *shape          `json:"not,omitempty"`

	Pattern   string `json:"pattern,omitempty"` // ECMA 262, and RE2
	MinLength int    `json:"minLength,omitempty"`
	Minimum   *int   `json:"minimum,omitempty"`
	Maximum   *int   `json:"maximum,omitempty"`

	Items    *shape `json:"items,omitempty"`
	MinItems int    `json:"minItems,omitempty"`

	Properties           map[string]*shape `json:"properties,omitempty"`
	PatternProperties    map[string]*shape `json:"patternProperties,omitempty"`
	PropertyNames        *shape            `json:"propertyNames,omitempty"`
	AdditionalProperties any               `json:"additionalProperties,omitempty"` // false, or a *shape
	Required             []string          `json:"required,omitempty"`
	MinProperties        int               `json:"minProperties,omitempty"`
	MaxProperties        int               `json:"maxProperties,omitempty"`

	Defs map[string]*shape `json:"$defs,omitempty"`
}

func ref(name string) *shape { return &shape{Ref: "#/$defs/" + name} }

// either takes what one of the shapes takes. Those that are made by it themselves
// become part of the one.
func either(shapes ...*shape) *shape {
	s := &shape{}
	for _, one := range shapes {
		if one.AnyOf != nil {
			s.AnyOf = append(s.AnyOf, one.AnyOf...)
		} else {
			s.AnyOf = append(s.AnyOf, one)
		}
	}
	return s
}

func text() *shape { return &shape{Type: "string"} }

// filled is a string that is not empty.
func filled() *shape { return &shape{Type: "string", MinLength: 1} }

// like is a string that is like one of the examples, or a template.
func like(pattern string, examples ...string) *shape {
	return either(&shape{Type: "string", Pattern: "^(" + pattern + ")$", Examples: examples}, template())
}

// oneOf is one of a few words, or a template.
func oneOf(words ...string) *shape { return either(&shape{Enum: words}, template()) }

// whole is a whole number, or a template.
func whole(least int, most *int) *shape {
	return either(&shape{Type: "integer", Minimum: &least, Maximum: most}, template())
}

func boolean() *shape { return either(&shape{Type: "boolean"}, template()) }

func number() *shape { return either(&shape{Type: "number"}, template()) }

// list is a list, or a template.
func list(element *shape) *shape {
	return either(&shape{Type: "array", Items: element}, template())
}

// some is one, or a list of at least one.
func some(element *shape) *shape {
	return either(element, &shape{Type: "array", Items: element, MinItems: 1})
}

// orNull is a shape that null may stand for, where that says nothing.
func orNull(s *shape) *shape { return either(s, &shape{Type: "null"}) }

// object is one that has some of the keys. A key of an expression may be a
// template, too.
func object(keys map[string]*shape) *shape {
	properties := map[string]*shape{}
	for key, s := range keys {
		properties[key] = orNull(s)
	}
	return &shape{
		Type:                 "object",
		Properties:           properties,
		PatternProperties:    map[string]*shape{templatePattern: {}},
		AdditionalProperties: false,
		MinProperties:        1,
	}
}

// templatePattern is what a string has in which something is worked out.
const templatePattern = `[$%]\{`

// template is a string that comes to something else than itself.
func template() *shape { return ref("template") }

func templateDefinition() *shape {
	return &shape{
		Comment:  "An expression, in a string, which may stand for a value of any kind.",
		Type:     "string",
		Pattern:  templatePattern,
		Examples: []string{"${var.name}"},
	}
}
