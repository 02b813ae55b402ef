package cli

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/rules"
)

// showRules shows the rules of the accounts in the order in which they run, by the
// configuration alone.
func (f *liveFlags) showRules(inv *invocation, json bool) Status {
	src := inv.source(f.sources, true)
	cfg, files, diags := config.Load(src)
	inv.diagnose(diags, files)
	if diags.HasErrors() {
		return StatusError
	}
	accounts, err := f.meant(cfg.Accounts)
	if err != nil {
		return inv.fail(err)
	}
	if len(accounts) == 0 {
		return inv.emptyShard(f.shard)
	}
	if cfg.Partial {
		inv.diagnose(hcl.Diagnostics{{
			Severity: hcl.DiagWarning, Summary: "Something of the configuration is left out",
			Detail: "It hangs on variables without a value. Where rules are among it, give the variables values by -var, -var-file or IMAPFORM_VAR_name: what is shown here lacks those rules.",
		}}, nil)
	}
	var orders []render.RuleOrder
	for _, a := range accounts {
		order := render.RuleOrder{Account: a.Address}
		for _, r := range a.Rules {
			// A test tells what it asks as it judges a message, be it an empty one.
			asks := rules.Explain(r.Match, &message.Message{}, src.Now)
			order.Rules = append(order.Rules, render.OrderedRule{Rule: r, Asks: asks})
		}
		orders = append(orders, order)
	}
	if json {
		return inv.written(render.RuleOrdersJSON(inv.Stdout, orders))
	}
	return inv.written(render.RuleOrders(inv.Stdout, orders, inv.stdout))
}
