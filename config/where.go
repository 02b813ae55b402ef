package config

import (
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// whereArgument is the criterion that is an expression.
var whereArgument = Argument{Name: "where", Value: "expression over message", Doc: "The expression is true of the message, as in message.size > 3 * message.sent.year; a rule does not take a message for which it has no value."}

// A whereTest judges a message by an expression. What a message has there is the same
// at any time, and plantimestamp, the one clock that expressions have, gives what it did
// when the configuration was loaded.
type whereTest struct {
	rules.Timeless
	*messageExpr
	expr hclsyntax.Expression
	text string // as written
}

// where compiles the argument of that name; nil if it is null.
func (l *loader) where(attr *hcl.Attribute, each *instance) (test rules.Test, null *hcl.Range, ok bool) {
	if !mentionsMessage(attr.Expr) {
		v, ctx := l.eval(attr.Expr, each)
		if v.ContainsMarked() {
			l.sensitiveAt(attr, v, ctx)
			return nil, nil, false
		}
		if v.IsKnown() && v.IsNull() {
			return nil, nullIn(attr.Expr, v), true
		}
		if !v.IsKnown() {
			l.leaveOut(attr, each)
		} else {
			l.whereError(attr, "This must be an expression about a message, as in message.size > 1000: what does not hang on the message holds for all mail or for none.")
		}
		return nil, nil, false
	}
	expr, ok := l.syntaxOf(attr.Expr)
	if !ok {
		l.whereError(attr, "In JSON, this is a string that holds the expression, as in \"${message.size > 1000}\".")
		return nil, nil, false
	}
	over, ok := l.overMessage(attr, expr, each, true)
	if !ok {
		return nil, nil, false
	}
	t := &whereTest{messageExpr: over, expr: expr, text: l.oneLine(attr.Expr)}
	if t.gives != cty.DynamicPseudoType && t.gives != cty.Bool {
		l.whereError(attr, "This must be true or false for each message, as a comparison is.")
		return nil, nil, false
	}
	return t, nil, true
}

func (l *loader) whereError(attr *hcl.Attribute, detail string) {
	l.report.errorAt(attr.Expr.Range(), "Invalid value for where", detail)
}

func (t *whereTest) Judge(m *message.Message, _ time.Time) (rules.Truth, message.Parts) {
	got := t.value(t.expr, m)
	if got.truth != rules.True {
		return got.truth, got.missing
	}
	holds, err := convert.Convert(got.value, cty.Bool)
	switch {
	case err != nil || holds.IsNull():
		return rules.NoValue, message.Parts{}
	case holds.True():
		return rules.True, message.Parts{}
	default:
		return rules.False, message.Parts{}
	}
}

func (t *whereTest) Needs() message.Parts { return t.needs }
func (t *whereTest) Reads() mailbox.Flags { return t.reads }

// Mentions says that an expression about the arrival of a message asks what the
// criteria for that ask.
func (t *whereTest) Mentions(criterion string) bool {
	return criterion == "where" || slices.ContainsFunc(t.speaks, func(s spoken) bool { return slices.Contains(s.Attribute.Mentions, criterion) })
}
