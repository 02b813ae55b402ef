package plan

import (
	"crypto/sha256"
	"encoding/binary"
)

// digestDomain keeps digests apart from whatever else the same numbers and words may
// be hashed for. It changes with what an Identity is made of.
const digestDomain = "imapform message identity 1"

// Digest is the first 64 bits of the SHA-256 of the identity's parts: the same in
// every run and version that reads the same FormatVersion, and all that a saved plan
// tells of a message. It is compared with that of the one message which has the UID
// now, so that 64 bits are plenty: that two of a folder's messages share one is of no
// account.
func (id Identity) Digest() uint64 {
	b := make([]byte, 0, 128)
	b = append(b, digestDomain...)
	b = binary.BigEndian.AppendUint64(b, uint64(id.Size))
	b = binary.BigEndian.AppendUint64(b, uint64(id.Received.Unix()))
	b = binary.BigEndian.AppendUint64(b, id.Hash)
	b = append(b, id.MessageID...) // last, so that no length is needed
	sum := sha256.Sum256(b)
	return binary.BigEndian.Uint64(sum[:8])
}

// Is says whether the message that has its UID now, of that identity, is the one that
// was planned on. Of a message from a saved plan, whose Identity is the zero value,
// the digest decides. IdentityOf never makes the zero value.
func (m *Message) Is(now Identity) bool {
	if m.Identity == (Identity{}) {
		return m.Digest == now.Digest()
	}
	return m.Identity == now
}

// Fingerprint is the digest of the message's identity, be that known or only its digest.
func (m *Message) Fingerprint() uint64 {
	if m.Identity == (Identity{}) {
		return m.Digest
	}
	return m.Identity.Digest()
}
