package document

// A Line is an event of the stream, in the shape of Terraform's machine-readable UI:
// one JSON object a line. Which of the members below type there is hangs on type.
type Line struct {
	// Level is error, warn or info.
	Level Level `json:"@level"`
	// Message says it in words for people.
	Message string `json:"@message"`
	// Module is always "imapform.ui".
	Module LineModule `json:"@module"`
	// Timestamp is when it happened: RFC 3339, in UTC.
	Timestamp string `json:"@timestamp"`
	// Type is what happened. More may come; a reader should leave alone what it does not
	// know.
	Type LineType `json:"type"`

	// Imapform is, in a line of type version, the version of the program.
	Imapform string `json:"imapform,omitempty"`
	// UI is, in a line of type version, the version of the stream's format: that of the
	// document.
	UI string `json:"ui,omitempty"`
	// Diagnostic is an error or warning, in a line of type diagnostic.
	Diagnostic *Diagnostic `json:"diagnostic,omitempty"`
	// Change is a resource for which there is something to do, in a line of type
	// planned_change.
	Change *PlannedChange `json:"change,omitempty"`
	// Changes count a plan, or what an apply did, in a line of type change_summary.
	Changes *Changes `json:"changes,omitempty"`
	// Hook is how a step of an apply goes, in lines of the types that begin with apply_.
	Hook *Hook `json:"hook,omitempty"`
	// Cost is what a part of the run has cost, in a line of type protocol_cost.
	Cost *ProtocolCost `json:"cost,omitempty"`
	// Outcome is how the run ended, in the last line, which is of type outcome.
	Outcome *Outcome `json:"outcome,omitempty"`
}

// A Level is how bad a line is.
type Level string

// The levels.
const (
	LevelError Level = "error"
	LevelWarn  Level = "warn"
	LevelInfo  Level = "info"
)

// A LineModule is Terraform's name for who wrote a line.
type LineModule string

// ModuleUI is the only one.
const ModuleUI LineModule = "imapform.ui"

// A LineType is what happened.
type LineType string

// The types of lines.
const (
	LineVersion       LineType = "version"
	LineDiagnostic    LineType = "diagnostic"
	LinePlannedChange LineType = "planned_change"
	LineChangeSummary LineType = "change_summary"
	LineApplyStart    LineType = "apply_start"
	LineApplyProgress LineType = "apply_progress"
	LineApplyComplete LineType = "apply_complete"
	LineApplyErrored  LineType = "apply_errored"
	LineProtocolCost  LineType = "protocol_cost"
	LineOutcome       LineType = "outcome"
)

// A PlannedChange is a resource of a plan.
type PlannedChange struct {
	// Resource is which one.
	Resource Resource `json:"resource"`
	// Action is what happens to it.
	Action Action `json:"action"`
	// Messages is, for a rule, how many messages it is applied to.
	Messages *int `json:"messages,omitempty"`
}

// A Resource names a resource in the way of Terraform's stream.
type Resource struct {
	// Addr is the address of the resource change.
	Addr string `json:"addr"`
	// Account is the address of the account.
	Account string `json:"account"`
	// Module is the address of the module; empty: the root module.
	Module string `json:"module"`
	// Resource is the address without account and module.
	Resource string `json:"resource"`
	// Provider is always "imapform".
	Provider Provider `json:"implied_provider"`
	// Type is folder or rule.
	Type ResourceType `json:"resource_type"`
	// Name is the label of the block; of a folder that no block declares, its name.
	Name string `json:"resource_name"`
	// Key is that of an instance of a block with for_each; null: it has none.
	Key *string `json:"resource_key"`
}

// Changes count a plan, or what an apply did.
type Changes struct {
	// Add is how many folders are created.
	Add int `json:"add"`
	// Change is how many folders and rules are changed.
	Change int `json:"change"`
	// Import is always 0: Terraform's readers look for it.
	Import int `json:"import"`
	// Remove is how many folders are removed, and how many rules delete for good.
	Remove int `json:"remove"`
	// Operation is plan for what is to be done, apply for what was done.
	Operation RunOperation `json:"operation"`
	// Messages counts messages by what is done to them.
	Messages MessageCounts `json:"messages"`
	// Hidden is what -target, -exclude, -account and -shard left out of the plan. Left out
	// where that is nothing.
	Hidden *Hidden `json:"hidden,omitempty"`
}

// A RunOperation says whether something is planned or done.
type RunOperation string

// What a run does.
const (
	RunPlan  RunOperation = "plan"
	RunApply RunOperation = "apply"
)

// A Hook is how a step of an apply goes.
type Hook struct {
	// Resource is what the step is a part of.
	Resource Resource `json:"resource"`
	// Action is what happens to that.
	Action Action `json:"action"`
	// Step is the place among the account's operations, from 0.
	Step int `json:"step"`
	// Operation is what the step does.
	Operation OperationAction `json:"operation"`
	// Messages is how many messages it is about. Left out: none.
	Messages *int `json:"messages,omitempty"`
	// Handled is how many of them are dealt with so far, in lines of type
	// apply_progress.
	Handled *int `json:"handled,omitempty"`
	// Elapsed is the time since the step was begun, in seconds. Left out in lines of
	// type apply_start.
	Elapsed *float64 `json:"elapsed_seconds,omitempty"`
	// Done counts what was done to messages, and confirmed, in lines of the types
	// apply_complete and apply_errored.
	Done *MessageCounts `json:"done,omitempty"`
	// Skipped are messages that were left alone, and why.
	Skipped []Skipped `json:"skipped,omitempty"`
}

// Skipped counts messages that an apply left alone for one reason.
type Skipped struct {
	// Reason is in words for people.
	Reason string `json:"reason"`
	// Messages is how many.
	Messages int `json:"messages"`
	// Harmless says that nothing is left to do for them.
	Harmless bool `json:"harmless"`
}

// An Outcome is how a run ended.
type Outcome struct {
	// ExitStatus is the program's.
	ExitStatus int `json:"exit_status"`
	// Status says it in a word.
	Status OutcomeStatus `json:"status"`
}

// An OutcomeStatus is an exit status as a word.
type OutcomeStatus string

// How a run can end: the exit statuses 0, 1, 2, 4, 5 and 6.
const (
	OutcomeSuccess    OutcomeStatus = "success"
	OutcomeError      OutcomeStatus = "error"
	OutcomeChanges    OutcomeStatus = "changes"
	OutcomeRail       OutcomeStatus = "rail"
	OutcomeStale      OutcomeStatus = "stale"
	OutcomeIncomplete OutcomeStatus = "incomplete"
)

// Named is the resource as lines of the stream name it.
func (r ResourceChange) Named() Resource {
	named := Resource{
		Addr: r.Address, Account: r.Account, Module: r.ModuleAddress,
		Provider: r.ProviderName, Type: r.Type, Name: r.Name, Key: r.Index,
	}
	named.Resource = r.Address[len(r.Account)+len("."):]
	if r.ModuleAddress != "" {
		named.Resource = named.Resource[len(r.ModuleAddress)+len("."):]
	}
	return named
}
