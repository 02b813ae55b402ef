// Package rules owns what a rule matches and does: the table of criteria, the
// match tree and its exact judgement of a message, and what must be known of a
// message to judge it.
//
// It decides on one message at a time; how rules follow one another, and what
// comes of it, belongs to plan. The package performs no I/O and reads no clock.
package rules

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// A Rule says where it looks, what it matches there and what then happens to the
// message.
type Rule struct {
	Address     string    // as in Terraform: rule.list["golang"]
	Type        string    // always "rule" for now: the block's type
	Label       string    // "list"
	Description string    // for people
	Declared    hcl.Range // the block's header

	In      []mailbox.Pattern
	InRange hcl.Range // of the argument; of the block where it is left out
	NotIn   []mailbox.Pattern
	Match   Test

	AddFlags    mailbox.Flags
	RemoveFlags mailbox.Flags
	CopyTo      []mailbox.Ref
	MoveTo      mailbox.Ref // the zero value: does not move, unless MoveBy says where
	CopyBy      []Template  // copies to folders that depend on the message
	MoveBy      Template    // instead of MoveTo, where the folder depends on the message; nil: it does not
	Delete      Delete
	Stop        bool

	ByArrival   bool // permanent deletes by arrival date are wanted
	MaxMessages int  // a rail of the rule's own; 0: none

	ActionRange hcl.Range // of move_to, else copy_to, else the block: for problems with destinations
}

// Delete says how a rule deletes. The zero value: not at all.
type Delete int

// The ways of deleting.
const (
	DeleteNone      Delete = iota
	DeleteTrash            // moved to the folder for trash
	DeletePermanent        // gone for good
)

// Moves says whether the rule has a move_to.
func (r *Rule) Moves() bool { return r.MoveTo != (mailbox.Ref{}) || r.MoveBy != nil }

// Ends says whether the rule is the last of a pass to see what it took.
func (r *Rule) Ends() bool { return r.Stop || r.Delete != DeleteNone || r.Moves() }
