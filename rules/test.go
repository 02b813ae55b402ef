package rules

import (
	"time"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// Truth is the outcome of a test in three-valued logic. Unknown is not true, and
// the opposite of Unknown is Unknown: nothing is done on it.
type Truth int8

// The three outcomes, ordered so that a conjunction is their minimum and a
// disjunction their maximum.
const (
	False Truth = iota
	Unknown
	True
)

// NoValue is the outcome of an expression that has no value for the message. It
// is not true, and its opposite is not true either: the rule does not take the
// message, while others may. Beside Unknown it counts for less: what cannot be
// told comes first.
const NoValue Truth = True + 1

// Not is the opposite outcome.
func (t Truth) Not() Truth {
	if t == NoValue {
		return NoValue
	}
	return True - t
}

// A Test judges one message against the run's one clock. Parts are those that it
// still needs: with Unknown and parts, fetch them and ask again; with Unknown
// and none, it cannot be told.
type Test interface {
	Judge(m *message.Message, now time.Time) (Truth, message.Parts)
	// Until is the moment from which Judge may come to something else of the very same
	// message, by the passing of time alone; it is after now. The zero time: never. At
	// every time from now on and before that moment, Judge comes to what it does now,
	// with the same parts.
	Until(m *message.Message, now time.Time) time.Time
	// Timed says whether there is such a moment for any message at all; false: Until is
	// the zero time.
	Timed() bool
	Needs() message.Parts // every part that Judge may ever ask for
	Reads() mailbox.Flags // the flags and keywords on which the outcome may hang
	// Mentions says whether the test, or one within it, is the criterion of that
	// name.
	Mentions(criterion string) bool
}
