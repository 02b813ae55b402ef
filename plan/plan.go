// Package plan owns the question what must change: the Planner, which asks for
// what it must know of an account and works out the steps, and the Plan, which is
// the whole of what an apply may do.
//
// What one message matches belongs to rules, carrying a plan out to apply, showing
// it to render. The package performs no I/O and reads no clock.
package plan

import (
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// A Plan is what an apply of one account does, and no more. Its steps stand in
// the order of execution.
type Plan struct {
	Account  string // address: account.work
	Made     time.Time
	Steps    []Step
	Folders  []Before   // every folder that a step reads or changes mail in, as it was found
	Resolved []Resolved // the special uses that steps rely on
	Matched  []Matched  // what each rule found, in the rules' order; none where it found nothing
	Notes    []Note     // what else somebody should know
	Broken   []Broken   // rails that forbid to apply it
	// Protected are the patterns of what is protected, as written, with which the plan
	// was judged: see Beyond.
	Protected []string
	Watched   mailbox.Flags // flags that some rule reads: a message on which they change meanwhile is left alone
}

// Empty says that there is nothing to do.
func (p *Plan) Empty() bool { return len(p.Steps) == 0 }

// Before is a folder as the planner was told of it.
type Before struct {
	Name        mailbox.Name // before renames
	UIDValidity uint32
	UIDNext     imap.UID
	Messages    uint32
}

// Resolved says which folder was taken for a special use.
type Resolved struct {
	Use  mailbox.Use
	Name mailbox.Name
}

// Matched counts what a rule found in one folder.
type Matched struct {
	Rule     string       // address
	Folder   mailbox.Name // where the messages lie now, before renames
	Looked   int          // messages that the rule was judged on
	Messages int          // those that it matched
	Left     []Left       // those that it matched and that are left alone, by reason
	Rivals   []Rival      // rules that would have taken some of them elsewhere, in the rules' order
}

// Rival counts messages that a later rule would have taken elsewhere if this one had
// not come first.
type Rival struct {
	Rule     string // address
	Messages int
}

// Left counts messages that are left alone for one reason.
type Left struct {
	Reason   string // as in "… left alone: "
	Messages int
}

// A Note is a warning about the plan; it changes nothing. Subject is where in the
// configuration it comes from; the zero value: nowhere.
type Note struct {
	Summary, Detail string
	Subject         hcl.Range
}

// Broken is a rail that the plan would break.
type Broken struct {
	Rail    string    // the argument: "max_messages", "protected"
	Of      string    // the address of the rule or account whose argument it is; empty: the policy block's
	Detail  string    // what the plan would do
	Allow   string    // the line of configuration that would allow it, in place of the one there; empty: none
	Subject hcl.Range // of the argument that is there; the zero value: it is not told
}

// A Step is one operation and why it is done.
type Step struct {
	Op      Operation
	Because []Cause
}

// A Cause is a block of the configuration that wants a step.
type Cause struct {
	Address  string // rule.old, folder.list["golang"]; empty: the block has none
	Block    string // "moved" or "removed", which have no address; or the argument "exclusive"
	Declared hcl.Range
}

// An Operation is what a step does. The sum is closed: Rename, Create, Set, File
// and Remove are all that can happen to a mailbox.
type Operation interface{ operation() }

// A Rename gives a folder, and all below it, another name.
type Rename struct {
	From, To mailbox.Name
	Children int    // folders below it that move along
	Messages uint32 // in it, not in its children
	// Subscribed names what is subscribed under From and below: servers leave
	// subscriptions behind, so that each is moved to its new name.
	Subscribed []mailbox.Name
}

// A Create makes a folder.
type Create struct {
	Name mailbox.Name
	Use  mailbox.Use // asked for where the server can (RFC 6154 section 3); may be empty
}

// A Set changes a folder's settings.
type Set struct {
	Name       mailbox.Name // after renames
	Subscribed bool
	Created    bool // by this plan
}

// A File does the same to messages of one folder: makes copies of them, moves or
// deletes them, and changes their flags. At least one of these is asked for.
type File struct {
	Folder mailbox.Name // after renames
	Was    mailbox.Name // before renames: what Before names
	Copies []mailbox.Name
	Away   Away
	To     mailbox.Name // with AwayMove
	Trash  bool         // To is the trash because a rule deletes: for showing
	// Via are the folders, after renames, through which the rules led some of the
	// messages on their way: of what is thrown away or deleted for good. Nothing is done
	// in them; the rails must know.
	Via []mailbox.Name
	// Finish says, with AwayMove where the server has no MOVE, that a copy of each message
	// is in To already, left by a run that was cut short: only the message here is removed.
	Finish bool
	Add    mailbox.Flags
	Remove mailbox.Flags
	// FlagsFirst says that no rule reads the flags that change, so that they may be
	// set before the message leaves; else they are set where it then lies, since a
	// rule that no longer matches would leave it half done.
	FlagsFirst bool
	Messages   []Message // by UID
}

// ChangesFlags says whether flags are added or removed.
func (f File) ChangesFlags() bool { return len(f.Add)+len(f.Remove) > 0 }

// Away says how messages leave their folder. The zero value: they stay.
type Away int

// The ways of leaving.
const (
	AwayNot       Away = iota
	AwayMove           // to another folder
	AwayPermanent      // deleted for good
)

// A Message is one that a step changes, with what proves before the change that
// it is still the same one. Subject and sender are for people and come from
// strangers.
type Message struct {
	UID      imap.UID
	Identity Identity
	Digest   uint64        // of the identity, in a plan from a file, which holds no more of it
	Flags    mailbox.Flags // as planned on: every flag that was told, or from a file those that matter
	Add      mailbox.Flags // those of the step's flags that it lacks
	Remove   mailbox.Flags // those of the step's flags that it has

	From, Subject string
}

// A Remove deletes a folder that is empty and has no child by then.
type Remove struct {
	Name       mailbox.Name // after renames
	Messages   uint32       // as found, before rules took any
	Subscribed bool
}

func (Rename) operation() {}
func (Create) operation() {}
func (Set) operation()    {}
func (File) operation()   {}
func (Remove) operation() {}
