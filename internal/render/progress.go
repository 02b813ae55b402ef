package render

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/plan"
)

// How often a line of progress is written.
const (
	terminalPause = 100 * time.Millisecond
	plainPause    = 10 * time.Second
)

// A Progress tells what is going on: on a terminal by one line that is written
// over and over, elsewhere by a line every ten seconds. Several goroutines may use
// it at once.
type Progress struct {
	w        io.Writer
	o        Options
	terminal bool
	now      func() time.Time

	mu      sync.Mutex
	began   time.Time
	written time.Time // when a line was last written
	text    safe      // what is going on; empty: nothing is
	visible bool      // a line stands on the terminal
}

// NewProgress starts to tell; now is the clock.
func NewProgress(w io.Writer, terminal bool, now func() time.Time, o Options) *Progress {
	began := now()
	p := &Progress{w: w, o: o, terminal: terminal, now: now, began: began}
	if !terminal {
		p.written = began // what takes less than ten seconds says nothing
	}
	return p
}

// say says what an account is doing: "reading \"INBOX\", 200 messages".
func (p *Progress) say(text safe) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = text
	p.write()
}

// Connecting says that an account is being connected to.
func (p *Progress) Connecting(account string) { p.say(clean(account) + ": connecting") }

// Listing says that an account's folders are being listed.
func (p *Progress) Listing(account string) { p.say(clean(account) + ": listing folders") }

// Reading says how many of a folder's messages have been read so far.
func (p *Progress) Reading(account, folder string, messages, of int) {
	text := clean(account) + ": reading " + quote(folder)
	if of > 0 {
		text += ", " + number(messages) + " of " + count(of, "message")
	}
	p.say(text)
}

// Applying tells an event of an apply.
func (p *Progress) Applying(pl *plan.Plan, e apply.Event) {
	if e.Step < 0 || e.Step >= len(pl.Steps) {
		return
	}
	text := clean(pl.Account) + ": " + describe(pl.Steps[e.Step])
	if e.Kind == apply.StepProgress && e.Messages > 0 {
		text += ", " + number(e.Messages) + " done"
	}
	p.say(text)
}

// Tick tells again what is going on, with the time that it has taken.
func (p *Progress) Tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.write()
}

// Pause takes the line away, so that something else can be written, until there is
// something new to tell.
func (p *Progress) Pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = ""
	p.clear()
}

func (p *Progress) write() {
	now := p.now()
	pause := plainPause
	if p.terminal {
		pause = terminalPause
	}
	if p.text == "" || now.Sub(p.written) < pause {
		return
	}
	p.written = now
	line := p.text + safe(fmt.Sprintf(" (%s)", now.Sub(p.began).Round(time.Second)))
	if !p.terminal {
		fmt.Fprintln(p.w, string(line)) // nothing can be done where stderr fails
		return
	}
	p.clear()
	fmt.Fprint(p.w, string(p.fit(line)))
	p.visible = true
}

func (p *Progress) clear() {
	if p.visible {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.visible = false
	}
}

// fit cuts a line so that it does not wrap: a line that wraps cannot be taken
// away.
func (p *Progress) fit(line safe) safe {
	limit := p.o.Width
	if limit <= 0 {
		limit = 80
	}
	return safe(truncate(string(line), limit-1))
}
