package rules

import (
	"time"

	"github.com/imapform/imapform/internal/message"
)

// Timeless is the part of a Test whose Judge does not go by the clock.
type Timeless struct{}

// Until is the zero time: never.
func (Timeless) Until(*message.Message, time.Time) time.Time { return time.Time{} }

// Timed is false.
func (Timeless) Timed() bool { return false }

func (ts all) Until(m *message.Message, now time.Time) time.Time { return ts.until(m, now, False) }

func (ts anyOf) Until(m *message.Message, now time.Time) time.Time {
	return all(ts).until(m, now, True)
}

// until is for how long judge returns what it does now. Each test that comes to the
// decisive outcome holds it by itself, whatever becomes of the others, so that the
// last of them counts. Without one, every test has its share in the outcome and in
// what is asked for, so that the first counts.
func (ts all) until(m *message.Message, now time.Time, decisive Truth) time.Time {
	var first, last time.Time // the zero time: of none so far
	for _, t := range ts {
		until := t.Until(m, now)
		truth, _ := t.Judge(m, now)
		switch {
		case until.IsZero() && truth == decisive:
			return time.Time{} // it always will
		case until.IsZero():
			continue
		}
		if truth == decisive && until.After(last) {
			last = until
		}
		if first.IsZero() || until.Before(first) {
			first = until
		}
	}
	if !last.IsZero() {
		return last
	}
	return first
}

func (ts all) Timed() bool {
	for _, t := range ts {
		if t.Timed() {
			return true
		}
	}
	return false
}

func (ts anyOf) Timed() bool { return all(ts).Timed() }
