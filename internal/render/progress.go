package render

import (
	"fmt"
	"io"
	"slices"
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
// over and over, elsewhere by a line every ten seconds. Of several accounts the
// line counts those that are done and shows the one that has been at work longest.
// Several goroutines may use it at once.
type Progress struct {
	w        io.Writer
	o        Options
	terminal bool
	now      func() time.Time

	mu           sync.Mutex
	began        time.Time
	written      time.Time // when a line was last written
	doing        safe      // with all of the accounts
	total        int       // accounts; 0: nobody said
	done, failed int       // of them; failed ones are done, too
	active       []activity
	visible      bool // a line stands on the terminal
}

// An activity is what an account is doing: `reading "INBOX"`.
type activity struct {
	account string
	text    safe
	figures safe // how far that is, and how long it will take: ", 200 of 5000 messages, 70/s, 69 s left"
	pace    pace
	applied int // messages of the steps that have ended
}

// NewProgress starts to tell; now is the clock.
func NewProgress(w io.Writer, terminal bool, now func() time.Time, o Options) *Progress {
	p := &Progress{w: w, o: o, terminal: terminal, now: now}
	p.start("", 0)
	return p
}

// StartPlans says that so many accounts are about to be planned.
func (p *Progress) StartPlans(accounts int) { p.start("Planning", accounts) }

// StartApplies says that the plans of so many accounts are about to be applied.
func (p *Progress) StartApplies(accounts int) { p.start("Applying", accounts) }

// start begins to count anew, time too: between plan and apply people think.
func (p *Progress) start(doing safe, accounts int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doing, p.total, p.done, p.failed, p.active = doing, accounts, 0, 0, nil
	p.began = p.now()
	if !p.terminal {
		p.written = p.began // what takes less than ten seconds says nothing
	}
}

// End says that an account is done, or has failed.
func (p *Progress) End(account string, failed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.active = slices.DeleteFunc(p.active, func(a activity) bool { return a.account == account })
	p.done++
	if failed {
		p.failed++
	}
}

// say says what an account is doing.
func (p *Progress) say(account string, text safe) {
	p.tell(account, func(a *activity) { a.text, a.figures = text, "" })
}

// tell changes what an account is doing.
func (p *Progress) tell(account string, change func(*activity)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.active, func(a activity) bool { return a.account == account })
	if i < 0 {
		i = len(p.active)
		p.active = append(p.active, activity{account: account})
	}
	change(&p.active[i])
	p.write()
}

// Connecting says that an account is being connected to.
func (p *Progress) Connecting(account string) { p.say(account, "connecting") }

// Listing says that an account's folders are being listed.
func (p *Progress) Listing(account string) { p.say(account, "listing folders") }

// Reading says how many of a folder's messages have been read so far, how quickly that
// goes, and how long it will take.
func (p *Progress) Reading(account, folder string, messages, of int) {
	var read safe
	if of > 0 {
		read = ", " + number(messages) + " of " + count(of, "message")
	}
	p.tell(account, func(a *activity) {
		a.text, a.figures = "reading "+quote(folder), read+a.pace.step(folder, messages, of, p.now())
	})
}

// Applying tells an event of an apply.
func (p *Progress) Applying(pl *plan.Plan, e apply.Event) {
	if e.Kind == apply.Waiting && e.Wait > 0 {
		p.say(pl.Account, waiting(e))
		return
	}
	if e.Step < 0 || e.Step >= len(pl.Steps) {
		return
	}
	var handled safe
	if e.Kind == apply.StepProgress && e.Messages > 0 {
		handled = ", " + number(e.Messages) + " done"
	}
	p.tell(pl.Account, func(a *activity) {
		done := a.applied + e.Messages
		if file, ok := pl.Steps[e.Step].Op.(plan.File); ok && e.Kind == apply.StepEnded {
			a.applied += len(file.Messages)
			done = a.applied
		}
		a.text, a.figures = describe(pl.Steps[e.Step]), handled+a.pace.step("messages", done, pl.Total(), p.now())
	})
}

// waiting says for how long nothing is done, and why: "the server asks to wait 30 s
// (throttled)".
func waiting(e apply.Event) safe {
	text := "waiting "
	if apply.RetryAfter(e.Err) > 0 {
		text = "the server asks to wait "
	}
	text += seconds(e.Wait)
	if class := apply.ClassOf(e.Err).String(); class != "" {
		text += " (" + class + ")"
	}
	return safe(text)
}

// seconds writes a span of time in whole seconds, at least one, from ten minutes on in
// minutes.
func seconds(d time.Duration) string {
	if d >= 10*time.Minute {
		return fmt.Sprintf("%d min", (d+time.Minute-1)/time.Minute)
	}
	return fmt.Sprintf("%d s", max(1, (d+time.Second-1)/time.Second))
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
	p.active = nil
	p.clear()
}

func (p *Progress) write() {
	now := p.now()
	pause := plainPause
	if p.terminal {
		pause = terminalPause
	}
	if len(p.active) == 0 || now.Sub(p.written) < pause {
		return
	}
	p.written = now
	line, figures := p.text(safe(fmt.Sprintf(" (%s)", now.Sub(p.began).Round(time.Second))))
	if !p.terminal {
		fmt.Fprintln(p.w, string(line+figures)) // nothing can be done where stderr fails
		return
	}
	p.clear()
	fmt.Fprint(p.w, string(p.fit(line, figures)))
	p.visible = true
}

// text is the line, and the figures that end it; the time that has passed stands
// where it is not cut off.
func (p *Progress) text(passed safe) (line, figures safe) {
	longest, figures := clean(p.active[0].account)+": "+p.active[0].text, p.active[0].figures
	if p.total < 2 {
		return longest, figures + passed
	}
	line = p.doing + ": " + number(p.done) + " of " + count(p.total, "account") + " done, "
	if p.failed > 0 {
		line += number(p.failed) + " of them failed, "
	}
	return line + number(len(p.active)) + " active" + passed + ": " + longest, figures
}

func (p *Progress) clear() {
	if p.visible {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.visible = false
	}
}

// fit cuts a line so that it does not wrap: a line that wraps cannot be taken away.
// The figures are left whole where they leave room to say what they are about.
func (p *Progress) fit(line, figures safe) safe {
	limit := p.o.Width
	if limit <= 0 {
		limit = 80
	}
	if room := limit - 1 - columns(figures); room >= limit/3 {
		return safe(truncate(string(line), room)) + figures
	}
	return safe(truncate(string(line+figures), limit-1))
}
