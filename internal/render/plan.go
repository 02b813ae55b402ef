package render

import (
	"io"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/plan"
)

// Plan writes what plans would do, one section an account, and the total.
func Plan(w io.Writer, plans []*plan.Plan, o Options) error {
	p := newPage(o)
	var sections [][]block
	used := map[action]bool{}
	for _, pl := range plans {
		blocks := blocksOf(pl, o)
		sections = append(sections, blocks)
		for _, b := range blocks {
			b.collect(used)
		}
	}
	p.legend(used)
	if len(used) > 0 || len(o.Missing) > 0 {
		p.sections(plans, sections)
	}
	p.total(plans, len(used) > 0)
	p.remarks(plans)
	return p.writeTo(w)
}

// mostQuiet is how many accounts without changes are named.
const mostQuiet = 3

// sections writes the plans, one after the other. Many that change nothing are
// summed up.
func (p *page) sections(plans []*plan.Plan, blocks [][]block) {
	quiet := 0
	for _, b := range blocks {
		if len(b) == 0 {
			quiet++
		}
	}
	for i, pl := range plans {
		if len(blocks[i]) > 0 || quiet <= mostQuiet {
			p.section(pl, blocks[i], p.several(plans))
		}
	}
	if quiet > mostQuiet {
		p.line(p.bold(count(quiet, "account")+": no changes"), ".")
		p.line()
	}
}

// several says whether there are other accounts than one, so that each must be
// named.
func (p *page) several(plans []*plan.Plan) bool { return len(plans)+len(p.o.Missing) > 1 }

func (p *page) legend(used map[action]bool) {
	if len(used) == 0 {
		return
	}
	p.introduction()
	for _, entry := range legend {
		if used[entry.action] {
			p.line("  ", p.symbol(entry.action), " ", entry.words)
		}
	}
	p.line()
}

// introduction says what follows, in two lines where nothing narrower is known.
func (p *page) introduction() {
	first := "imapform compared the configuration with the live mailboxes and generated the following"
	if p.o.Undoes != "" {
		first = "imapform read the journal of the run " + p.o.Undoes + " and generated the following"
	}
	const second = "execution plan. Actions are indicated with the following symbols:"
	if p.o.Width > 0 && p.o.Width < len(first) {
		p.paragraph(clean(first + " " + second))
		return
	}
	p.line(clean(first))
	p.line(second)
}

// section writes the plan of one account.
func (p *page) section(pl *plan.Plan, blocks []block, named bool) {
	if len(blocks) > 0 {
		p.line("imapform will perform the following actions", inAccount(pl, named), ":")
		p.line()
	} else if named {
		p.line(p.bold("No changes"+inAccount(pl, named)), ".")
		p.line()
	}
	for _, b := range blocks {
		p.block(b)
	}
}

// Rails writes the rails that plans break.
func Rails(w io.Writer, plans []*plan.Plan, o Options) error {
	p := newPage(o)
	p.problems(p.broken(plans))
	return p.writeTo(w)
}

// remarks writes what else there is to know of the plans, the worst last.
func (p *page) remarks(plans []*plan.Plan) {
	var notes []Problems
	for _, pl := range plans {
		notes = append(notes, Problems{pl.Account, warnings(pl)})
	}
	told, broken := together(notes, p.several(plans)), p.broken(plans)
	if part := partial(p.o.Hidden, len(broken) > 0); part != nil {
		told = append(hcl.Diagnostics{part}, told...)
	}
	p.problems(append(told, broken...))
}

func (p *page) broken(plans []*plan.Plan) hcl.Diagnostics {
	var broken []Problems
	for _, pl := range plans {
		broken = append(broken, Problems{pl.Account, rails(pl)})
	}
	return together(broken, p.several(plans))
}

func inAccount(pl *plan.Plan, named bool) safe {
	if !named {
		return ""
	}
	return " in " + clean(pl.Account)
}

// total writes the line that sums everything up, and what it leaves out.
func (p *page) total(plans []*plan.Plan, changes bool) {
	switch {
	case changes:
		var sum plan.Summary
		for _, pl := range plans {
			sum = add(sum, pl.Summary())
		}
		line := clean(sum.String())
		p.line(p.bold(line[:len("Plan:")]), line[len("Plan:"):])
	case p.o.Undoes != "":
		p.line(p.bold(p.green("No changes.")), p.bold(" There is nothing of the run to turn around."))
	case len(p.o.Missing) == 0 && p.o.Hidden.Steps+p.o.Hidden.Messages > 0:
		p.line(p.bold(p.green("No changes.")), p.bold(" What is targeted matches the configuration, or needs what is hidden."))
	case len(p.o.Missing) == 0 && p.o.Hidden.Accounts > 0:
		p.line(p.bold(p.green("No changes.")), p.bold(" "+lookedAt(plans)+" the configuration."))
	case len(p.o.Missing) == 0:
		p.line(p.bold(p.green("No changes.")), p.bold(" Your mailboxes match the configuration."))
	}
	if n := p.o.Hidden.Accounts; n > 0 {
		p.paragraph(leftOut(n))
	}
	if len(p.o.Missing) > 0 {
		p.paragraph(missing(p.o, len(plans)+len(p.o.Missing)))
	}
}

// lookedAt says which accounts match, where not all were looked at.
func lookedAt(plans []*plan.Plan) safe {
	if len(plans) == 1 {
		return clean(plans[0].Account) + " matches"
	}
	return count(len(plans), "account") + " match"
}

// leftOut says that accounts were not looked at.
func leftOut(accounts int) safe {
	return count(accounts, "other account") + pick(accounts == 1, " was", " were") + " not looked at, because of -account or -shard."
}

func add(a, b plan.Summary) plan.Summary {
	return plan.Summary{
		Add: a.Add + b.Add, Change: a.Change + b.Change, Destroy: a.Destroy + b.Destroy,
		Messages: plan.MessageCounts{
			Copy:   a.Messages.Copy + b.Messages.Copy,
			Move:   a.Messages.Move + b.Messages.Move,
			Trash:  a.Messages.Trash + b.Messages.Trash,
			Delete: a.Messages.Delete + b.Messages.Delete,
			Flag:   a.Messages.Flag + b.Messages.Flag,
		},
	}
}

// blocksOf are the resources of a plan: folders to make and to change, what rules
// do, folders to remove.
func blocksOf(pl *plan.Plan, o Options) []block {
	folders, removals := folderBlocks(pl)
	return slices.Concat(folders, ruleBlocks(pl, o), removals)
}

func (b block) collect(used map[action]bool) {
	used[b.action] = true
	for _, a := range b.attributes {
		if a.action != actionNone {
			used[a.action] = true
		}
		for _, i := range a.items {
			used[i.action] = true
		}
	}
}

// warnings are what somebody should know besides the steps.
func warnings(pl *plan.Plan) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, n := range pl.Notes {
		d := &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: n.Summary, Detail: n.Detail}
		if n.Subject != (hcl.Range{}) {
			d.Subject = n.Subject.Ptr()
		}
		diags = append(diags, d)
	}
	return append(diags, leftByIdleRules(pl)...)
}

// brokenRail is a rail as a problem, with the line that would allow the plan.
func brokenRail(pl *plan.Plan, b plan.Broken) *hcl.Diagnostic {
	detail := b.Detail
	const wanted = "\n\nIf that is what you want, "
	switch {
	case b.Allow == "":
	case b.Of == "":
		detail += wanted + "the policy block has to allow it:\n    policy { " + b.Allow + " }"
	case b.Of == pl.Account:
		detail += wanted + "the account has to allow it:\n    " + b.Allow
	default:
		detail += wanted + "the rule has to allow it:\n    " + b.Allow
	}
	d := &hcl.Diagnostic{
		Severity: hcl.DiagError,
		Summary:  "The plan for " + pl.Account + " breaks the rail " + b.Rail,
		Detail:   detail,
	}
	if b.Subject != (hcl.Range{}) {
		d.Subject = b.Subject.Ptr()
	}
	return d
}
