package apply

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// A row is what was seen of a message. There may be as many as a plan has messages, so that
// it holds nothing of the header but what tells it from others.
type row struct {
	plan.Identity // the zero value where it was not looked for
	Flags         mailbox.Flags
	received      time.Time // INTERNALDATE, in the zone that the server told; zero as Identity is
}

// A finding gathers what is told of messages.
type finding struct {
	parts    message.Parts // without which nothing counts
	identity message.Parts // plan.IdentityParts
	asked    imap.UIDSet
	got      map[imap.UID]*row
	partial  map[imap.UID]bool // told in part
}

func newFinding(asked imap.UIDSet, parts message.Parts) *finding {
	f := &finding{asked: asked, parts: parts, identity: plan.IdentityParts()}
	f.begin()
	return f
}

// begin forgets what was told: who is asked again may tell something else.
func (f *finding) begin() { f.got, f.partial = map[imap.UID]*row{}, map[imap.UID]bool{} }

func (f *finding) take(m *message.Message) {
	switch {
	case !f.asked.Contains(m.UID):
	case m.Known.Covers(f.parts):
		f.got[m.UID] = f.rowOf(m)
	default:
		f.partial[m.UID] = true
	}
}

func (f *finding) rowOf(m *message.Message) *row {
	seen := &row{Flags: m.Flags}
	if m.Known.Covers(f.identity) {
		seen.Identity, seen.received = plan.IdentityOf(m), m.Received
	}
	return seen
}

// whole fails if a message was told only in part: it is there, so that it must not be
// taken for gone.
func (f *finding) whole(folder mailbox.Name) error {
	for _, uid := range slices.Sorted(maps.Keys(f.partial)) {
		if f.got[uid] == nil {
			return fmt.Errorf("look at messages in folder %q: the server did not tell all that was asked of message %d", folder, uid)
		}
	}
	return nil
}
