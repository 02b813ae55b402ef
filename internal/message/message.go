// Package message owns what is known of a message: which parts of it there are
// to ask for, and what octets from a stranger mean: header fields, addresses, the
// identifier of a list.
//
// It reads what it is given and judges nothing: what a rule makes of a message
// belongs to rules. The package performs no I/O and reads no clock.
package message

import (
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// A Message is what has been told about one message. A part that was not told is
// unknown, never empty: Known says which ones were.
type Message struct {
	Folder   mailbox.Name // that it lies in
	UID      imap.UID     // 0: it lies there only in a plan, so that there is none yet
	Known    Parts
	Flags    mailbox.Flags
	Received time.Time // INTERNALDATE
	Size     int64     // RFC822.SIZE, in octets
	Saved    time.Time // SAVEDATE (RFC 8514); zero with Known.Saved: the server keeps none for this folder or message
	Header   Header

	Structure *Part                 // BODYSTRUCTURE; nil with Known.Structure: the server's answer makes no sense
	Texts     map[*TextTest]Verdict // of the tests in Known.Texts
}

// Reset makes m one of which nothing is known, with the memory that it has for a header:
// copies of m are void.
func (m *Message) Reset() {
	*m = Message{Header: Header{fields: m.Header.fields[:0], octets: m.Header.octets[:0]}}
}

// Clone returns a copy that lasts when m is Reset.
func (m *Message) Clone() *Message {
	lasting := *m
	lasting.Header = m.Header.Clone()
	return &lasting
}
