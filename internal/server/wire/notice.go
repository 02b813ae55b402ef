package wire

import "github.com/emersion/go-imap/v2"

// Kind says what a Notice is about.
type Kind int

const (
	// StatusResponse is any OK, NO, BAD, BYE or PREAUTH, tagged or not: with
	// what the library drops, its text and its code's arguments.
	StatusResponse Kind = iota
	// CodeRemoved is a response code that could not be read, such as a COPYUID
	// without sets. The library sees the response without it.
	CodeRemoved
	// ResponseDropped is a response that the library does not know or that
	// cannot be read. If Failed is not empty, it was an answer.
	ResponseDropped
	// FolderUnreadable is a LIST or STATUS response for a folder whose name or
	// delimiter cannot be told. The library does not see it: the folder exists
	// all the same.
	FolderUnreadable
	// FlagsUnreadable is a list of flags of which some cannot be told. In
	// their place the library sees FlagUnreadable.
	FlagsUnreadable
	// ItemRemoved is a FETCH data item, or a mailbox attribute, that the
	// library does not know or that cannot be read. What the library delivers
	// lacks it: for a date or a size that was asked for, zero is unknown.
	ItemRemoved
)

// FlagUnreadable stands, in the flags that the library delivers, for those the
// server sent in a way that cannot be read. A message that bears it has
// unknown flags: it must not be taken for one without. No client can set it,
// as flags with a backslash are the server's (RFC 9051 section 2.3.2).
const FlagUnreadable imap.Flag = `\Unreadable`

// A Notice tells what the library does not learn of a response.
type Notice struct {
	Kind Kind

	Tag     string // of a tagged response; else empty
	Command string // the command so tagged, such as "UID MOVE"

	Type   string   // in upper case: "OK", "LIST", "FETCH"
	Number uint32   // of a response that begins with a number; else zero
	UID    imap.UID // of the message concerned, if told; else zero

	Code      string   // response code in upper case, if any
	Arguments string   // of the code, as sent
	Text      string   // human readable text of a status response
	Copied    *Copied  // of a well-formed COPYUID
	Item      string   // the FETCH data item or flags concerned
	Failed    []string // commands in flight that will be answered NO for this
	Why       string   // what is wrong; empty for StatusResponse
	Line      string   // as received, literals left out, at most 1 KiB
}

// Copied is a COPYUID response code (RFC 9051 section 7.1). Source[i] was
// copied to Dest[i].
type Copied struct {
	UIDValidity  uint32
	Source, Dest []imap.UID // of equal length, in the order of the wire
}

// A Line is a line of the protocol trace.
type Line struct {
	Sent bool   // by this side
	Text string // without its end; literals are shown by their length only
}

func (c *Conn) trace(lines ...Line) {
	if c.o.Trace == nil || len(lines) == 0 {
		return
	}
	c.traceMu.Lock()
	defer c.traceMu.Unlock()
	for _, l := range lines {
		c.o.Trace(l)
	}
}

func (c *Conn) notify(notices []Notice) {
	if c.o.Notify == nil {
		return
	}
	for _, n := range notices {
		c.o.Notify(n)
	}
}
