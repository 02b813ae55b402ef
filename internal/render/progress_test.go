package render

import (
	"fmt"
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
	want := "account.work: connecting (0s)\r\x1b[Kaccount.work: …, 12 done (2s)\r\x1b[K"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

// Of many accounts the line counts those that are done, and shows one that does not
// change with each of their steps.
func TestProgressOfManyAccounts(t *testing.T) {
	var b strings.Builder
	c := newClock()
	p := NewProgress(&b, true, c.read, Options{Width: 200})
	p.StartPlans(100)
	for i := range 14 {
		p.Connecting(fmt.Sprintf("account.staff[%q]", string(rune('a'+i))))
	}
	for i := range 12 {
		p.End(fmt.Sprintf("account.staff[%q]", string(rune('a'+i))), i == 3)
	}
	p.Reading(`account.staff["n"]`, "INBOX", 7, 9)
	b.Reset()
	c.now = c.now.Add(8 * time.Second)
	p.Reading(`account.staff["m"]`, "INBOX", 400, 1000)
	c.now = c.now.Add(time.Second)
	p.Reading(`account.staff["n"]`, "INBOX", 8, 9)
	const shown = `Planning: 12 of 100 accounts done, 1 of them failed, 2 active (%ds): account.staff["m"]: reading "INBOX", 400 of 1000 messages`
	line := func(seconds int) string { return "\r\x1b[K" + fmt.Sprintf(shown, seconds) }
	if want := line(8) + line(9); b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}

	b.Reset()
	p.Pause()
	p.StartApplies(2)
	c.now = c.now.Add(time.Second)
	p.Tick() // nobody is active
	pl := everything()
	p.Applying(pl, apply.Event{Kind: apply.StepProgress, Step: 9, Messages: 12})
	p.End(pl.Account, false)
	c.now = c.now.Add(time.Second)
	p.Tick()
	want := "\r\x1b[K" + `Applying: 0 of 2 accounts done, 1 active (1s): account.work: rule.newsletters: move 36 messages from "INBOX" to "Lists/Newsletters", 12 done`
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

// Elsewhere than on a terminal a line every ten seconds is all there is, however
// many accounts do something.
func TestProgressOfManyAccountsInAPipe(t *testing.T) {
	var b strings.Builder
	c := newClock()
	p := NewProgress(&b, false, c.read, Options{})
	p.StartPlans(100)
	for second := range 25 {
		for i := range 10 {
			p.Listing(fmt.Sprintf("account.a%d", i+second/5*10))
		}
		if second%5 == 4 {
			for i := range 10 {
				p.End(fmt.Sprintf("account.a%d", i+second/5*10), false)
			}
		}
		c.now = c.now.Add(time.Second)
		p.Tick()
	}
	want := "Planning: 20 of 100 accounts done, 1 active (10s): account.a20: listing folders\n" +
		"Planning: 40 of 100 accounts done, 1 active (20s): account.a40: listing folders\n"
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

// A name that is long hides neither how far it is nor how long it will take, and
// nothing wraps.
func TestProgressKeepsItsFigures(t *testing.T) {
	for _, test := range []struct {
		width int
		want  string
	}{
		{1, "…"},
		{30, "account.work: reading \"Clien…"},
		{80, "account.work: reading \"Clients/S…, 3000 of 5000 messages, 1000/s, 2 s left (3s)"},
		{120, "account.work: reading \"Clients/Somebody with a long name/2026\", 3000 of 5000 messages, 1000/s, 2 s left (3s)"},
	} {
		var b strings.Builder
		c := newClock()
		p := NewProgress(&b, true, c.read, Options{Width: test.width})
		p.Reading("account.work", "Clients/Somebody with a long name/2026", 0, 5000)
		c.now = c.now.Add(3 * time.Second)
		b.Reset()
		p.Reading("account.work", "Clients/Somebody with a long name/2026", 3000, 5000)
		if got := strings.TrimPrefix(b.String(), "\r\x1b[K"); got != test.want {
			t.Errorf("at %d columns: got %q, want %q", test.width, got, test.want)
		}
	}
}
