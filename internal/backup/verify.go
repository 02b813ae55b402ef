package backup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// verify looks for messages that were added, where the server says that they are, or
// among what is new in the folder.
func (r *restoring) verify(ctx context.Context, name mailbox.Name, before apply.Opened, added []*Restored) error {
	if len(added) == 0 {
		return nil
	}
	now, rows, err := r.news(ctx, name, before)
	if err != nil {
		err = fmt.Errorf("messages were put back into folder %q, and whether they are there could not be seen: %w", name, err)
		for _, m := range added {
			m.Err = err
		}
		if apply.Lost(err) {
			return err
		}
		return nil
	}
	known, there := map[imap.UID]bool{}, held{}
	for _, m := range added {
		if row := rows[m.UID]; m.UIDValidity != now.UIDValidity || row == nil || known[m.UID] || keyFrom(row) != m.key {
			m.UIDValidity, m.UID = 0, 0 // it is looked for
		}
		known[m.UID] = true
	}
	for _, uid := range slices.Sorted(maps.Keys(rows)) {
		if !known[uid] {
			there.put(rows[uid])
		}
	}
	for _, m := range added {
		if m.UID == 0 {
			uid, ok := there.take(m.key)
			if !ok {
				m.Err = fmt.Errorf("the server said that it added message %s to folder %q, and it is not there as it was: its backup is still where it was", m.Name, name)
				continue
			}
			m.UIDValidity, m.UID = now.UIDValidity, uid
		}
		m.Lacks = m.Message.Flags.Without(rows[m.UID].Flags)
	}
	return nil
}

// news are the messages that are new in a folder.
func (r *restoring) news(ctx context.Context, name mailbox.Name, before apply.Opened) (apply.Opened, map[imap.UID]*message.Message, error) {
	now, err := r.server.Open(ctx, name)
	if err != nil {
		return now, nil, err
	}
	first := before.UIDNext
	if now.UIDValidity != before.UIDValidity {
		if before.Messages > 0 {
			return now, nil, errors.New("somebody has made another folder of its name (UIDVALIDITY)")
		}
		first = 1 // Courier numbers a folder anew that was never used
	}
	rows := map[imap.UID]*message.Message{}
	if now.UIDNext > first {
		parts := looked()
		err = r.server.Fetch(ctx, imap.UIDSet{{Start: first, Stop: now.UIDNext - 1}}, parts, func(m *message.Message) {
			if m.Known.Covers(parts) {
				rows[m.UID] = m
			}
		})
	}
	if err == nil {
		err = r.server.Close(ctx)
	}
	return now, rows, err
}
