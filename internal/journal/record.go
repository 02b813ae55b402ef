package journal

import (
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// A Record is one line of a journal: when, and exactly one of the others. What a
// record intends was noted before it was sent; what it tells as done was seen.
type Record struct {
	At time.Time `json:"at"`

	Run     *Run     `json:"run,omitempty"`     // the first record
	Folder  *Folder  `json:"folder,omitempty"`  // a command about a folder is to be sent
	Made    *Folder  `json:"made,omitempty"`    // the folders were seen to be as it says
	Batch   *Batch   `json:"batch,omitempty"`   // what is to be done with messages
	Command *Command `json:"command,omitempty"` // a command of the batch is to be sent
	Done    *Done    `json:"done,omitempty"`    // it was seen to be done with these messages
	Settled *Settled `json:"settled,omitempty"` // nothing of the batch is in doubt any more
	End     *End     `json:"end,omitempty"`     // the last record
}

// A Run is one apply of one account.
type Run struct {
	ID      string `json:"id"`      // the same of all accounts of a run
	Tool    string `json:"tool"`    // "imapform 1.2.0"
	Command string `json:"command"` // "apply", "undo 2026-01-02T15-04-05Z-ab12"
	Account string `json:"account"` // address
	// Mailbox tells for people which one it is: "imap.example.org", or a local tree. It
	// holds no username, which may be a secret.
	Mailbox string `json:"mailbox"`
	// Undoes is the ID of the run that this one turns around; empty: none.
	Undoes string `json:"undoes,omitempty"`
}

// A Folder is what happens to a folder, and what there was before, for undoing it.
type Folder struct {
	Verb Verb         `json:"verb"` // VerbCreate, VerbRename, VerbSubscribe, VerbUnsubscribe, VerbRemove
	Name mailbox.Name `json:"name"`
	To   mailbox.Name `json:"to,omitempty"`  // of a rename
	Use  mailbox.Use  `json:"use,omitempty"` // of a create
	// Subscribed says whether a folder to remove was subscribed.
	Subscribed bool `json:"subscribed,omitempty"`
	// Subscriptions are, of a rename, the names that were subscribed and are to follow it,
	// as they were before.
	Subscriptions []mailbox.Name `json:"subscriptions,omitempty"`
	// Because are the addresses of the blocks that want it.
	Because []string `json:"because,omitempty"`
}

// A Batch is messages of one folder to which the same is done, wholly for each before
// another batch is begun: but for those that have a number.
type Batch struct {
	// Number tells batches apart whose commands are sent together, and to which what
	// follows says that it belongs. 0: what follows, up to the next batch, does.
	Number      int          `json:"number,omitempty"`
	Folder      mailbox.Name `json:"folder"`
	UIDValidity uint32       `json:"uidvalidity"`
	Copies      []Into       `json:"copies,omitempty"`
	// Away is VerbMove or VerbExpunge (a permanent delete); empty: the messages stay.
	Away Verb  `json:"away,omitempty"`
	To   *Into `json:"to,omitempty"` // with VerbMove
	// ByCopy says that the server has no MOVE: COPY, and then UID EXPUNGE.
	ByCopy bool `json:"by_copy,omitempty"`
	// Trash says that To is the trash because a rule deletes.
	Trash bool `json:"trash,omitempty"`
	// FlagsFirst says that flags are changed before the messages leave; else where they
	// then lie.
	FlagsFirst bool      `json:"flags_first,omitempty"`
	Messages   []Message `json:"messages"`
	Because    []string  `json:"because,omitempty"`
}

// Into is a destination as it was before the batch: what comes into it from then on
// has a UID of UIDNext or more.
type Into struct {
	Name        mailbox.Name `json:"name"`
	UIDValidity uint32       `json:"uidvalidity,omitempty"` // 0: it never held a message
	UIDNext     imap.UID     `json:"uidnext"`
}

// A Message is one of a batch.
type Message struct {
	UID    imap.UID      `json:"uid"`
	Digest uint64        `json:"digest,string"`
	Add    mailbox.Flags `json:"add,omitempty"`    // that it lacks and is to get
	Remove mailbox.Flags `json:"remove,omitempty"` // that it has and is to lose
}

// Verb is what a command does.
type Verb string

// The verbs. VerbMark and VerbUnmark are STORE of \Deleted, which precedes UID EXPUNGE
// and is taken back where that may not follow.
const (
	VerbCreate      Verb = "create"
	VerbRename      Verb = "rename"
	VerbSubscribe   Verb = "subscribe"
	VerbUnsubscribe Verb = "unsubscribe"
	VerbRemove      Verb = "remove"

	VerbCopy    Verb = "copy"
	VerbMove    Verb = "move"
	VerbAdd     Verb = "add flags"
	VerbTake    Verb = "remove flags"
	VerbMark    Verb = "mark"
	VerbUnmark  Verb = "unmark"
	VerbExpunge Verb = "expunge"
	VerbAppend  Verb = "append" // of a message that a backup holds
	VerbBackup  Verb = "backup" // no command: of messages before they are deleted for good
)

// A Command is sent within a batch, to the folder in which the messages lie then.
type Command struct {
	Batch  int           `json:"batch,omitempty"` // its number; 0: the last one
	Verb   Verb          `json:"verb"`
	Folder mailbox.Name  `json:"folder"`
	To     mailbox.Name  `json:"to,omitempty"`
	Flags  mailbox.Flags `json:"flags,omitempty"`
	UIDs   []imap.UID    `json:"uids"`
}

// Done is what was seen to be done. Of VerbCopy and VerbMove, At has for each of the
// UIDs the one in the destination; 0: it is not known.
type Done struct {
	Batch       int           `json:"batch,omitempty"` // its number; 0: the last one
	Verb        Verb          `json:"verb"`
	Folder      mailbox.Name  `json:"folder"`
	UIDValidity uint32        `json:"uidvalidity"` // of Folder
	To          mailbox.Name  `json:"to,omitempty"`
	ToValidity  uint32        `json:"to_uidvalidity,omitempty"`
	Flags       mailbox.Flags `json:"flags,omitempty"`
	UIDs        []imap.UID    `json:"uids"`
	At          []imap.UID    `json:"at,omitempty"`
	// Digests are those of the messages, so that they can be known again.
	Digests []uint64 `json:"digests,omitempty"`
	// Backup names the files that hold what is, or was, deleted for good, relative to Dir:
	// one for each of the UIDs, or none.
	Dir    string   `json:"dir,omitempty"`
	Backup []string `json:"backup,omitempty"`
}

// Settled ends a batch.
type Settled struct {
	Batch int `json:"batch,omitempty"` // its number; 0: the last one
	// Unknown says what could not be found out; empty: nothing.
	Unknown string `json:"unknown,omitempty"`
}

// End ends a run.
type End struct {
	// Complete says that all was done that the plan holds.
	Complete bool   `json:"complete"`
	Error    string `json:"error,omitempty"` // without secrets
}
