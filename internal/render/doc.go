// Package render owns the words that people see: plans, diagnostics, progress and
// what an apply did. It turns values into text; nothing else in the project writes
// text for people.
//
// What the values mean belongs to plan, apply and config; which stream they go to
// to internal/cli. The package performs no I/O but on the writers that it is
// handed.
package render

import (
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/plan"
)

// Options say how text is to look. The zero value is plain text for a file: no
// colour, no wrapping, no samples.
type Options struct {
	Color   bool
	Width   int          // columns; 0: lines are not wrapped
	Samples int          // messages shown of each rule; they are private
	Missing []string     // accounts that could not be planned: nothing is said of all of them
	Files   config.Files // source texts for what points into the configuration
	// CompactWarnings shows warnings as a list of their summaries where there is no
	// error beside them.
	CompactWarnings bool
	Hidden          plan.Hidden // what was left out of the plans on purpose
	Undoes          string      // the ID of the run that the plans turn around; empty: none
}
