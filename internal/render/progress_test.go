package render

import (
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/apply"
)

// clock is a clock that stands still until it is moved.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

func newClock() *clock { return &clock{time.Date(2026, 9, 28, 7, 0, 0, 0, time.UTC)} }

func TestProgressElsewhereThanOnATerminal(t *testing.T) {
	var b strings.Builder
	c := newClock()
	p := NewProgress(&b, false, c.read, Options{})
	for range 25 {
		p.Reading("account.work", "INBOX", 200, 5000)
		p.Tick()
		c.now = c.now.Add(time.Second)
	}
	want := "account.work: reading \"INBOX\", 200 of 5000 messages (10s)\n" +
		"account.work: reading \"INBOX\", 200 of 5000 messages (20s)\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestProgressOnATerminal(t *testing.T) {
	var b strings.Builder
	c := newClock()
	p := NewProgress(&b, true, c.read, Options{Width: 30})
	p.Connecting("account.work")
	p.Listing("account.work") // too soon to be written
	c.now = c.now.Add(2 * time.Second)
	p.Applying(everything(), apply.Event{Kind: apply.StepProgress, Step: 9, Messages: 12})
	p.Pause()
	c.now = c.now.Add(2 * time.Second)
	p.Tick() // there is nothing to tell
	want := "account.work: connecting (0s)\r\x1b[Kaccount.work: rule.newslette…\r\x1b[K"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestProgressOfAStepThatThePlanHasNot(t *testing.T) {
	var b strings.Builder
	p := NewProgress(&b, true, newClock().read, Options{})
	p.Applying(everything(), apply.Event{Step: 99})
	p.Applying(everything(), apply.Event{Step: -1})
	if b.String() != "" {
		t.Errorf("got %q", b.String())
	}
}
