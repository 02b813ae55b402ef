package rules

import (
	"fmt"
	"time"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

func dateCriteria() []Criterion {
	return []Criterion{
		dateCriterion("received_before", "By INTERNALDATE, the message arrived before that; a date begins at midnight UTC.", dateTest{before: true}),
		dateCriterion("received_since", "By INTERNALDATE, the message arrived then or later; a date begins at midnight UTC.", dateTest{}),
		dateCriterion("sent_before", "By its Date field, the message was sent before that; a date is in the zone that is written there.", dateTest{sent: true, before: true}),
		dateCriterion("sent_since", "By its Date field, the message was sent then or later; a date is in the zone that is written there.", dateTest{sent: true}),
	}
}

func dateCriterion(name, doc string, t dateTest) Criterion {
	saw := sawReceived
	if t.sent {
		saw = sawSent
	}
	return Criterion{Name: name, Value: "date", Doc: doc, saw: saw, Compile: compile(func(n node) (Test, error) {
		s, err := n.word("a date", "2024-05-01")
		if err != nil {
			return nil, err
		}
		t := t
		t.criterion = name
		at, day, err := ParseDate(s)
		if err != nil {
			return nil, n.errorf("%w", err)
		}
		t.at, t.floating = at, day && t.sent
		return &t, nil
	})}
}

// ParseDate reads a day such as "2024-05-01", which begins at midnight UTC, or a time
// such as "2024-05-01T18:00:00Z" (RFC 3339); day says which of them it is.
func ParseDate(s string) (at time.Time, day bool, err error) {
	if at, err := time.Parse(time.DateOnly, s); err == nil {
		return at, true, nil
	}
	if at, err = time.Parse(time.RFC3339, s); err != nil {
		return time.Time{}, false, fmt.Errorf(`%q is no date: write it as "2024-05-01", or with a time as "2024-05-01T18:00:00Z" (RFC 3339)`, s)
	}
	return at, false, nil
}

// A dateTest compares when the message arrived, or when it was sent, with a moment.
type dateTest struct {
	Timeless
	criterion string
	sent      bool // by the Date field; else by INTERNALDATE
	before    bool // holds before the moment; else from it on
	at        time.Time
	floating  bool // at is a clock's reading in whatever zone the message has
	keeper
}

func (t *dateTest) Judge(m *message.Message, _ time.Time) (Truth, message.Parts) {
	needs := t.Needs()
	if missing := needs.Minus(m.Known); !missing.Empty() {
		return Unknown, missing
	}
	if !t.sent {
		if m.Received.IsZero() {
			return Unknown, message.Parts{}
		}
		return truthOf(m.Received.Before(t.at) == t.before), message.Parts{}
	}
	if m.Header.Broken() {
		return Unknown, message.Parts{}
	}
	sent, ok := m.Header.Date()
	if t.floating {
		sent = time.Date(sent.Year(), sent.Month(), sent.Day(), sent.Hour(), sent.Minute(), sent.Second(), 0, time.UTC)
	}
	return truthOf(ok && sent.Before(t.at) == t.before), message.Parts{}
}

var (
	needsReceived = message.Parts{Received: true}
	needsDate     = message.Fields("date")
)

func (t *dateTest) Needs() message.Parts {
	if t.sent {
		return needsDate
	}
	return needsReceived
}

func (t *dateTest) Reads() mailbox.Flags           { return nil }
func (t *dateTest) Mentions(criterion string) bool { return criterion == t.criterion }
