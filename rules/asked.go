package rules

import (
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/message"
)

// An asked is a criterion with what the configuration gives it, which its test keeps
// to explain itself.
type asked struct {
	of    Criterion
	value cty.Value
}

// Explain says what the criterion saw.
func (a *asked) Explain(m *message.Message, now time.Time) Explanation {
	return Explanation{
		Criterion: a.of.Name, Wants: written(a.value), By: a.holding(m, now),
		Saw: a.of.saw(m, now, a.value), Verbatim: a.of.verbatim,
	}
}

// holding is the first of several elements that holds by itself; empty: none does, or
// there is but one.
func (a *asked) holding(m *message.Message, now time.Time) string {
	n := node{value: a.value}
	if !n.isList() || a.value.LengthInt() < 2 {
		return ""
	}
	for it := a.value.ElementIterator(); it.Next(); {
		_, element := it.Element()
		one, err := a.of.Compile(element)
		if err != nil {
			continue // what can stand in a list only
		}
		if truth, _ := one.Judge(m, now); truth == True {
			return written(element)
		}
	}
	return ""
}

// A keeper is the part of a test that keeps what is asked. The tests that messages are
// judged by most have it in them, so that judging costs no more.
type keeper struct{ asked *asked }

func (k *keeper) keep(a *asked) { k.asked = a }

// Explain says what the criterion saw.
func (k *keeper) Explain(m *message.Message, now time.Time) Explanation {
	if k.asked == nil {
		return Explanation{}
	}
	return k.asked.Explain(m, now)
}

// A keeping test keeps what is asked beside a test that does not: one that is made of
// several, or that several criteria share.
type keeping struct {
	Test
	*asked
}

// asking makes a test of the criterion explain itself.
func (c Criterion) asking(t Test, v cty.Value) Test {
	a := &asked{c, v}
	if k, ok := t.(interface{ keep(*asked) }); ok {
		k.keep(a)
		return t
	}
	return &keeping{t, a}
}

// explained is Compile with tests that explain themselves.
func (c Criterion) explained() func(cty.Value) (Test, error) {
	return func(v cty.Value) (Test, error) {
		test, err := c.Compile(v)
		if _, each := test.(headers); each || err != nil {
			return test, err // the entries of a header argument do it themselves
		}
		return c.asking(test, v), nil
	}
}
