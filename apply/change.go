package apply

import (
	"fmt"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/uidset"
)

// A Change is one of several changes to messages of the open folder that are sent
// together.
type Change struct {
	Kind  ChangeKind
	UIDs  imap.UIDSet
	To    mailbox.Name  // with ChangeMove and ChangeCopy
	Flags mailbox.Flags // with ChangeAdd and ChangeTake
}

// A ChangeKind says what changes about messages.
type ChangeKind int

// The changes. The zero value is none.
const (
	ChangeMove    ChangeKind = iota + 1 // UID MOVE (RFC 6851)
	ChangeCopy                          // UID COPY
	ChangeAdd                           // UID STORE +FLAGS: flags that are not named stay
	ChangeTake                          // UID STORE -FLAGS
	ChangeExpunge                       // UID EXPUNGE (RFC 4315), which removes those that carry \Deleted
)

// A Changed is what the server said to a Change.
type Changed struct {
	Transfer Transfer                   // with ChangeMove and ChangeCopy
	Flags    map[imap.UID]mailbox.Flags // with ChangeAdd and ChangeTake: those that messages then have, as far as it tells (RFC 9051 section 6.4.6)
	Err      error
}

// flags says whether flags change.
func (k ChangeKind) flags() bool { return k == ChangeAdd || k == ChangeTake }

// changeOf is how a command of the journal's is sent.
func changeOf(c journal.Command) Change {
	kind := map[journal.Verb]ChangeKind{
		journal.VerbMove: ChangeMove, journal.VerbCopy: ChangeCopy,
		journal.VerbAdd: ChangeAdd, journal.VerbTake: ChangeTake,
		journal.VerbMark: ChangeAdd, journal.VerbUnmark: ChangeTake,
		journal.VerbExpunge: ChangeExpunge,
	}[c.Verb]
	return Change{Kind: kind, UIDs: uidset.Of(c.UIDs), To: c.To, Flags: c.Flags}
}

// doing says what a command of the journal's does.
func doing(c journal.Command) string {
	n := len(c.UIDs)
	switch c.Verb {
	case journal.VerbMove:
		return fmt.Sprintf("move %d messages from folder %q to %q", n, c.Folder, c.To)
	case journal.VerbCopy:
		return fmt.Sprintf("copy %d messages from folder %q to %q", n, c.Folder, c.To)
	case journal.VerbAdd:
		return fmt.Sprintf("set %s on %d messages in folder %q", c.Flags, n, c.Folder)
	case journal.VerbTake:
		return fmt.Sprintf("remove %s on %d messages in folder %q", c.Flags, n, c.Folder)
	case journal.VerbMark:
		return fmt.Sprintf(`mark %d messages in folder %q \Deleted`, n, c.Folder)
	case journal.VerbUnmark:
		return fmt.Sprintf(`take \Deleted from %d messages in folder %q again`, n, c.Folder)
	case journal.VerbExpunge:
		return fmt.Sprintf("remove %d messages from folder %q", n, c.Folder)
	}
	return fmt.Sprintf("%s %d messages in folder %q", c.Verb, n, c.Folder)
}
