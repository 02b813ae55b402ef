package rules

import (
	"strconv"
	"strings"

	"github.com/imapform/imapform/internal/message"
)

func textCriteria() []Criterion {
	return []Criterion{
		textCriterion("subject", "The Subject passes.", "subject"),
		textCriterion("message_id", "The Message-ID passes.", "message-id"),
		{Name: "header", Value: "map of text tests", Doc: "Some field of that name passes, for each name in the map.", saw: sawNothing, Compile: compile(compileHeaders)}, // each entry sees for itself
		{Name: "list_id", Value: "list test", Doc: "List-Id, or its older spelling X-List-Id, names that list.", saw: sawFields((*message.Field).ListID, listFields.Fields...), verbatim: true, Compile: compile(compileListID)},
	}
}

func textCriterion(name, doc, field string) Criterion {
	return Criterion{Name: name, Value: "text test", Doc: doc, saw: sawFields((*message.Field).Text, field), verbatim: true, Compile: compile(func(n node) (Test, error) {
		return compileField(n, name, field)
	})}
}

// compileField makes the test of a field's text.
func compileField(n node, criterion, field string) (Test, error) {
	cases, err := compileText(n, fieldStyle)
	if err != nil {
		return nil, err
	}
	g, err := newGiven(textTest, n, cases)
	return newFieldTest(criterion, fieldAlternatives(cases, (*message.Field).Text), g, field), err
}

// headers are the entries of a header argument: all of them are to hold, but in
// Any each one is a test of its own.
type headers struct{ all }

func compileHeaders(n node) (Test, error) {
	if !n.isObject() {
		return nil, n.errorf(`this is %s, and header is a map from names to text tests: write { "Precedence" = "bulk" }`, n.kind())
	}
	entries, err := n.entries()
	if err != nil {
		return nil, err
	}
	var tests headers
	spelled := make(map[string]string, len(entries))
	for _, e := range entries {
		if err := checkFieldName(e); err != nil {
			return nil, err
		}
		name := strings.ToLower(e.key)
		if other, ok := spelled[name]; ok {
			return nil, e.errorf("the header %q is already there as %q: to ask two things of it, use a list, an object with two keys, or two all blocks", e.key, other)
		}
		spelled[name] = e.key
		test, err := compileField(e.node, "header", name)
		if err != nil {
			return nil, err
		}
		tests.all = append(tests.all, headerEntry(e.key).asking(test, e.value))
	}
	return tests, nil
}

// headerEntry is the criterion that an entry of a header argument is by itself.
func headerEntry(field string) Criterion {
	name := strings.ToLower(field)
	return Criterion{
		Name: "header[" + strconv.Quote(field) + "]", saw: sawFields((*message.Field).Text, name), verbatim: true,
		Compile: compile(func(n node) (Test, error) { return compileField(n, "header", name) }),
	}
}

// checkFieldName refuses what cannot be the name of a field (RFC 5322 section
// 3.6.8).
func checkFieldName(e entry) error {
	if trimmed := strings.TrimRight(e.key, ": "); trimmed != e.key && trimmed != "" {
		return e.errorf("%q is no header's name: say %q", e.key, trimmed)
	}
	notName := func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' || r == '*' }
	if e.key == "" || strings.ContainsFunc(e.key, notName) {
		return e.errorf("%q is no header's name: that is ASCII without spaces, colons and wildcards", e.key)
	}
	return nil
}

func compileListID(n node) (Test, error) {
	cases, err := compileText(n, textStyle{what: "a list test", plain: isList})
	if err != nil {
		return nil, err
	}
	g, err := newGiven(listTest, n, cases)
	return newFieldTest("list_id", fieldAlternatives(cases, (*message.Field).ListID), g, "list-id", "x-list-id"), err
}

// isList is is, but for what somebody has copied from a List-Id field: the identifier
// that is compared has no brackets, so that it would hold for no message.
func isList(a textArgument) (textCondition, error) {
	s := a.value.AsString()
	if !strings.ContainsAny(s, "<>") {
		return is(a)
	}
	_, id, _ := strings.Cut(s, "<")
	id, _, _ = strings.Cut(id, ">")
	if id = strings.TrimSpace(id); id == "" {
		id = "golang-nuts.googlegroups.com"
	}
	return nil, a.errorf("the identifier of a list is what stands between the brackets of List-Id: write %q", id)
}
