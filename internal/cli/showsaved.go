package cli

import (
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/plan"
)

// check refuses what cannot be meant together.
func (c *showCommand) check(args []string) error {
	switch {
	case c.json && c.markdown:
		return &problem{"The flags -json and -markdown exclude each other", "Each of them says what standard output is to hold: leave one of them out."}
	case c.markdownKey != "" && !c.markdown:
		return &problem{"The flag -markdown-key is for Markdown", "It tells a comment from others: use it with -markdown."}
	case c.markdown && len(args) == 0:
		return &problem{"The flag -markdown is for saved plans", "Name the plan that imapform plan -out=FILE has saved: imapform show -markdown FILE."}
	}
	return nil
}

// plansIn are the plans of a saved one.
func plansIn(saved *plan.Saved) []*plan.Plan {
	var plans []*plan.Plan
	for _, a := range saved.Accounts {
		plans = append(plans, a.Plan)
	}
	return plans
}

// writeSaved shows a saved plan.
func (c *showCommand) writeSaved(inv *invocation, saved *plan.Saved) error {
	plans := plansIn(saved)
	o := inv.stdout
	o.Hidden = saved.Hidden
	switch {
	case c.json:
		return render.PlanJSON(inv.Stdout, plans, render.PlanRun{Version: inv.Version, Now: saved.Made, Hidden: saved.Hidden})
	case c.markdown:
		return render.Markdown(inv.Stdout, plans, markdownOptions(o, 0, c.markdownKey))
	default:
		return render.Plan(inv.Stdout, plans, o)
	}
}
