package cli

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/check"
	"github.com/imapform/imapform/internal/render"
)

func planEntry() entry {
	return entry{
		name:    "plan",
		summary: "Show what would change; change nothing",
		text: "Compares the configuration of the current directory with the live mailboxes and shows what an apply would do. " +
			"It changes nothing on any server.\n\n" +
			"With -out the plan is also saved, for imapform show FILE and imapform apply FILE. The file holds no secret, no subject and no sender; who can write it can make an apply move and delete mail.\n\n" +
			"An account that fails does not stop the others: they are shown, and the exit status is 1, whatever else there is to say of them.",
		make: func(inv *invocation) command { return &planCommand{planFlags: newPlanFlags(inv)} },
	}
}

// planFlags are the flags that plan and apply share.
type planFlags struct {
	variableFlags
	accountFlags
	targetFlags
	output
	caching
	form planForm
	// first is done before anything is planned, and says in which accounts, by their
	// addresses, nothing may be done, and why; nil: nothing is done.
	first   func([]*config.Account) (unfit map[string]error, err error)
	samples int // less than 0: as many as the stream deserves
	input   bool
}

func newPlanFlags(inv *invocation) planFlags {
	no := []string{"0", "f", "false", "n", "no", "off"}
	return planFlags{
		accountFlags: newAccountFlags(), samples: -1,
		input: !slices.Contains(no, strings.ToLower(inv.environment["IMAPFORM_INPUT"])),
	}
}

func (f *planFlags) flags(fs *flag.FlagSet) {
	f.variableFlags.flags(fs)
	f.accountFlags.flags(fs)
	f.targetFlags.flags(fs)
	f.output.flags(fs)
	f.caching.flags(fs)
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
	out      string // the file to save the plan in; empty: none
}

func (c *planCommand) flags(fs *flag.FlagSet) {
	c.planFlags.flags(fs)
	c.form.flags(fs)
	fs.BoolVar(&c.detailed, "detailed-exitcode", false, "Exit with status 2 if there are changes, with 0 if there are none.")
	fs.Func("out", "Save the plan in this `FILE`, for imapform apply FILE. Accounts that could not be planned are not in it.", func(s string) error {
		if s == "" {
			return errors.New("write it as -out=FILE")
		}
		c.out = s
		return nil
	})
}

func (c *planCommand) run(ctx context.Context, inv *invocation, _ []string) Status {
	if err := c.check(inv); err != nil {
		return inv.fail(err)
	}
	return inv.told(c.output, func() Status { return c.runTold(ctx, inv) })
}

// check refuses what cannot be meant, before any time is spent on the plan.
func (c *planCommand) check(inv *invocation) error {
	if err := c.form.check(c.output, c.samples); err != nil {
		return err
	}
	return c.output.check(inv, namedFile{"the flag -out", c.out}, namedFile{"the flag -markdown-into", c.form.markdownInto})
}

func (c *planCommand) runTold(ctx context.Context, inv *invocation) Status {
	if err := cmp.Or(inv.maySave(c.out), inv.mayWriteMarkdown(c.form.markdownInto)); err != nil {
		return inv.fail(err)
	}
	progress, end := inv.progress()
	defer end()
	c.first = func(accounts []*config.Account) (map[string]error, error) {
		inv.tellUnfinished(journaling{}, accounts)
		return nil, nil
	}
	all, status := c.plan(ctx, inv, progress)
	for _, p := range all {
		p.close()
	}
	inv.tellUnplanned(all)
	if c.form.markdown {
		inv.Stdout = inv.Stderr // what else there is to tell is no part of the Markdown
	}
	if err := inv.save(c.out, all); err != nil {
		return inv.fail(err)
	}
	switch {
	case len(unplanned(all)) > 0:
		return unplannedStatus(all)
	case status == StatusOK && c.detailed && len(withChanges(all)) > 0:
		return StatusChanges
	default:
		return status
	}
}

// unplannedStatus is the status where accounts could not be planned: that of a rail
// if each of them would have had more read than may be.
func unplannedStatus(all []*planned) Status {
	for _, p := range unplanned(all) {
		if !p.rail {
			return StatusError
		}
	}
	return StatusRail
}

// plan plans the accounts that are meant and shows the plans that there are. The
// status says whether these may be applied.
func (f *planFlags) plan(ctx context.Context, inv *invocation, progress *render.Progress) ([]*planned, Status) {
	all, files, status := f.made(ctx, inv, progress)
	if len(all) == 0 {
		return nil, status
	}
	return all, f.show(inv, all, files)
}

// made plans the accounts that are meant. Where there is none, the status says whether
// that is an error, which was told.
func (f *planFlags) made(ctx context.Context, inv *invocation, progress *render.Progress) ([]*planned, config.Files, Status) {
	src := inv.source(f.sources, false)
	cfg, files, diags := config.Load(src)
	if cfg != nil {
		diags = append(diags, check.Unplanned(check.Config(cfg))...)
	}
	inv.diagnose(diags, files)
	if diags.HasErrors() {
		return nil, files, StatusError
	}
	accounts, err := f.meant(cfg.Accounts)
	if err != nil {
		return nil, files, inv.fail(err)
	}
	target, err := f.targeting(cfg.Accounts, f.accounts)
	if err != nil {
		return nil, files, inv.fail(err)
	}
	if len(accounts) == 0 {
		return nil, files, inv.emptyShard(f.shard)
	}
	var unfit map[string]error
	if f.first != nil {
		if unfit, err = f.first(accounts); err != nil {
			return nil, files, inv.fail(err)
		}
	}
	fit := slices.DeleteFunc(slices.Clone(accounts), func(a *config.Account) bool { return unfit[a.Address] != nil })
	inv.connecting.Store(true)
	all := inv.planAll(ctx, cfg, src.Now, fit, f.caching, f.parallelism, progress)
	for i, a := range accounts {
		if err := unfit[a.Address]; err != nil {
			p := &planned{account: a}
			p.fail(ctx, "plan", cannotResume(err))
			all = slices.Insert(all, i, p)
		}
	}
	narrow(all, target)
	for _, p := range all {
		p.hidden.Accounts = len(cfg.Accounts) - len(accounts)
	}
	return all, files, StatusOK
}

// show writes the plans that there are, and why there are no others.
func (f *planFlags) show(inv *invocation, all []*planned, files config.Files) Status {
	o := inv.stdout
	o.Files, o.Samples, o.Missing = files, max(0, f.samples), addressesOf(unplanned(all))
	o.Hidden = hiddenOf(all)
	if f.samples < 0 && inv.StdoutTerminal {
		o.Samples = 3
	}
	plans, problems := plansOf(all), problemsOf(all)
	var broken []string
	for _, p := range plans {
		if len(p.Broken) > 0 {
			broken = append(broken, p.Account)
		}
	}
	status := StatusOK
	if len(plans) > 0 {
		status = inv.written(f.form.write(inv, plans, o, f.samples))
	}
	inv.streamPlans(problems, plans, o.Hidden, files)
	told := inv.stderr
	told.Files = files
	_ = render.ProblemsOf(inv.Stderr, problems, told)
	if len(broken) > 0 {
		inv.fail(brokenRails(broken, len(all)))
		if status == StatusOK {
			status = StatusRail
		}
	}
	return status
}

// brokenRails is the problem that the plans of these accounts, of so many, break
// rails.
func brokenRails(broken []string, of int) *problem {
	detail := "It breaks a rail, as shown with the plan. Nothing was changed."
	if of > 1 {
		detail = fmt.Sprintf("It breaks a rail in %s, as shown with the plan, so that nothing is applied in any account. "+
			"Nothing was changed. To apply others alone, name them by the flag -account.", render.Some(broken))
	}
	return &problem{"The plan cannot be applied", detail}
}

// tellUnplanned lists the accounts that could not be planned, where there are
// several: one alone has told it. Those that an interrupt kept from it are counted.
func (inv *invocation) tellUnplanned(all []*planned) {
	var failures []render.Failure
	interrupted := 0
	for _, p := range unplanned(all) {
		if p.stopped {
			interrupted++
			continue
		}
		failures = append(failures, render.Failure{Account: p.account.Address, Reason: p.why})
	}
	if len(all) > 1 && len(failures) > 0 {
		_ = render.Failures(inv.Stderr, failures, len(all), inv.stderr)
	}
	switch {
	case interrupted > 0 && len(all) > 1:
		inv.fail(&problem{"Interrupted", fmt.Sprintf("%d of %d accounts were not planned. Nothing was changed.", interrupted, len(all))})
	case interrupted > 0:
		inv.fail(errNothingChanged)
	}
}

// errNothingChanged is an interrupt before anything was changed.
var errNothingChanged = &problem{"Interrupted", "Nothing was changed."}
