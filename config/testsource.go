package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// finishMessage makes the text of a message; false if there is something wrong with
// it, which is reported.
func (l *loader) finishMessage(b *block, each *instance, m *messageBody, found fates, number int) bool {
	if found["eml"] == absent {
		ok := l.checkFields(b, m, found)
		m.Source = m.compose(number)
		return ok
	}
	ok := true
	for name := range b.args {
		if found[name] != absent && isContent(name) {
			l.report.errorAt(b.args[name].NameRange, "Conflicting arguments", fmt.Sprintf("The file of eml is the whole message: remove %s, or eml.", name))
			ok = false
		}
	}
	if !ok || found["eml"] != set {
		return false
	}
	source, err := l.eml(m.eml)
	if err != nil {
		_, ctx := l.eval(b.args["eml"].Expr, each)
		l.valueError(b.args["eml"], ctx, err)
	}
	m.Source = source
	return err == nil
}

// isContent says whether an argument is a part of the message itself.
func isContent(name string) bool {
	return slices.Contains([]string{"date", "message_id", "header", "body", "attachments"}, name) ||
		slices.ContainsFunc(fieldArguments, func(f struct{ name, field, doc string }) bool { return f.name == name })
}

// checkFields reports header fields that are said twice.
func (l *loader) checkFields(b *block, m *messageBody, found fates) bool {
	ok := true
	arguments := map[string]string{"date": "date", "message-id": "message_id"}
	for _, f := range fieldArguments {
		arguments[strings.ToLower(f.field)] = f.name
	}
	for _, f := range m.header {
		name := arguments[strings.ToLower(f.name)]
		if name != "" && found[name] != absent {
			l.report.errorAt(rangeAt(b.args["header"].Expr, cty.IndexStringPath(f.name)), "Conflicting arguments", fmt.Sprintf("The field %s is what %s says already.", f.name, name))
			ok = false
		}
	}
	return ok
}

// eml reads a message from a file, whose lines may end in LF alone.
func (l *loader) eml(name string) ([]byte, error) {
	if source, ok := l.emls[name]; ok {
		return source, nil
	}
	source, err := octetsBelow(l.dir, name)
	if err == nil && len(source) == 0 {
		err = fmt.Errorf("%q holds nothing", name)
	}
	if err != nil {
		return nil, err
	}
	source = []byte(withCRLF(string(source)))
	l.emls[name] = source
	return source, nil
}

// withCRLF is a text with the ends of lines that mail has.
func withCRLF(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

// fieldValue decodes the value of a header field, which may be empty.
func fieldValue(v cty.Value) (string, error) {
	s, err := text(v)
	if err == nil && strings.TrimSpace(s) != "" {
		s, err = line(v)
	}
	return s, err
}

// headerFields decodes a map of header fields. One that is null is not there.
func headerFields(v cty.Value) ([]headerField, error) {
	if ty := v.Type(); !ty.IsObjectType() && !ty.IsMapType() {
		return nil, wants("a map of header fields, as in { \"X-Spam\" = \"yes\" }", v)
	}
	var all []headerField
	first := map[string]string{}
	for key, value := range v.Elements() {
		name := key.AsString()
		at := cty.IndexStringPath(name)
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' }) {
			return nil, at.NewErrorf("%q is no name of a header field: it has no space and no colon", name)
		}
		if other, ok := first[strings.ToLower(name)]; ok {
			return nil, at.NewErrorf("%q and %q are the same field: for several of a name write a list", other, name)
		}
		first[strings.ToLower(name)] = name
		if value.IsNull() {
			continue
		}
		values, err := oneOrMore(fieldValue)(value)
		if err != nil {
			return nil, at.NewError(err)
		}
		for _, s := range values {
			all = append(all, headerField{name, s})
		}
	}
	return all, nil
}
