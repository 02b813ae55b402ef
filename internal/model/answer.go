package model

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	themessage "github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// Answer answers a planner's question, without being an operation.
func (a *Account) Answer(ctx context.Context, q plan.Question, tell func(*themessage.Message)) (plan.State, error) {
	if err := ctx.Err(); err != nil {
		return plan.State{}, err
	}
	f := a.folders[q.Folder]
	if f == nil || f.placeholder {
		return plan.State{}, fmt.Errorf("examine folder %q: %w", q.Folder, refused("[NONEXISTENT] Mailbox doesn't exist"))
	}
	set := q.UIDs
	if len(set) == 0 {
		set = imap.UIDSet{imap.UIDRange{Start: 1, Stop: f.next}}
	}
	for _, uid := range f.uids(set) {
		m, err := f.messages[uid].told(uid, q.Fetch)
		if err != nil {
			return plan.State{}, err
		}
		tell(m)
	}
	return a.look(f), nil
}

// told is what FETCH shows of the message: what was asked for and nothing else.
func (m *message) told(uid imap.UID, parts themessage.Parts) (*themessage.Message, error) {
	t := &themessage.Message{UID: uid, Known: parts}
	if parts.Flags {
		t.Flags = slices.Clone(m.flags)
	}
	if parts.Received {
		t.Received = m.received
	}
	if parts.Size {
		t.Size = m.size
	}
	if parts.Saved {
		t.Saved = m.saved
	}
	if len(parts.Fields) > 0 {
		var block strings.Builder
		wanted := false
		for line := range strings.Lines(m.header) {
			if !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") { // else it goes on
				name, _, _ := strings.Cut(line, ":")
				wanted = slices.Contains(parts.Fields, strings.ToLower(strings.TrimRight(name, " \t")))
			}
			if wanted {
				block.WriteString(line)
			}
		}
		block.WriteString("\r\n")
		h, err := themessage.ParseHeader([]byte(block.String()))
		if err != nil {
			return nil, err
		}
		t.Header = h
	}
	if parts.Structure || len(parts.Texts) > 0 {
		m.tellParts(t, parts)
	}
	return t, nil
}
