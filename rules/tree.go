package rules

import (
	"time"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// All holds if every test does. Of no tests at all it is Unknown: a conjunction of
// nothing would take all mail.
func All(tests ...Test) Test { return all(tests) }

// Any holds if at least one test does. The entries of one header argument are
// tests of their own in it. Of no tests at all it is Unknown, so that its opposite
// takes nothing.
func Any(tests ...Test) Test {
	var spread anyOf
	for _, t := range tests {
		if entries, ok := t.(headers); ok {
			spread = append(spread, entries.all...)
		} else {
			spread = append(spread, t)
		}
	}
	return spread
}

// Not holds if the test does not; it is Unknown where that is. What it reads of texts
// has no words any more: a message that a search for them misses must not be taken
// because of that.
func Not(t Test) Test {
	dropWords(t, map[shared]bool{})
	return not{t}
}

// Named is the test of a named match, which it mentions as "matches" and by that
// name.
func Named(name string, t Test) Test { return named{t, name} }

type all []Test

func (ts all) Judge(m *message.Message, now time.Time) (Truth, message.Parts) {
	return ts.judge(m, now, False)
}

type anyOf []Test

func (ts anyOf) Judge(m *message.Message, now time.Time) (Truth, message.Parts) {
	return all(ts).judge(m, now, True)
}

// judge returns the first outcome that is the decisive one, which no other can
// change; else Unknown if there was one, and what could still decide; else NoValue
// if there was one; else the opposite of the decisive one. Of what could still decide
// it asks for the cheapest only: that may settle the rest.
func (ts all) judge(m *message.Message, now time.Time, decisive Truth) (Truth, message.Parts) {
	truth := decisive.Not()
	if len(ts) == 0 {
		truth = Unknown
	}
	var missing message.Parts
	for _, t := range ts {
		switch got, parts := t.Judge(m, now); got {
		case decisive:
			return decisive, message.Parts{}
		case Unknown:
			truth, missing = Unknown, missing.Union(parts)
		case NoValue:
			if truth != Unknown {
				truth = NoValue
			}
		}
	}
	return truth, cheapest(missing)
}

// cheapest are those of the parts that are to be told first: structure only of
// messages that flags, dates, sizes and header fields left open, and text only of
// those that all else did.
func cheapest(parts message.Parts) message.Parts {
	cheap := parts
	cheap.Structure, cheap.Texts = false, nil
	switch {
	case !cheap.Empty():
		return cheap
	case parts.Structure:
		return message.Parts{Structure: true}
	default:
		return parts
	}
}

func (ts all) Needs() message.Parts {
	var parts message.Parts
	for _, t := range ts {
		parts = parts.Union(t.Needs())
	}
	return parts
}

func (ts all) Reads() mailbox.Flags {
	var flags mailbox.Flags
	for _, t := range ts {
		flags = flags.With(t.Reads())
	}
	return flags
}

func (ts all) Mentions(criterion string) bool {
	for _, t := range ts {
		if t.Mentions(criterion) {
			return true
		}
	}
	return false
}

func (ts anyOf) Needs() message.Parts           { return all(ts).Needs() }
func (ts anyOf) Reads() mailbox.Flags           { return all(ts).Reads() }
func (ts anyOf) Mentions(criterion string) bool { return all(ts).Mentions(criterion) }

type not struct{ Test }

func (t not) Judge(m *message.Message, now time.Time) (Truth, message.Parts) {
	truth, missing := t.Test.Judge(m, now)
	return truth.Not(), missing
}

type named struct {
	Test
	name string
}

func (t named) Mentions(criterion string) bool {
	return criterion == "matches" || criterion == t.name || t.Test.Mentions(criterion)
}
