package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// A folderTemplate names a folder for each message.
type folderTemplate struct {
	*messageExpr
	parts    []templatePart
	patterns []mailbox.Pattern
	text     string // as written
}

// A templatePart is text of the configuration, or what a message gives.
type templatePart struct {
	fixed  string
	expr   hclsyntax.Expression // nil: fixed is it
	looked []string             // what it can give, where it looks up text of the configuration; nil: anything, within a level
}

// moveTemplate takes a move_to that depends on the message.
func moveTemplate(l *loader, attr *hcl.Attribute, each *instance, r *ruleBody) bool {
	t, ok := l.template(attr, attr.Expr, each)
	if ok {
		r.MoveBy = t
	}
	return ok
}

// copyTemplates takes a copy_to of which something depends on the message.
func copyTemplates(l *loader, attr *hcl.Attribute, each *instance, r *ruleBody) bool {
	exprs, diags := hcl.ExprList(unwrapped(attr.Expr))
	if diags.HasErrors() {
		exprs = []hcl.Expression{attr.Expr}
	}
	ok := true
	for _, expr := range exprs {
		if mentionsMessage(expr) {
			t, fine := l.template(attr, expr, each)
			if ok = ok && fine; fine {
				r.CopyBy = append(r.CopyBy, t)
			}
			continue
		}
		one := *attr
		one.Expr = expr
		v, ctx := l.eval(expr, each)
		switch {
		case v.ContainsMarked():
			l.sensitiveAt(&one, v, ctx)
			ok = false
		case !v.IsWhollyKnown():
			l.leaveOut(&one, each)
			ok = false
		default:
			ref, err := folderRef(v)
			if err != nil {
				l.valueError(&one, ctx, err)
				ok = false
			}
			r.CopyTo = append(r.CopyTo, ref)
		}
	}
	return ok
}

// template prepares a folder's name that depends on the message.
func (l *loader) template(attr *hcl.Attribute, expr hcl.Expression, each *instance) (rules.Template, bool) {
	wrong := func(detail string) (rules.Template, bool) {
		l.report.errorAt(expr.Range(), "Invalid value for "+attr.Name, detail)
		return nil, false
	}
	native, ok := l.syntaxOf(expr)
	if !ok {
		return wrong("In JSON, a folder that depends on the message is one string, as in \"Archive/${message.received.year}\".")
	}
	over, ok := l.overMessage(attr, native, each, false)
	if !ok {
		return nil, false
	}
	t := &folderTemplate{messageExpr: over, text: l.written(expr)}
	for _, part := range templateParts(native) {
		p, err := t.part(part)
		if err != nil {
			return wrong(sentence(err.Error()))
		}
		t.parts = append(t.parts, p)
	}
	if !t.begins() {
		return wrong("The first level of the folder must be written here, before anything of the message: whoever writes to you must not choose where your mail goes. Write \"Lists/${…}\", for example.")
	}
	if err := t.settle(); err != nil {
		return wrong(withoutMarks(sentence(err.Error())))
	}
	return t, true
}

// written is the source text of an expression.
func (l *loader) written(expr hcl.Expression) string {
	if source := l.files.sourceOf(expr.Range()); source != nil {
		return strings.Trim(string(source), `"`)
	}
	return "a template"
}

// templateParts are the parts of a template; an expression that is none is one
// part.
func templateParts(expr hclsyntax.Expression) []hclsyntax.Expression {
	switch expr := expr.(type) {
	case *hclsyntax.TemplateExpr:
		return expr.Parts
	case *hclsyntax.TemplateWrapExpr:
		return []hclsyntax.Expression{expr.Wrapped}
	case *hclsyntax.ParenthesesExpr:
		return templateParts(expr.Expression)
	default:
		return []hclsyntax.Expression{expr}
	}
}

// part prepares one part of a template.
func (t *folderTemplate) part(expr hclsyntax.Expression) (templatePart, error) {
	if !mentionsMessage(expr) {
		v, diags := expr.Value(t.ctx)
		if diags.HasErrors() {
			return templatePart{}, errors.New("this could not be worked out")
		}
		s, err := folderText(v)
		if err != nil {
			s, err = text(v)
		}
		return templatePart{fixed: s}, err
	}
	looked, err := t.lookedUp(expr)
	return templatePart{expr: expr, looked: looked}, err
}

// lookedUp is what an expression can give that looks up text of the configuration,
// x[…] or lookup(x, …) in a collection that does not hang on the message; nil: it
// is another expression.
func (t *folderTemplate) lookedUp(expr hclsyntax.Expression) ([]string, error) {
	var from []hclsyntax.Expression
	switch expr := expr.(type) {
	case *hclsyntax.IndexExpr:
		from = []hclsyntax.Expression{expr.Collection}
	case *hclsyntax.FunctionCallExpr:
		if expr.Name != "lookup" || expr.ExpandFinal || len(expr.Args) < 2 {
			return nil, nil
		}
		from = slices.Concat(expr.Args[:1], expr.Args[2:])
	}
	if len(from) == 0 || slices.ContainsFunc(from, func(e hclsyntax.Expression) bool { return mentionsMessage(e) }) {
		return nil, nil
	}
	found := []string{}
	for i, e := range from {
		v, diags := e.Value(t.ctx)
		if diags.HasErrors() {
			return nil, errors.New("this could not be worked out")
		}
		elements := []cty.Value{v}
		if i == 0 {
			if v.IsNull() || !v.CanIterateElements() {
				return nil, wants("a map or a list of folder names", v)
			}
			elements = elements[:0]
			for _, element := range v.Elements() {
				elements = append(elements, element)
			}
		}
		for _, element := range elements {
			s, err := folderText(element)
			if err != nil {
				return nil, fmt.Errorf("what is looked up must be the name of a folder: %w", err)
			}
			found = append(found, s)
		}
	}
	return found, nil
}

// begins says whether the first level of every name is text of the configuration.
func (t *folderTemplate) begins() bool {
	for i, p := range t.parts {
		switch {
		case p.expr == nil && strings.Contains(p.fixed, "/"):
			return true
		case p.expr != nil && p.looked == nil:
			return false
		case i == len(t.parts)-1:
			return true
		}
	}
	return false
}

// maxSamples is how many names a template may give by looking them up.
const maxSamples = 10_000

// samples are the names that the template can give, with something in the place of
// what messages give within a level; nil: they are too many.
func (t *folderTemplate) samples(within string) []string {
	all := []string{""}
	for _, p := range t.parts {
		ends := []string{p.fixed}
		switch {
		case p.looked != nil:
			ends = p.looked
		case p.expr != nil:
			ends = []string{within}
		}
		if len(all)*len(ends) > maxSamples {
			return nil
		}
		var longer []string
		for _, beginning := range all {
			for _, end := range ends {
				longer = append(longer, beginning+end)
			}
		}
		all = longer
	}
	return all
}

// settle works out the patterns that cover what the template can give.
func (t *folderTemplate) settle() error {
	stars, plain := t.samples(wild), t.samples("x")
	if stars == nil {
		return fmt.Errorf("this looks up more than %d names", maxSamples)
	}
	for i := range stars {
		if _, err := mailbox.ParseRef(plain[i]); err != nil {
			return err
		}
		pattern, err := mailbox.ParsePattern(oneStar(stars[i]))
		if err != nil {
			return err
		}
		t.patterns = append(t.patterns, pattern)
	}
	return nil
}

// wild stands in a sample for what a message gives.
const wild = "*"

// oneStar is the text with one star for several in a row: what several parts give
// side by side is within one level, too, where two stars would be any depth.
func oneStar(s string) string {
	for strings.Contains(s, wild+wild) {
		s = strings.ReplaceAll(s, wild+wild, wild)
	}
	return s
}

func (t *folderTemplate) Needs() message.Parts        { return t.needs }
func (t *folderTemplate) Reads() mailbox.Flags        { return t.reads }
func (t *folderTemplate) Patterns() []mailbox.Pattern { return t.patterns }
func (t *folderTemplate) String() string              { return t.text }
