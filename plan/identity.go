package plan

import (
	"encoding/binary"
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

// identityParts are IdentityParts.
var identityParts = IdentityParts()

// IdentityOf is the identity of a message of which IdentityParts are known.
func IdentityOf(m *message.Message) Identity {
	id, _ := m.Header.Raw("message-id")
	hash := uint64(fnvOffset)
	var room [256]byte // more than most fields have
	for _, name := range [...]string{"date", "from", "subject"} {
		raw := []byte{0} // no field is not an empty field
		if f := m.Header.First(name); f != nil {
			raw = f.AppendRaw(room[:0])
		}
		var size [binary.MaxVarintLen64]byte
		hash = fnv1a(hash, size[:binary.PutUvarint(size[:], uint64(len(raw)))])
		hash = fnv1a(hash, raw)
	}
	return Identity{Size: m.Size, Received: m.Received.UTC().Truncate(time.Second), MessageID: id, Hash: hash}
}

// FNV-1a in 64 bits, as in package hash/fnv, which would take memory for each message.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func fnv1a(hash uint64, s []byte) uint64 {
	for i := range len(s) {
		hash = (hash ^ uint64(s[i])) * fnvPrime
	}
	return hash
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
