package plan

import (
	"encoding/binary"
	"hash/fnv"
	"time"

	"github.com/imapform/imapform/internal/message"
)

// An Identity is what never changes about a message, wherever it lies: two
// messages of different identities are different messages, whatever their UIDs.
type Identity struct {
	Size      int64
	Received  time.Time // to the second, UTC
	MessageID string    // as on the wire, trimmed; empty: none
	Hash      uint64    // of the Date, From and Subject fields as on the wire
}

// IdentityParts are the parts of a message that its identity is made of.
func IdentityParts() message.Parts {
	p := message.Fields("message-id", "date", "from", "subject")
	p.Size, p.Received = true, true
	return p
}

// IdentityOf is the identity of a message of which IdentityParts are known.
func IdentityOf(m *message.Message) Identity {
	id, _ := m.Header.Raw("message-id")
	h := fnv.New64a()
	for _, name := range []string{"date", "from", "subject"} {
		raw, ok := m.Header.Raw(name)
		if !ok {
			raw = "\x00" // no field is not an empty field
		}
		h.Write(binary.AppendUvarint(nil, uint64(len(raw))))
		h.Write([]byte(raw))
	}
	return Identity{Size: m.Size, Received: m.Received.UTC().Truncate(time.Second), MessageID: id, Hash: h.Sum64()}
}

// A CopyKey says which messages count as copies of one another: those with the
// same Message-ID and INTERNALDATE; without a Message-ID, those that are the same
// in everything.
type CopyKey struct {
	MessageID string
	Received  time.Time
	rest      Identity
}

// CopyKey returns the key of the message's copies.
func (id Identity) CopyKey() CopyKey {
	if id.MessageID != "" {
		return CopyKey{MessageID: id.MessageID, Received: id.Received}
	}
	return CopyKey{rest: id}
}
