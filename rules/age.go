package rules

import (
	"fmt"
	"math"
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
	old := now.Unix() >= t.due(since)
	return truthOf(old != t.younger), message.Parts{}
}

// Until is when the message comes of age. What cannot be told now is not told by time
// either.
func (t *ageTest) Until(m *message.Message, now time.Time) time.Time {
	if !m.Known.Covers(t.needs) {
		return time.Time{}
	}
	since, ok := t.since(m)
	if !ok {
		return time.Time{}
	}
	due := t.due(since)
	if now.Unix() >= due || due > lastSecond {
		return time.Time{}
	}
	return time.Unix(due, 0).UTC()
}

func (t *ageTest) Timed() bool { return true }

// lastSecond is the last one that a time.Time has, which counts from the year 1, in
// Unix time.
const lastSecond int64 = math.MaxInt64 - 719_162*24*60*60

// due is the second, in Unix time, from which on what happened then is that long ago.
func (t *ageTest) due(since time.Time) int64 {
	at := since.Unix()
	if at > math.MaxInt64-t.seconds {
		return math.MaxInt64
	}
	return at + t.seconds
}

func (t *ageTest) Needs() message.Parts           { return t.needs }
func (t *ageTest) Reads() mailbox.Flags           { return nil }
func (t *ageTest) Mentions(criterion string) bool { return criterion == t.criterion }
