package document

import (
	"slices"

	"github.com/imapform/imapform/plan"
)

// A ResourceChange is what happens to a folder or because of a rule, in Terraform's
// shape.
type ResourceChange struct {
	// Address is different for every one of the document. It begins with that of the
	// account: account.work.rule.newsletters. A folder that no block declares has its
	// name for a key: account.work.folder["Archive/2024"].
	Address string `json:"address"`
	// Account is the address of the account: account.work.
	Account string `json:"account"`
	// Block is the address of the block in the configuration, as -target takes it:
	// rule.newsletters, module.lists.folder.list["golang"]. Left out: no block declares
	// the folder.
	Block string `json:"block,omitempty"`
	// ModuleAddress is that of the module in which the block stands. Left out: the root
	// module.
	ModuleAddress string `json:"module_address,omitempty"`
	// Mode is always "managed".
	Mode Mode `json:"mode"`
	// Type is folder or rule.
	Type ResourceType `json:"type"`
	// Name is the label of the block; of a folder that no block declares, its name.
	Name string `json:"name"`
	// Index is the key of an instance of a block with for_each. Left out: it has none.
	Index *string `json:"index,omitempty"`
	// ProviderName is always "imapform".
	ProviderName Provider `json:"provider_name"`
	// Change is what happens.
	Change Change `json:"change"`
}

// A Mode is Terraform's for what is managed, not only read.
type Mode string

// ModeManaged is the only mode.
const ModeManaged Mode = "managed"

// A Provider is who manages a resource.
type Provider string

// ProviderImapform is the only provider.
const ProviderImapform Provider = "imapform"

// A ResourceType is what a resource is.
type ResourceType string

// The types of resources.
const (
	TypeFolder ResourceType = "folder"
	TypeRule   ResourceType = "rule"
)

// A Change is what happens to a resource.
type Change struct {
	// Actions holds one action. That of a rule that deletes messages for good is
	// delete, that of one with any other work update.
	Actions []Action `json:"actions"`
	// Before is the resource as it is; null: it does not exist.
	Before *Values `json:"before"`
	// After is the resource as it will be; null: it will not exist. It is null, too,
	// for a rule that deletes messages for good.
	After *Values `json:"after"`
	// AfterUnknown is {}, or false where "after" is null: nothing is unknown.
	AfterUnknown Marks `json:"after_unknown"`
	// BeforeSensitive is {}, or false where "before" is null: nothing is sensitive.
	BeforeSensitive Marks `json:"before_sensitive"`
	// AfterSensitive is {}, or false where "after" is null: nothing is sensitive.
	AfterSensitive Marks `json:"after_sensitive"`
}

// An Action is Terraform's word for what happens to a resource.
type Action string

// The actions.
const (
	ActionNoOp   Action = "no-op"
	ActionCreate Action = "create"
	ActionUpdate Action = "update"
	ActionDelete Action = "delete"
)

// Values are the attributes of a folder or a rule. What is not known, or does not
// change and is not told, is left out.
type Values struct {
	// Name is the folder's.
	Name string `json:"name,omitempty"`
	// SpecialUse is what a new folder is to be for: archive, trash.
	SpecialUse string `json:"special_use,omitempty"`
	// Subscribed says whether the folder is subscribed.
	Subscribed *bool `json:"subscribed,omitempty"`
	// Messages is how many are in a folder; of a rule, how many it is applied to.
	Messages *int `json:"messages,omitempty"`
	// Folders is, for a rule, how many of its messages lie where, by the folder's name
	// once folders are renamed. What is deleted for good lies nowhere afterwards.
	Folders map[string]int `json:"folders,omitempty"`
	// Copies is, for a rule, of how many messages a copy is made where.
	Copies map[string]int `json:"copies,omitempty"`
	// FlagsAdded is, for a rule, on how many messages each flag is set that was not.
	FlagsAdded map[string]int `json:"flags_added,omitempty"`
	// FlagsRemoved is, for a rule, on how many messages each flag is removed.
	FlagsRemoved map[string]int `json:"flags_removed,omitempty"`
}

// Marks say which attributes of an object are marked, in Terraform's way: none is.
// True is written as {}, the marks of an object; false where there is no object.
type Marks bool

// MarshalJSON writes {} or false.
func (m Marks) MarshalJSON() ([]byte, error) {
	if m {
		return []byte("{}"), nil
	}
	return []byte("false"), nil
}

func changeOf(action Action, before, after *Values) Change {
	return Change{
		Actions: []Action{action}, Before: before, After: after,
		AfterUnknown: after != nil, BeforeSensitive: before != nil, AfterSensitive: after != nil,
	}
}

// Resources are the folders and rules of a plan for which there is something to do.
// There are as many to create, to update and to delete as the plan's summary counts.
func Resources(p *plan.Plan) []ResourceChange {
	kept, removed := foldersOf(p)
	return slices.Concat(kept, rulesOf(p), removed)
}

// resourceOf is what is known by the block's address; false: that is none of a folder
// or rule.
func resourceOf(account, block string, change Change) (ResourceChange, bool) {
	a, ok := addressOf(block)
	if !ok || a.kind != string(TypeFolder) && a.kind != string(TypeRule) {
		return ResourceChange{}, false
	}
	return ResourceChange{
		Address: account + "." + block, Account: account, Block: block, ModuleAddress: a.module,
		Mode: ModeManaged, Type: ResourceType(a.kind), Name: a.label, Index: a.index,
		ProviderName: ProviderImapform, Change: change,
	}, true
}

// unnamed is a resource without the address of a block. No block's address is like the
// one that it gets.
func unnamed(account string, kind ResourceType, name string, change Change) ResourceChange {
	return ResourceChange{
		Address: account + "." + string(kind) + quoteKey(name), Account: account,
		Mode: ModeManaged, Type: kind, Name: name, ProviderName: ProviderImapform, Change: change,
	}
}
