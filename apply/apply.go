// Package apply owns carrying out a plan: the order, the look before each change,
// the proof after it, and the account of what was really done.
//
// What to do was decided by plan; how the server is spoken to belongs to
// internal/server. Nothing is done that the plan does not hold, and nothing is
// reported that the server did not confirm.
package apply

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// A Server is what an apply needs of an account: the few things that change a
// mailbox, and a look at it. Names are the configuration's. Every method that
// returns no error has had the server's tagged OK; that alone proves nothing of
// single messages (RFC 9051 section 6.4.7: a UID that is gone is no error).
type Server interface {
	Can() Can
	// List looks at all folders.
	List(ctx context.Context) (plan.Listing, error)
	// Status looks at a folder that is not open.
	Status(ctx context.Context, name mailbox.Name) (plan.State, error)
	// Statuses looks at folders that are not open, at once. There is an error for each; a
	// state without one is good.
	Statuses(ctx context.Context, names []mailbox.Name) ([]plan.State, []error)
	// Folders sends changes to folders at once, in this order, so that none may hang on
	// what the server says to another. There is an error for each.
	Folders(ctx context.Context, all []FolderChange) []error

	// TryOut opens folders for writing, at once, and leaves them: what fails, and how, is
	// as with Open and Close. There is an error for each, and one of leaving the last.
	TryOut(ctx context.Context, names []mailbox.Name) (errs []error, left error)
	// Open selects a folder for writing. What follows acts on the open folder. It
	// fails if the server opens the folder only for reading.
	Open(ctx context.Context, name mailbox.Name) (Opened, error)
	// Visit is Open and then Fetch, at once. An error of Fetch is seen, and the folder is
	// open. What is told lasts.
	Visit(ctx context.Context, name mailbox.Name, uids imap.UIDSet, parts message.Parts, tell func(*message.Message)) (o Opened, seen, err error)
	// Fetch tells of those of the messages that are there, of which there may be any
	// number; one that is not told is gone. What is told lasts.
	Fetch(ctx context.Context, uids imap.UIDSet, parts message.Parts, tell func(*message.Message)) error
	// Read writes a message of the open folder as the server has it, octet by octet,
	// without marking it as seen (RFC 9051 section 6.4.5, BODY.PEEK[]). It fails if the
	// message is gone, or has not as many octets as the server says (RFC822.SIZE); then
	// what was written is worth nothing. It holds no more than a part of it in memory.
	Read(ctx context.Context, uid imap.UID, w io.Writer) error
	// Changes sends changes to messages of the open folder at once, in this order, so that
	// none may hang on what the server says to another. No message is in two that bring
	// messages to other folders, or remove them. There is an answer to each.
	Changes(ctx context.Context, all []Change) []Changed
	// Append adds a message to a folder, which need not be open (RFC 9051 section
	// 6.3.12). It returns where the message lies if the server says so: APPENDUID (RFC
	// 4315 section 3); else zeros.
	Append(ctx context.Context, folder mailbox.Name, m Append) (uidValidity uint32, uid imap.UID, err error)
	// Close leaves the open folder without expunging anything (UNSELECT, or EXAMINE
	// where that is missing); nothing is open after it.
	Close(ctx context.Context) error
}

// A FolderChange is one of several changes to folders that are sent together.
type FolderChange struct {
	Kind FolderChangeKind
	Name mailbox.Name
	To   mailbox.Name // with ChangeRename; what is below the folder comes along
	Use  mailbox.Use  // with ChangeCreate; may be empty
}

// A FolderChangeKind says what changes about a folder.
type FolderChangeKind int

// The changes. The zero value is none.
const (
	ChangeCreate FolderChangeKind = iota + 1
	ChangeRename
	ChangeDelete // with whatever it holds, no questions asked
	ChangeSubscribe
	ChangeUnsubscribe
)

// ErrReadOnly is wrapped by the error of Open for a folder in which nothing can be
// changed.
var ErrReadOnly = errors.New("the folder is read-only")

// Can says what the server offers, and what holds its commands back. The zero value:
// nothing.
type Can struct {
	Move    bool // RFC 6851
	UIDPlus bool // RFC 4315
	// Labels says that folders are labels: what is moved or copied to one may have it
	// already, and then keeps the UID that it has there.
	Labels bool
	// Paced says that each command but UID EXPUNGE has to wait for its turn, however long
	// that is, since only so many may be sent.
	Paced bool
}

// Opened is a folder as SELECT shows it.
type Opened struct {
	plan.State
	// Permanent is PERMANENTFLAGS; nil: the server said nothing, which means that all
	// flags can be changed (RFC 9051 section 6.3.2).
	Permanent  mailbox.Flags
	NewKeyword bool // `\*`: keywords that the folder does not know yet can be made
}

// A Transfer is what the server said about a copy or move: COPYUID (RFC 4315
// section 3), pairs in the server's order. Without pairs it said nothing, which
// does not mean that nothing was done.
type Transfer struct {
	UIDValidity uint32 // of the destination
	Pairs       []Pair
	// Unclear says that there was more, or all, of which nothing counts: it cannot be
	// read, cannot be true, or whose it is cannot be told.
	Unclear bool
}

// An Append is a message to add to a folder.
type Append struct {
	Flags    mailbox.Flags
	Received time.Time // INTERNALDATE, to the second; zero: when it is added
	Size     int64     // octets; zero is refused
	Message  io.Reader // of as many octets
}

// A Pair is a message in the source and the same one in the destination.
type Pair struct{ From, To imap.UID }
