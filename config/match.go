package config

import (
	"fmt"
	"reflect"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/rules"
)

// A namedMatch is what match.NAME is in expressions.
type namedMatch struct {
	address string
	test    rules.Test
	null    *hcl.Range // of an argument that is null
}

var namedMatchType = cty.Capsule("a named match", reflect.TypeFor[namedMatch]())

// declareMatch makes the named match known as match.NAME.
func (l *loader) declareMatch(b *block) {
	l.node("match", b.label, b.declared, func() cty.Value {
		return l.decodeEach(b, func(each *instance) cty.Value { return l.namedMatch(b, each) })
	})
}

func (l *loader) namedMatch(b *block, each *instance) cty.Value {
	m := l.match(b, each)
	if m.test == nil {
		return cty.UnknownVal(namedMatchType)
	}
	named := namedMatch{address: l.address(b, each), null: m.null}
	named.test = rules.Named(named.address, m.test)
	return cty.CapsuleVal(namedMatchType, &named)
}

// A matched is a match block compiled. Without a test there is something wrong or
// unknown in it.
type matched struct {
	test rules.Test
	null *hcl.Range // of an argument that is null, in it or in a match that it names
}

// match compiles a match block.
func (l *loader) match(b *block, each *instance) matched {
	tests, null, ok := l.tests(b, each)
	if !ok {
		return matched{null: null}
	}
	return matched{test: rules.All(tests...), null: null}
}

// tests compiles what stands in a match, all, any or not; false if something of it
// is wrong or unknown.
func (l *loader) tests(b *block, each *instance) (tests []rules.Test, null *hcl.Range, ok bool) {
	ok = !b.broken
	note := func(found *hcl.Range) {
		if null == nil {
			null = found
		}
	}
	for _, attr := range attributes(b.args) {
		if attr.Name == forEach.Name { // of a named match
			continue
		}
		compile := l.criterion
		if attr.Name == whereArgument.Name {
			compile = l.where
		}
		test, isNull, fine := compile(attr, each)
		note(isNull)
		ok = ok && fine
		if test != nil {
			tests = append(tests, test)
		}
	}
	nested, fine := l.expand(b.blocks, each)
	ok = ok && fine
	for _, n := range nested {
		within, isNull, fine := l.tests(n.block, n.each)
		note(isNull)
		ok = ok && fine && n.each.known()
		if !fine {
			continue
		}
		switch n.combines {
		case "all":
			tests = append(tests, rules.All(within...))
		case "any":
			tests = append(tests, rules.Any(within...))
		case "not":
			tests = append(tests, rules.Not(rules.All(within...)))
		}
	}
	if ok && len(tests) == 0 {
		kind := b.combines()
		l.report.errorAt(b.declared, fmt.Sprintf("Empty %s", kind),
			fmt.Sprintf("Nothing is left in this block: it would take %s message.%s",
				pickText(kind == "any" || kind == "not", "no", "every"), pickText(kind == "not", "", " To take every message, say everything = true.")))
		ok = false
	}
	return tests, null, ok
}

// criterion compiles an argument of a match; nil if it is null.
func (l *loader) criterion(attr *hcl.Attribute, each *instance) (test rules.Test, null *hcl.Range, ok bool) {
	v, ctx := l.eval(attr.Expr, each)
	switch {
	case v.ContainsMarked():
		l.sensitiveAt(attr, v, ctx)
		return nil, nil, false
	case !v.IsWhollyKnown():
		l.leaveOut(attr, each)
		return nil, nil, false
	}
	null = nullIn(attr.Expr, v)
	if v.IsNull() {
		return nil, null, true
	}
	if attr.Name == "matches" {
		var matchNull *hcl.Range
		test, matchNull, err := matches(v)
		if err != nil {
			l.valueError(attr, ctx, err)
		}
		if null == nil && matchNull != nil {
			at := attr.Expr.Range()
			null = &at
		}
		return test, null, err == nil
	}
	test, err := l.criteria[attr.Name].Compile(v)
	if err != nil {
		l.valueError(attr, ctx, err)
	}
	return test, null, err == nil
}

// matches is the test of the argument of that name: one of the named matches holds.
func matches(v cty.Value) (rules.Test, *hcl.Range, error) {
	one := func(v cty.Value) (*namedMatch, error) {
		if v.IsNull() || !v.Type().Equals(namedMatchType) {
			return nil, wants("a named match, as in match.bulk", v)
		}
		return v.EncapsulatedValue().(*namedMatch), nil
	}
	if v.Type().IsCapsuleType() {
		m, err := one(v)
		if err != nil {
			return nil, nil, err
		}
		return m.test, m.null, nil
	}
	if !v.CanIterateElements() || v.Type().IsObjectType() || v.Type().IsMapType() {
		return nil, nil, wants("a named match, as in match.bulk, or a list of them", v)
	}
	named, err := filled(func(v cty.Value) (*namedMatch, error) { return one(v) })(v)
	if err != nil {
		return nil, nil, err
	}
	var tests []rules.Test
	var null *hcl.Range
	for _, m := range named {
		tests = append(tests, m.test)
		if m.null != nil {
			null = m.null
		}
	}
	return rules.Any(tests...), null, nil
}

// nullIn is where a null stands in an argument's value; nil if there is none.
func nullIn(expr hcl.Expression, v cty.Value) *hcl.Range {
	var found *hcl.Range
	// The function returns no error, so that Walk returns none.
	_ = cty.Walk(v, func(path cty.Path, at cty.Value) (bool, error) {
		if found == nil && at.IsNull() {
			r := rangeAt(expr, path)
			found = &r
		}
		return found == nil, nil
	})
	return found
}
