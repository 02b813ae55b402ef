package document

import (
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// An Operation is one thing that is done on a server.
type Operation struct {
	// Account is the address of the account.
	Account string `json:"account"`
	// Step is the place among the account's own operations, from 0: events of an apply
	// name it.
	Step int `json:"step"`
	// Action is what is done.
	Action OperationAction `json:"action"`
	// Resource is the address of the resource change that it is a part of: the folder's,
	// or that of the first rule that wants it.
	Resource string `json:"resource"`
	// Folder is what it is done to; of rename_folder, its name before.
	Folder string `json:"folder"`
	// To is the folder's name after rename_folder, and where messages are moved to.
	To string `json:"to,omitempty"`
	// SpecialUse is what create_folder asks for.
	SpecialUse string `json:"special_use,omitempty"`
	// Copies are where copies of the messages are made, before anything else is done to
	// them.
	Copies []string `json:"copies,omitempty"`
	// FlagsAdded are the flags that the messages then have.
	FlagsAdded []string `json:"flags_added,omitempty"`
	// FlagsRemoved are the flags that they then do not have.
	FlagsRemoved []string `json:"flags_removed,omitempty"`
	// Messages is how many there are in the folder or to which it is done. Left out with
	// operations that touch none.
	Messages *int `json:"messages,omitempty"`
	// Children is how many folders below it rename_folder renames with it.
	Children int `json:"children,omitempty"`
	// Causes are the blocks that want it.
	Causes []Cause `json:"causes"`
}

// An OperationAction is what an operation does.
type OperationAction string

// The operations. The last five are those of message changes.
const (
	OperationRename      OperationAction = "rename_folder"
	OperationCreate      OperationAction = "create_folder"
	OperationRemove      OperationAction = "remove_folder"
	OperationSubscribe   OperationAction = "subscribe"
	OperationUnsubscribe OperationAction = "unsubscribe"
	OperationCopy        OperationAction = "copy"
	OperationMove        OperationAction = "move"
	OperationTrash       OperationAction = "trash"
	OperationDelete      OperationAction = "delete"
	OperationFlag        OperationAction = "flag"
)

// add adds the operations and message changes of a plan.
func (d *Plan) add(p *plan.Plan) {
	resources := StepResources(p)
	for i, step := range p.Steps {
		if f, ok := step.Op.(plan.File); ok {
			d.MessageChanges = append(d.MessageChanges, messageChange(p.Account, len(d.Operations), step.Because, f))
		}
		o := operationOf(step)
		o.Account, o.Step, o.Resource, o.Causes = p.Account, i, resources[i].Address, causesOf(step.Because)
		d.Operations = append(d.Operations, o)
	}
}

func operationOf(step plan.Step) Operation {
	switch op := step.Op.(type) {
	case plan.Rename:
		return Operation{
			Action: OperationRename, Folder: string(op.From), To: string(op.To),
			Messages: numberOf(op.Messages), Children: op.Children,
		}
	case plan.Create:
		return Operation{Action: OperationCreate, Folder: string(op.Name), SpecialUse: string(op.Use)}
	case plan.Set:
		action := OperationUnsubscribe
		if op.Subscribed {
			action = OperationSubscribe
		}
		return Operation{Action: action, Folder: string(op.Name)}
	case plan.Remove:
		return Operation{Action: OperationRemove, Folder: string(op.Name), Messages: numberOf(op.Messages)}
	case plan.File:
		return Operation{
			Action: OperationAction(messageAction(op)), Folder: string(op.Folder), To: string(op.To),
			Copies: textsOf(op.Copies), FlagsAdded: flagWords(op.Add), FlagsRemoved: flagWords(op.Remove),
			Messages: numberOf(len(op.Messages)),
		}
	default:
		return Operation{}
	}
}

// StepResources has, for each step of the plan, the resource that it is a part of.
func StepResources(p *plan.Plan) []ResourceChange {
	byBlock, byFolder := map[string]ResourceChange{}, map[mailbox.Name]ResourceChange{}
	for _, r := range Resources(p) {
		if r.Type == TypeRule {
			byBlock[r.Block] = r
			continue
		}
		now := r.Change.After
		if now == nil {
			now = r.Change.Before
		}
		byFolder[mailbox.Name(now.Name)] = r
	}
	all := make([]ResourceChange, len(p.Steps))
	for i, step := range p.Steps {
		if name, ok := folderOf(p.Steps, i); ok {
			all[i] = byFolder[name]
		} else {
			all[i] = byBlock[firstCause(step)]
		}
	}
	return all
}

func flagWords(flags mailbox.Flags) []string {
	var words []string
	for _, f := range flags {
		words = append(words, mailbox.FlagWord(f))
	}
	return words
}

func numberOf[T ~int | ~uint32](n T) *int {
	made := int(n)
	return &made
}
