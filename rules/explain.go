package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/imapform/imapform/internal/message"
)

// An Explanation says of a test, and of each within it, what it asks, what it saw in
// a message and whether it held. Everything in it but Criterion may come from
// strangers.
type Explanation struct {
	Criterion string   // the argument or block: "from", "where", "all", "any", "not", "matches"
	Wants     string   // what the configuration gives it, as an expression, long lists cut short; of matches the address
	By        string   // of a list that holds, the first element that does; empty: it cannot be told, or there is but one
	Saw       []string // what the message has of what is asked for; empty: nothing
	Verbatim  bool     // Saw is text of the message; else words about it
	Truth     Truth
	Why       string        // with Unknown or NoValue, the reason; may be empty where it is that of a test within
	Within    []Explanation // of what combines others
}

// An Explainer is a Test that says more of itself than its outcome. What it says of
// the outcome, but for Why, does not count: Explain judges.
type Explainer interface {
	Explain(m *message.Message, now time.Time) Explanation
}

// Explain judges a message by a test, as Judge does, and says how that came about.
// Of tests within another it judges each, also those on which the outcome does not
// hang: what they need may not be known.
func Explain(t Test, m *message.Message, now time.Time) Explanation {
	var e Explanation
	if x, ok := t.(Explainer); ok {
		e = x.Explain(m, now)
	}
	truth, missing := t.Judge(m, now)
	e.Truth, e.Saw, e.Why = truth, few(e.Saw), shortened(e.Why)
	if truth == Unknown && e.Why == "" && len(e.Within) == 0 {
		e.Why = unknownBecause(t.Needs(), missing, m)
	}
	return e
}

// unknownBecause says why a criterion that needs some parts cannot be told.
func unknownBecause(needs, missing message.Parts, m *message.Message) string {
	var unread []string
	for _, part := range []struct {
		missing bool
		words   string
	}{
		{missing.Flags, "its flags"},
		{missing.Received, "when it arrived"},
		{missing.Size, "its size"},
		{missing.Saved, "when it came into this folder"},
		{len(missing.Fields) > 0, "the header " + strings.Join(missing.Fields, ", ")},
		{missing.Structure, "its structure"},
		{len(missing.Texts) > 0, "its text"},
	} {
		if part.missing {
			unread = append(unread, part.words)
		}
	}
	switch {
	case len(unread) > 0:
		return "not read: " + strings.Join(unread, ", ")
	case m.Header.Broken() && (len(needs.Fields) > 0 || slices.ContainsFunc(needs.Texts, func(t *message.TextTest) bool { return t.Header })):
		return "the header cannot be told"
	case m.Structure == nil && (needs.Structure || len(needs.Texts) > 0):
		return "it cannot be told which parts the message has"
	case len(needs.Texts) > 0:
		return "some of its text cannot be read: the charset or the encoding is not known, or it is too long or cut off"
	default:
		return "the message does not tell it, or not in a way that can be read"
	}
}

func explainEach(ts []Test, m *message.Message, now time.Time) []Explanation {
	var within []Explanation
	for _, t := range ts {
		if entries, ok := t.(headers); ok {
			within = append(within, explainEach(entries.all, m, now)...)
		} else {
			within = append(within, Explain(t, m, now))
		}
	}
	return within
}

// Explain explains each test.
func (ts all) Explain(m *message.Message, now time.Time) Explanation {
	return Explanation{Criterion: "all", Within: explainEach(ts, m, now)}
}

// Explain explains each test.
func (ts anyOf) Explain(m *message.Message, now time.Time) Explanation {
	return Explanation{Criterion: "any", Within: explainEach(ts, m, now)}
}

// Explain explains what is not to hold.
func (t not) Explain(m *message.Message, now time.Time) Explanation {
	return Explanation{Criterion: "not", Within: explainParts(t.Test, m, now)}
}

// Explain explains the match of that name.
func (t named) Explain(m *message.Message, now time.Time) Explanation {
	return Explanation{Criterion: "matches", Wants: t.name, Within: explainParts(t.Test, m, now)}
}

// explainParts explains what stands in a block: all of it is to hold.
func explainParts(t Test, m *message.Message, now time.Time) []Explanation {
	if block, ok := t.(all); ok {
		return explainEach(block, m, now)
	}
	return []Explanation{Explain(t, m, now)}
}
