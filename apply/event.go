package apply

import "time"

// An Event tells how an apply goes. Step is the index of the plan's step; with Waiting
// it is the last one that was begun, or -1 if none was.
type Event struct {
	Kind     EventKind
	Step     int
	Messages int           // done so far, of the step's
	Outcome  *Outcome      // with StepEnded
	Wait     time.Duration // with Waiting: how long; 0: no more
	Err      error         // with Waiting: why
}

// EventKind says what happened.
type EventKind int

// What can happen to a step.
const (
	StepBegun EventKind = iota
	StepProgress
	StepEnded
	Waiting // nothing is done until the server may be asked again
)
