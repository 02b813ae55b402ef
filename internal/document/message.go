package document

import (
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A MessageChange is what is done to messages of one folder for the same reasons. No
// message is told from another: there are no senders, subjects and UIDs.
type MessageChange struct {
	// Account is the address of the account.
	Account string `json:"account"`
	// Operation is the place among operations, from 0.
	Operation int `json:"operation"`
	// Action is what becomes of the messages: move, trash and delete also where copies
	// are made before, or flags change; copy also where flags change.
	Action MessageAction `json:"action"`
	// Causes are the rules, or the blocks without an address, that want it, in the order
	// in which they took the messages.
	Causes []Cause `json:"causes"`
	// Folder is where the messages lie once folders are renamed.
	Folder string `json:"folder"`
	// To is where they are moved to. Left out: they are not moved.
	To string `json:"to,omitempty"`
	// Copies are where copies of them are made.
	Copies []string `json:"copies"`
	// FlagsAdded is on how many of them each flag is set that was not.
	FlagsAdded map[string]int `json:"flags_added"`
	// FlagsRemoved is on how many of them each flag is removed.
	FlagsRemoved map[string]int `json:"flags_removed"`
	// Messages is how many there are.
	Messages int `json:"messages"`
	// Octets is the size of all of them. Left out: it is not known, as in a saved plan.
	Octets *int64 `json:"octets,omitempty"`
}

// A MessageAction is what becomes of messages.
type MessageAction string

// What can become of messages. Trash is a move to the trash because a rule deletes;
// delete is for good.
const (
	MessageCopy   MessageAction = "copy"
	MessageMove   MessageAction = "move"
	MessageTrash  MessageAction = "trash"
	MessageDelete MessageAction = "delete"
	MessageFlag   MessageAction = "flag"
)

// A Cause is a block of the configuration that wants an operation.
type Cause struct {
	// Address is the block's: rule.old. Left out: the block has none.
	Address string `json:"address,omitempty"`
	// Block is what has no address: a moved or removed block, or the argument exclusive.
	Block string `json:"block,omitempty"`
	// Filename is where it stands. Left out: it is not told.
	Filename string `json:"filename,omitempty"`
	// Line is the line of the file, from 1.
	Line int `json:"line,omitempty"`
}

func causesOf(all []plan.Cause) []Cause {
	causes := []Cause{}
	for _, c := range all {
		causes = append(causes, Cause{Address: c.Address, Block: c.Block, Filename: c.Declared.Filename, Line: c.Declared.Start.Line})
	}
	return causes
}

func messageAction(f plan.File) MessageAction {
	switch {
	case f.Away == plan.AwayPermanent:
		return MessageDelete
	case f.Away == plan.AwayMove && f.Trash:
		return MessageTrash
	case f.Away == plan.AwayMove:
		return MessageMove
	case len(f.Copies) > 0:
		return MessageCopy
	default:
		return MessageFlag
	}
}

func messageChange(account string, operation int, because []plan.Cause, f plan.File) MessageChange {
	return MessageChange{
		Account: account, Operation: operation, Action: messageAction(f), Causes: causesOf(because),
		Folder: string(f.Folder), To: string(f.To), Copies: textsOf(f.Copies),
		FlagsAdded: added(f), FlagsRemoved: removed(f), Messages: len(f.Messages), Octets: octetsOf(f.Messages),
	}
}

// octetsOf is the size of messages; nil: one of them is from a saved plan, which holds
// no sizes.
func octetsOf(messages []plan.Message) *int64 {
	var sum int64
	for _, m := range messages {
		if m.Identity == (plan.Identity{}) {
			return nil
		}
		sum += m.Identity.Size
	}
	return &sum
}

// added counts the messages on which each flag is set. What is deleted for good gets
// none.
func added(f plan.File) map[string]int {
	return flagCounts(f, func(m plan.Message) mailbox.Flags { return m.Add })
}

func removed(f plan.File) map[string]int {
	return flagCounts(f, func(m plan.Message) mailbox.Flags { return m.Remove })
}

func flagCounts(f plan.File, of func(plan.Message) mailbox.Flags) map[string]int {
	counts := map[string]int{}
	if f.Away == plan.AwayPermanent {
		return counts
	}
	for _, m := range f.Messages {
		for _, flag := range of(m) {
			counts[mailbox.FlagWord(flag)]++
		}
	}
	return counts
}
