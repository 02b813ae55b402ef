package backup

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// A key is the same of a message and its backup: its Message-ID, size and date; where
// it has no Message-ID, what else never changes.
type key struct {
	messageID string
	size      int64
	received  time.Time
	rest      uint64
}

// keyFrom is the key of a message in a folder.
func keyFrom(m *message.Message) key {
	id := plan.IdentityOf(m)
	k := key{messageID: id.MessageID, size: id.Size, received: id.Received}
	if k.messageID == "" {
		k.rest = id.Hash
	}
	return k
}

// keyOf is the key of a message that is kept.
func keyOf(m Message) (key, error) {
	file, err := m.Open()
	if err != nil {
		return key{}, err
	}
	start, err := io.ReadAll(io.LimitReader(file, maxHeader))
	if err := errors.Join(err, file.Close()); err != nil {
		return key{}, err
	}
	header, err := message.ParseHeader([]byte(fields(string(start), plan.IdentityParts().Fields)))
	if err != nil {
		return key{}, fmt.Errorf("read the header of %s: %w", m.Path, err)
	}
	return keyFrom(&message.Message{Header: header, Received: m.Received, Size: m.Size}), nil
}

// maxHeader is how many octets of a message are looked through for its header.
const maxHeader = 1 << 20

// fields are the lines of a header that belong to fields of these names, as a server
// sends them (RFC 9051 section 6.4.5, HEADER.FIELDS).
func fields(text string, names []string) string {
	var b strings.Builder
	wanted := false
	for line := range strings.Lines(text) {
		if strings.TrimRight(line, "\r\n") == "" {
			break
		}
		if line[0] != ' ' && line[0] != '\t' { // else the field goes on
			name, _, _ := strings.Cut(line, ":")
			wanted = slices.Contains(names, strings.ToLower(strings.TrimRight(name, " \t")))
		}
		if wanted {
			b.WriteString(line)
		}
	}
	return b.String()
}

// held are the messages of a folder by their keys.
type held map[key][]imap.UID

func (h held) put(m *message.Message) {
	k := keyFrom(m)
	h[k] = append(h[k], m.UID)
}

// take finds a message of a key, each once.
func (h held) take(k key) (imap.UID, bool) {
	uids := h[k]
	if len(uids) == 0 {
		return 0, false
	}
	h[k] = uids[1:]
	return uids[0], true
}
