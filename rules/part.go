package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

var part = Criterion{
	Name: "part", Value: "part test",
	Doc: "Some part of the message that is no multipart passes.",
	saw: sawParts(func(*message.Part) bool { return true }),
	Compile: compile(func(n node) (Test, error) {
		passes, err := compileParts(n, `an object such as { type = "text/calendar" }`, "charset", "name", "params", "type")
		if err != nil {
			return nil, err
		}
		return &partTest{criterion: "part", passes: passes}, nil
	}),
}

// A partTest holds if some leaf of the message's structure passes.
type partTest struct {
	Timeless
	criterion string
	passes    partCondition
}

type partCondition func(*message.Part) bool

func (t *partTest) Judge(m *message.Message, _ time.Time) (Truth, message.Parts) {
	switch {
	case !m.Known.Structure:
		return Unknown, t.Needs()
	case m.Structure == nil:
		return Unknown, message.Parts{}
	}
	for p := range m.Structure.Leaves() {
		if t.passes(p) {
			return True, message.Parts{}
		}
	}
	return False, message.Parts{}
}

func (t *partTest) Needs() message.Parts           { return message.Parts{Structure: true} }
func (t *partTest) Reads() mailbox.Flags           { return nil }
func (t *partTest) Mentions(criterion string) bool { return criterion == t.criterion }

// partKeys are what text tests can be over, but for the parameters: none where the
// part lacks it.
var partKeys = map[string]func(*message.Part) []message.Text{
	"type":    func(p *message.Part) []message.Text { return someText(message.TextOf(mediaType(p))) },
	"name":    func(p *message.Part) []message.Text { return someText(message.TextOf(p.Name)) },
	"charset": func(p *message.Part) []message.Text { return someText(message.TextOf(p.Charset)) },
}

// mediaType is the part's type as people write it: image/png.
func mediaType(p *message.Part) string { return p.Type + "/" + p.Subtype }

// leafStyle is for text tests over what the structure says of a part.
var leafStyle = textStyle{what: "a text test", plain: withoutWildcards, refused: map[string]string{
	"raw": "what is known of a part is always compared decoded",
}}

// withoutWildcards is contains, but for what would hold for hardly any file's name or
// type, and is meant otherwise.
func withoutWildcards(a textArgument) (textCondition, error) {
	if s := a.value.AsString(); strings.Contains(s, "*") {
		return nil, a.errorf(`a string here has no wildcards: say { glob = %q }, or { contains = %q } if it is the "*" that is meant`, s, s)
	}
	return contains(a)
}

// compileParts makes the condition of an object, or of a list of them; shape says what
// else to write.
func compileParts(n node, shape string, known ...string) (partCondition, error) {
	elements, err := n.elements()
	if err != nil {
		return nil, err
	}
	alternatives := make([]partCondition, len(elements))
	for i, e := range elements {
		if !e.isObject() {
			return nil, e.errorf("this is %s: write %s", e.kind(), shape)
		}
		if alternatives[i], err = compilePart(e, known); err != nil {
			return nil, err
		}
	}
	return func(p *message.Part) bool {
		return slices.ContainsFunc(alternatives, func(holds partCondition) bool { return holds(p) })
	}, nil
}

// compilePart makes the condition of an object: all of its keys hold for one part.
func compilePart(n node, known []string) (partCondition, error) {
	return compileEach(n, func(e entry) (partCondition, error) {
		switch {
		case !slices.Contains(known, e.key):
			return nil, unknownKey(e, known)
		case e.key == "params":
			return compileParams(e.node)
		default:
			return compileKey(e.node, partKeys[e.key])
		}
	})
}

// compileParams makes the condition of a map of parameters, of which all hold.
func compileParams(n node) (partCondition, error) {
	if !n.isObject() {
		return nil, n.errorf(`this is %s, and params is a map from names to text tests: write { method = "REQUEST" }`, n.kind())
	}
	spelled := make(map[string]string)
	return compileEach(n, func(e entry) (partCondition, error) {
		if err := checkParamName(e); err != nil {
			return nil, err
		}
		name := strings.ToLower(e.key)
		if other, ok := spelled[name]; ok {
			return nil, e.errorf("the parameter %q is already there as %q: to ask two things of it, use a list or an object with two keys", e.key, other)
		}
		spelled[name] = e.key
		return compileKey(e.node, func(p *message.Part) []message.Text {
			value, ok := p.Params[name]
			if !ok {
				return nil
			}
			return []message.Text{message.TextOf(value)}
		})
	})
}

// checkParamName refuses what cannot be the name of a parameter of Content-Type (RFC
// 2045 section 5.1), and those of other fields.
func checkParamName(e entry) error {
	const special = `()<>@,;:\"/[]?=*'%` // the last three: RFC 2231 section 7
	notName := func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(special, r) }
	switch {
	case e.key == "" || strings.ContainsFunc(e.key, notName):
		return e.errorf("%q is no parameter's name: that is ASCII without spaces and any of %s", e.key, special)
	case strings.EqualFold(e.key, "filename"):
		return e.errorf("%q is no parameter of Content-Type: for the file's name, say name beside params", e.key)
	}
	return nil
}

// compileEach makes a condition of every entry of an object, all of which hold.
func compileEach(n node, compile func(entry) (partCondition, error)) (partCondition, error) {
	entries, err := n.entries()
	if err != nil {
		return nil, err
	}
	conditions := make([]partCondition, len(entries))
	for i, e := range entries {
		if conditions[i], err = compile(e); err != nil {
			return nil, err
		}
	}
	return func(p *message.Part) bool {
		for _, holds := range conditions {
			if !holds(p) {
				return false
			}
		}
		return true
	}, nil
}

// compileKey makes the condition of a text test over something of a part.
func compileKey(n node, texts func(*message.Part) []message.Text) (partCondition, error) {
	cases, err := compileText(n, leafStyle)
	if err != nil {
		return nil, err
	}
	return func(p *message.Part) bool {
		values := texts(p)
		return slices.ContainsFunc(cases, func(c textCase) bool { return c.passesSome(values) })
	}, nil
}
