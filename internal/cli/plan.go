package cli

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/render"
	"github.com/imapform/imapform/plan"
)

func planEntry() entry {
	return entry{
		name:    "plan",
		summary: "Show what would change; change nothing",
		text: "Compares the configuration of the current directory with the live mailboxes and shows what an apply would do. " +
			"It changes nothing on any server.",
		make: func(inv *invocation) command { return &planCommand{planFlags: newPlanFlags(inv)} },
	}
}

// planFlags are the flags that plan and apply share.
type planFlags struct {
	variableFlags
	accounts []string
	samples  int // less than 0: as many as the stream deserves
	input    bool
}

func newPlanFlags(inv *invocation) planFlags {
	no := []string{"0", "f", "false", "n", "no", "off"}
	return planFlags{samples: -1, input: !slices.Contains(no, strings.ToLower(inv.environment["IMAPFORM_INPUT"]))}
}

func (f *planFlags) flags(fs *flag.FlagSet) {
	f.variableFlags.flags(fs)
	fs.Func("account", "Only this account, by `NAME` or address. May be given several times.", func(s string) error {
		f.accounts = append(f.accounts, s)
		return nil
	})
	asks := f.input // the flag's own default is the same whatever the environment says
	fs.BoolVar(&f.input, "input", true, "Ask nothing: fail where an answer is needed.")
	f.input = asks
	fs.Func("samples", "Show `N` messages of each rule, with sender and subject: 3 on a terminal, none elsewhere, unless told here.", func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return fmt.Errorf("%q is no number of messages", s)
		}
		f.samples = n
		return nil
	})
}

// planCommand is the plan command.
type planCommand struct {
	planFlags
	detailed bool
}

func (c *planCommand) flags(fs *flag.FlagSet) {
	c.planFlags.flags(fs)
	fs.BoolVar(&c.detailed, "detailed-exitcode", false, "Exit with status 2 if there are changes, with 0 if there are none.")
}

func (c *planCommand) run(ctx context.Context, inv *invocation, _ []string) Status {
	progress, end := inv.progress()
	defer end()
	all, status := c.plan(ctx, inv, progress)
	for _, p := range all {
		p.close()
	}
	if status != StatusOK {
		return status
	}
	if c.detailed && slices.ContainsFunc(all, func(p *planned) bool { return !p.plan.Empty() }) {
		return StatusChanges
	}
	return StatusOK
}

// plan plans the accounts that are meant and shows the plans. The status says
// whether they may be applied.
func (f *planFlags) plan(ctx context.Context, inv *invocation, progress *render.Progress) ([]*planned, Status) {
	cfg, files, diags := inv.load(f.sources, false)
	inv.diagnose(diags, files)
	if diags.HasErrors() {
		return nil, StatusError
	}
	accounts, err := chosen(cfg.Accounts, f.accounts)
	if err != nil {
		return nil, inv.fail(err)
	}
	inv.connecting.Store(true)
	all := inv.planAll(ctx, cfg, accounts, progress)
	return all, f.show(inv, all, files)
}

// show writes the plans that there are, and why there are no others.
func (f *planFlags) show(inv *invocation, all []*planned, files config.Files) Status {
	o := inv.stdout
	o.Files, o.Samples = files, max(0, f.samples)
	if f.samples < 0 && inv.StdoutTerminal {
		o.Samples = 3
	}
	var plans []*plan.Plan
	status := StatusOK
	for _, p := range all {
		if p.plan == nil {
			status, o.Missing = StatusError, true
			continue
		}
		plans = append(plans, p.plan)
		if len(p.plan.Broken) > 0 && status == StatusOK {
			status = StatusRail
		}
	}
	if len(plans) > 0 {
		if s := inv.written(render.Plan(inv.Stdout, plans, o)); s != StatusOK {
			status = s
		}
	}
	for _, p := range all {
		inv.diagnose(p.diags, files)
	}
	if status == StatusRail {
		inv.fail(&problem{"The plan cannot be applied", "It breaks a rail, as shown with the plan. Nothing was changed."})
	}
	return status
}
