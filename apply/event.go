package apply

// An Event tells how an apply goes. Step is the index of the plan's step.
type Event struct {
	Kind     EventKind
	Step     int
	Messages int      // done so far, of the step's
	Outcome  *Outcome // with StepEnded
}

// EventKind says what happened.
type EventKind int

// What can happen to a step.
const (
	StepBegun EventKind = iota
	StepProgress
	StepEnded
)
