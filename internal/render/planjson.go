package render

import (
	"io"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/document"
	"github.com/imapform/imapform/plan"
)

// A PlanRun is what there is to tell of a run that plans, besides the plans. The zero
// value has nothing.
type PlanRun struct {
	Version  string // of the program, without "v"
	Now      time.Time
	Hidden   plan.Hidden
	Missing  []string        // accounts that could not be planned
	Problems []Problems      // of accounts, and of none
	Files    config.Files    // source texts for what points into the configuration
	Config   hcl.Diagnostics // of the configuration
}

// PlanJSON writes what plans would do as one JSON object.
func PlanJSON(w io.Writer, plans []*plan.Plan, run PlanRun) error {
	return writeJSON(w, Document(plans, run))
}

// Document is what plans would do as PlanJSON writes it.
func Document(plans []*plan.Plan, run PlanRun) document.Plan {
	told := document.Run{Version: run.Version, Made: run.Now, Missing: run.Missing, Hidden: run.Hidden}
	told.Diagnostics = diagnosticsOf("", run.Config, run.Files)
	for _, p := range run.Problems {
		told.Diagnostics = append(told.Diagnostics, diagnosticsOf(p.Account, p.Diagnostics, run.Files)...)
	}
	for _, pl := range plans {
		told.Diagnostics = append(told.Diagnostics, diagnosticsOf(pl.Account, warnings(pl), run.Files)...)
	}
	if part := partial(run.Hidden, anyBroken(plans)); part != nil {
		told.Diagnostics = append(told.Diagnostics, diagnosticsOf("", hcl.Diagnostics{part}, nil)...)
	}
	for _, pl := range plans {
		told.Diagnostics = append(told.Diagnostics, diagnosticsOf(pl.Account, rails(pl), run.Files)...)
		told.RailsBroken += len(pl.Broken)
	}
	return document.Of(plans, told)
}

func anyBroken(plans []*plan.Plan) bool {
	return slices.ContainsFunc(plans, func(pl *plan.Plan) bool { return len(pl.Broken) > 0 })
}

// rails are those that a plan breaks, as problems.
func rails(pl *plan.Plan) hcl.Diagnostics {
	var broken hcl.Diagnostics
	for _, b := range pl.Broken {
		broken = append(broken, brokenRail(pl, b))
	}
	return broken
}

func diagnosticsOf(account string, diags hcl.Diagnostics, files config.Files) []document.Diagnostic {
	var all []document.Diagnostic
	for _, d := range diags {
		told := diagnosticOf(d, files)
		told.Account = account
		all = append(all, told)
	}
	return all
}
