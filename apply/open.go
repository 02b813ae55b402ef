package apply

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// enter opens the folder unless it is open. A folder whose UIDs are numbered anew
// since it was seen first is an error: no UID of the plan means anything in it.
func (r *run) enter(ctx context.Context, name mailbox.Name) error {
	if r.open == name {
		return nil
	}
	r.open, r.rows = "", nil // a SELECT that fails leaves nothing open (RFC 9051 section 6.3.2)
	opened, err := r.server.Open(ctx, name)
	if err != nil {
		r.ajar = false
		return fmt.Errorf("open folder %q: %w", name, err)
	}
	r.open, r.opened, r.rows, r.ajar = name, opened, map[imap.UID]*message.Message{}, false
	return r.sameUIDs(name, opened.State)
}

// sameUIDs compares a folder's UIDVALIDITY with the one that is known, and takes it
// over where none is.
func (r *run) sameUIDs(name mailbox.Name, s plan.State) error {
	if s.UIDValidity == 0 {
		return fmt.Errorf("folder %q has no UIDVALIDITY: its messages cannot be told apart safely", name)
	}
	was, known := r.validity[name]
	switch {
	case !known && unused(s):
		return nil
	case !known:
		r.validity[name] = s.UIDValidity
	case was != s.UIDValidity:
		return fmt.Errorf("folder %q was numbered or made anew (its UIDVALIDITY was %d and is %d): nothing was done there; make a new plan", name, was, s.UIDValidity)
	}
	return nil
}

// unused says that there has never been a message in a folder: no UIDs of it can be
// mixed up, and Courier makes up another UIDVALIDITY for it at each look.
func unused(s plan.State) bool { return s.UIDNext == 1 && s.Messages == 0 }

// leave closes the folder that is open: several servers drop a connection that
// renames or deletes it.
func (r *run) leave(ctx context.Context) error {
	if r.open == "" && !r.ajar {
		return nil
	}
	r.open, r.rows, r.ajar = "", nil, true
	if err := r.server.Close(ctx); err != nil {
		return fmt.Errorf("close the open folder: %w", err)
	}
	r.ajar = false
	return nil
}

// fetch asks the open folder about messages; those that are gone are not in the
// answer.
func (r *run) fetch(ctx context.Context, uids []imap.UID, parts message.Parts) (map[imap.UID]*message.Message, error) {
	got := make(map[imap.UID]*message.Message, len(uids))
	asked := make(map[imap.UID]bool, len(uids))
	for _, uid := range uids {
		asked[uid] = true
	}
	partial := map[imap.UID]bool{}
	for _, set := range batches(uids, maxFetched) {
		err := r.server.Fetch(ctx, imap.UIDSetNum(set...), parts, func(m *message.Message) {
			switch {
			case !asked[m.UID]:
			case m.Known.Covers(parts):
				got[m.UID] = m
			default:
				partial[m.UID] = true
			}
		})
		if err != nil {
			return nil, fmt.Errorf("look at messages in folder %q: %w", r.open, err)
		}
	}
	for _, uid := range slices.Sorted(maps.Keys(partial)) {
		if got[uid] == nil { // it is there, so that it must not be taken for gone
			return nil, fmt.Errorf("look at messages in folder %q: the server did not tell all that was asked of message %d", r.open, uid)
		}
	}
	return got, nil
}
