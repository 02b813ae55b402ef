package server

import (
	"strings"

	"github.com/imapform/imapform/internal/mailbox"
)

// A quirk is what a product does otherwise than the RFCs have it and what this
// package does about it. What the capabilities tell needs no entry.
type quirk struct {
	server string // for people
	// A server is known by text of its greeting, or of its answer to ID (RFC 2971),
	// or by what it announces after the login. Empty: not by that.
	greeting   string
	id         string
	capability string
	fault      string // what it does; empty: nothing, the entry only names the server
	effect     effect
}

// An effect is what is done about faults. The zero value: nothing.
type effect struct {
	// sendID has ID (RFC 2971) sent after the login.
	sendID bool
	// notAllowed is text with which the first commands after a login are refused that
	// was none.
	notAllowed string
	// shownAtMost are the numbers of messages at which a folder may be cut off.
	shownAtMost []uint32
	// partsTold is how many leaves a BODYSTRUCTURE tells at most, without a word of the
	// others; 0: all.
	partsTold int
	// labels says that folders are labels: a message lies in several, and leaves all
	// of them on its way to the trash.
	labels bool
	// copyMoves says that a COPY takes the message out of the folder it was in.
	copyMoves bool
	// additive is the folder below which a move adds a label and takes none away;
	// empty: there is none.
	additive mailbox.Name
}

// quirks lists the servers that are known. The first one that fits counts.
var quirks = []quirk{
	{
		server:   "Coremail",
		greeting: "coremail",
		fault:    "SELECT is refused as an unsafe login unless the client has sent ID (163.com, 126.com)",
		effect:   effect{sendID: true},
	},
	{
		server:     "Gmail",
		capability: "X-GM-EXT-1",
		fault:      "a setting of the account limits how many messages of a folder IMAP shows, and nothing tells of it",
		effect:     effect{shownAtMost: []uint32{1000, 2000, 5000, 10000}, labels: true},
	},
	{
		server:   "Proton Mail Bridge",
		greeting: "gluon session id",
		id:       "proton",
		fault:    "a message lies in one folder, so that a COPY is a move; what lies below Labels are labels beside it",
		effect:   effect{labels: true, copyMoves: true, additive: "Labels"},
	},
	{server: "Dovecot", greeting: "dovecot"},
	{server: "Cyrus", greeting: "cyrus"},
	{
		server:   "Courier",
		greeting: "courier",
		fault:    "BODYSTRUCTURE ends at the 300th part, as if there were no more",
		effect:   effect{partsTold: 300},
	},
	{
		server:   "Microsoft Exchange",
		greeting: "microsoft exchange",
		fault:    "a login to a mailbox that the user may not open gets OK, and the next command BAD",
		effect:   effect{notAllowed: "authenticated but not connected"},
	},
}

// knownServer returns the entry of a server; false: there is none. id is what it
// says of itself; empty: it was not asked.
func knownServer(greeting, id string, caps capabilities) (quirk, bool) {
	greeting, id = strings.ToLower(greeting), strings.ToLower(id)
	for _, q := range quirks {
		switch {
		case q.greeting != "" && strings.Contains(greeting, q.greeting),
			q.id != "" && strings.Contains(id, q.id),
			q.capability != "" && caps.has(q.capability):
			return q, true
		}
	}
	return quirk{}, false
}
