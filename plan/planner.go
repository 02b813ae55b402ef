package plan

import (
	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// A Listing is an account's folders as the server tells them, with what the server
// can do as far as a plan hangs on it.
type Listing struct {
	Folders  []Folder
	SaveDate bool   // the server knows SAVEDATE (RFC 8514)
	Server   string // for people: "Dovecot", "imap.example.com"
}

// A Folder is one that the server lists.
type Folder struct {
	Name        mailbox.Name
	Selectable  bool // false: it only has a place in the hierarchy, or a subscription
	Exists      bool // false: only subscribed (\NonExistent)
	Subscribed  bool
	NoInferiors bool // it can have no children
	Uses        []mailbox.Use
	UIDValidity uint32 // of a selectable folder; 0: the server gives none that lasts
	UIDNext     imap.UID
	Messages    uint32
}

// A Question is one visit to one folder.
type Question struct {
	Folder mailbox.Name // as it is on the server now, before renames
	UIDs   imap.UIDSet  // empty: all messages
	Fetch  message.Parts
}

// A State is what a visit to a folder shows besides its messages.
type State struct {
	UIDValidity uint32
	UIDNext     imap.UID
	Messages    uint32
}
