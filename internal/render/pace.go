package render

import "time"

// A pace is how quickly something goes, from when it was first told of.
type pace struct {
	of    string // what goes on, as far as one rate speaks for all of it
	since time.Time
	first int // was done by then
}

// settled is how long something must go on before it has a rate that says anything.
const settled = 3 * time.Second

// step notes how much is done by now, and says how quickly it goes and how long it will
// go on: ", 3,400/s, 14 s left". Nothing as long as that cannot be told.
func (p *pace) step(of string, done, total int, now time.Time) safe {
	if p.of != of || done < p.first {
		*p = pace{of, now, done}
	}
	passed := now.Sub(p.since)
	if passed < settled || done <= p.first || total <= 0 {
		return ""
	}
	rate := float64(done-p.first) / passed.Seconds()
	text := ", " + number(int(rate+0.5)) + "/s"
	if rate < 1 {
		text = ", " + number(int(rate*60+0.5)) + "/min"
	}
	if left := max(0, total-done); left > 0 {
		text += ", " + safe(seconds(time.Duration(float64(left)/rate*float64(time.Second)))) + " left"
	}
	return text
}
