// Package document owns the plan for machines: the JSON document that show -json
// prints and the lines of the stream that -json writes, as Go types whose comments
// are their documentation, and how plans become them.
//
// It is pure. What words people read, how lines are written and what diagnostics say
// belong to render; what is planned belongs to plan. The JSON of saved plans, which
// apply reads, is plan's and another one.
package document

import (
	"slices"
	"time"

	"github.com/imapform/imapform/plan"
)

// FormatVersion is the version of the document and of the stream: the first number
// grows when something is taken away or means something else, the second when
// something is added. docs/plan.schema.json describes exactly this version.
const FormatVersion = "1.0"

// A Plan is what an apply of all accounts together would do, in the shape of
// Terraform's JSON plan as far as mailboxes have its like.
type Plan struct {
	// FormatVersion is "1.0". A reader should take any that begins with "1." and leave
	// alone what it does not know.
	FormatVersion string `json:"format_version"`
	// ImapformVersion is the version of the program that wrote the document.
	ImapformVersion string `json:"imapform_version"`
	// Timestamp is when the mailboxes were looked at, by which rules measured age: RFC
	// 3339, in UTC.
	Timestamp string `json:"timestamp"`
	// Applyable says that there is something to do, and that no rail forbids it.
	Applyable bool `json:"applyable"`
	// Complete says that the plan is all that the configuration asks for: no account
	// failed, and neither -target nor -exclude was given. Of a saved plan, only the
	// accounts that are in the file are known.
	Complete bool `json:"complete"`
	// Errored says that an account could not be planned, or that there is another error
	// among the diagnostics but a broken rail.
	Errored bool `json:"errored"`
	// ResourceChanges are folders and rules for which there is something to do, by
	// account: folders that are there afterwards, rules in the order in which they run,
	// folders that are removed.
	ResourceChanges []ResourceChange `json:"resource_changes"`
	// MessageChanges are what is done to messages, in the order of execution.
	MessageChanges []MessageChange `json:"message_changes"`
	// Operations are all that is done, by account, in the order of execution.
	Operations []Operation `json:"operations"`
	// Matches count what each rule found.
	Matches []Match `json:"matches"`
	// Summary counts it all.
	Summary Summary `json:"summary"`
	// Rails are those of the policy that the plan breaks. Each is a diagnostic, too.
	Rails []Rail `json:"rails"`
	// Hidden is what -target, -exclude, -account and -shard left out. Left out where that
	// is nothing.
	Hidden *Hidden `json:"hidden,omitempty"`
	// Diagnostics are warnings and errors, also those of rails. A saved plan holds no
	// warnings; that it is a part is told all the same.
	Diagnostics []Diagnostic `json:"diagnostics"`
}

// Hidden is what -target and -exclude left out of a plan, and -account and -shard of the
// accounts.
type Hidden struct {
	// Targets are the values of -target.
	Targets []string `json:"targets"`
	// Excludes are the values of -exclude.
	Excludes []string `json:"excludes"`
	// Operations is how many more operations the whole plan has.
	Operations int `json:"operations"`
	// Messages is to how many more messages the whole plan does something.
	Messages int `json:"messages"`
	// Accounts is how many accounts were not looked at, because of -account or -shard.
	Accounts int `json:"accounts"`
}

// A Rail is a limit of the configuration that the plan breaks: it cannot be applied.
type Rail struct {
	// Account is the address of the account whose plan breaks it.
	Account string `json:"account"`
	// Rail is the argument: max_messages, protected.
	Rail string `json:"rail"`
	// Of is the address of the rule or account whose argument it is. Left out: the
	// policy block's.
	Of string `json:"of,omitempty"`
	// Detail says what the plan would do.
	Detail string `json:"detail"`
	// Allow is the line of configuration that would allow it. Left out: there is none.
	Allow string `json:"allow,omitempty"`
	// Filename is where the argument stands. Left out: it is not told.
	Filename string `json:"filename,omitempty"`
	// Line is the line of the file, from 1.
	Line int `json:"line,omitempty"`
}

// A Run is what a document holds besides plans.
type Run struct {
	Version string    // of the program, without "v"
	Made    time.Time // the timestamp where there is no plan to tell it
	Missing []string  // addresses of accounts that could not be planned
	Hidden  plan.Hidden
	// Diagnostics are those of the configuration, of the accounts and of the plans,
	// rails included; RailsBroken those of rails among them.
	Diagnostics []Diagnostic
	RailsBroken int
}

// Of is the document of plans, one an account. The plans are only read.
func Of(plans []*plan.Plan, run Run) Plan {
	made := run.Made
	d := Plan{
		FormatVersion: FormatVersion, ImapformVersion: run.Version,
		ResourceChanges: []ResourceChange{}, MessageChanges: []MessageChange{}, Operations: []Operation{},
		Matches: []Match{}, Rails: []Rail{}, Diagnostics: listOf(run.Diagnostics),
		Summary: summaryOf(plans, run.Missing), Hidden: HiddenOf(run.Hidden),
	}
	for _, p := range plans {
		if !p.Made.IsZero() {
			made = p.Made // the same of all
		}
		d.ResourceChanges = append(d.ResourceChanges, Resources(p)...)
		d.add(p)
		d.Matches = append(d.Matches, matchesOf(p)...)
		d.Rails = append(d.Rails, railsOf(p)...)
	}
	d.Timestamp = made.UTC().Format(time.RFC3339)
	errors := 0
	for _, told := range d.Diagnostics {
		if told.Severity == SeverityError {
			errors++
		}
	}
	d.Errored = len(run.Missing) > 0 || errors > run.RailsBroken
	d.Complete = !d.Errored && d.Hidden == nil
	d.Applyable = len(d.Operations) > 0 && len(d.Rails) == 0
	return d
}

// HiddenOf is what was left out on purpose; nil: nothing was asked to be.
func HiddenOf(h plan.Hidden) *Hidden {
	if len(h.Targets)+len(h.Excludes)+h.Accounts == 0 {
		return nil
	}
	return &Hidden{Targets: listOf(h.Targets), Excludes: listOf(h.Excludes), Operations: h.Steps, Messages: h.Messages, Accounts: h.Accounts}
}

func railsOf(p *plan.Plan) []Rail {
	var all []Rail
	for _, b := range p.Broken {
		all = append(all, Rail{
			Account: p.Account, Rail: b.Rail, Of: b.Of, Detail: b.Detail, Allow: b.Allow,
			Filename: b.Subject.Filename, Line: b.Subject.Start.Line,
		})
	}
	return all
}

// listOf is a copy that is an empty list in JSON, not null, where there is nothing.
func listOf[T any](all []T) []T { return append([]T{}, all...) }

// textsOf is listOf as text.
func textsOf[T ~string](all []T) []string {
	made := []string{}
	for _, s := range all {
		made = append(made, string(s))
	}
	return slices.Clip(made)
}
