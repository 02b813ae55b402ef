package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

func timeCriteria() []Criterion {
	return slices.Concat([]Criterion{
		ageCriterion("older_than", "By INTERNALDATE, the message is at least that old, to the second.",
			ageTest{needs: message.Parts{Received: true}, since: received}),
		ageCriterion("newer_than", "By INTERNALDATE, the message is less than that old, to the second.",
			ageTest{needs: message.Parts{Received: true}, since: received, younger: true}),
		ageCriterion("in_folder_for", "The message came into this folder (SAVEDATE, RFC 8514) at least that long ago, to the second.",
			ageTest{needs: message.Parts{Saved: true}, since: saved}),
	}, dateCriteria())
}

// ageUnits are the units of an age, in seconds. A month and a year have the same
// length every time, so that rules do not depend on the calendar.
var ageUnits = []unit{
	{"h", 60 * 60},
	{"d", 24 * 60 * 60},
	{"w", 7 * 24 * 60 * 60},
	{"mo", 30 * 24 * 60 * 60},
	{"y", 365 * 24 * 60 * 60},
}

// maxAge bounds an age in seconds. It is longer than there has been mail.
const maxAge = 1000 * 365 * 24 * 60 * 60

func ageCriterion(name, doc string, t ageTest) Criterion {
	return Criterion{Name: name, Value: "age", Doc: doc, saw: sawAge(t.since), Compile: compile(func(n node) (Test, error) {
		t := t
		t.criterion = name
		var err error
		t.seconds, err = age(n)
		return &t, err
	})}
}

func age(n node) (int64, error) {
	s, err := n.word("an age", "30d")
	if err != nil {
		return 0, err
	}
	seconds, err := ParseAge(s)
	switch {
	case err != nil:
		return 0, n.errorf("%w", err)
	case seconds == 0:
		return 0, n.errorf("%q is no age: it must be at least a second", s)
	}
	return seconds, nil
}

// ParseAge reads an age such as "30d", in seconds. It may be none: "0h".
func ParseAge(s string) (int64, error) {
	seconds, ok := quantity(strings.TrimSpace(s), ageUnits)
	if !ok || seconds > maxAge {
		return 0, fmt.Errorf(`%q is no age: write a number and one of h, d (24 h), w (7 d), mo (30 d) and y (365 d), as in "30d"; at most "1000y"`, s)
	}
	return seconds, nil
}

// An ageTest compares the time since something happened to the message with an
// age, both in whole seconds.
type ageTest struct {
	criterion string
	needs     message.Parts
	since     func(*message.Message) (time.Time, bool) // false: it cannot be told
	seconds   int64
	younger   bool // holds below the age; else from the age on
	keeper
}

func received(m *message.Message) (time.Time, bool) { return m.Received, !m.Received.IsZero() }
func saved(m *message.Message) (time.Time, bool)    { return m.Saved, !m.Saved.IsZero() }

func (t *ageTest) Judge(m *message.Message, now time.Time) (Truth, message.Parts) {
	if missing := t.needs.Minus(m.Known); !missing.Empty() {
		return Unknown, missing
	}
	since, ok := t.since(m)
	if !ok {
		return Unknown, message.Parts{}
	}
	old := now.Unix()-since.Unix() >= t.seconds
	return truthOf(old != t.younger), message.Parts{}
}

func (t *ageTest) Needs() message.Parts           { return t.needs }
func (t *ageTest) Reads() mailbox.Flags           { return nil }
func (t *ageTest) Mentions(criterion string) bool { return criterion == t.criterion }
