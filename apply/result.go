package apply

// A Result is what an apply did. Its zero value did nothing.
type Result struct {
	Added, Changed, Destroyed int // resources, counted as the plan's summary counts them
	Messages                  Counts
	Steps                     []Outcome // one for each step of the plan, in its order
	Interrupted               bool      // stopped on request before its end
}

// Counts are messages by what was done to them.
type Counts struct {
	Copied, Moved, Trashed, Deleted, Flagged int
}

// An Outcome is what came of one step.
type Outcome struct {
	Status  Status
	Done    Counts
	Skipped []Skip
	Err     error    // with StatusFailed, StatusBlocked
	Notes   []string // what else somebody should know; nothing is wrong

	folder bool // the server confirmed that the step's folder was made, changed or removed
}

// Status says how a step ended. The zero value: it was not begun.
type Status int

// The ways a step ends.
const (
	StatusNotBegun Status = iota
	StatusDone            // all that could still be done; Skipped says what not, and why
	StatusFailed          // Err says why; Done what was done before
	StatusBlocked         // something that it depends on failed; Err says what
)

// A Skip counts messages of a step that were left alone for one reason.
type Skip struct {
	Reason   string
	Messages int
	// Harmless says that nothing is left to do for them: gone, done already, or
	// changed so that their rule need not take them any more.
	Harmless bool
}

// Exactly has every message count as one to which something is left to do that was left
// alone for another reason than that it was done already: where no later plan finds out what
// has changed meanwhile, as when a run is turned around.
func (r *Result) Exactly() {
	for _, o := range r.Steps {
		for i := range o.Skipped {
			o.Skipped[i].Harmless = o.Skipped[i].Reason == reasonDone
		}
	}
}

// Complete says that everything was done that the plan showed, or needed it no
// more.
func (r *Result) Complete() bool {
	if r.Interrupted {
		return false
	}
	for _, o := range r.Steps {
		if o.Status != StatusDone || o.Err != nil {
			return false
		}
		for _, skip := range o.Skipped {
			if !skip.Harmless {
				return false
			}
		}
	}
	return true
}
