package rules

import (
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// A Template names a folder that depends on the message.
type Template interface {
	// Fill returns the folder for a message. Within a level that the message has a
	// part in, the server's delimiter is replaced as "/" is.
	Fill(m *message.Message, delimiter string) Filled
	Needs() message.Parts        // every part that Fill may ever ask for
	Reads() mailbox.Flags        // the flags and keywords on which the folder may hang
	Patterns() []mailbox.Pattern // together they cover every folder that Fill can return
	String() string              // as it is written in the configuration
}

// A Filled is the folder that a Template names for one message. With parts that are
// missing, they must be fetched before it can be told.
type Filled struct {
	Truth   Truth         // True: To is the folder; NoValue: there is none; Unknown: it cannot be told
	To      mailbox.Ref   // with True
	Missing message.Parts // with Unknown
}
