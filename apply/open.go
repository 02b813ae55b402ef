package apply

import (
	"cmp"
	"context"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/uidset"
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
	return r.entered(name, opened, err)
}

func (r *run) entered(name mailbox.Name, opened Opened, err error) error {
	if err != nil {
		r.ajar = false
		return fmt.Errorf("open folder %q: %w", name, err)
	}
	r.open, r.opened, r.rows, r.ajar = name, opened, map[imap.UID]*row{}, false
	return r.sameUIDs(name, opened.State)
}

// visit opens the folder, which is not open, and looks at messages of it: what is seen of
// them holds only if it is the folder that the plan knows.
func (r *run) visit(ctx context.Context, name mailbox.Name, uids []imap.UID) (seen, err error) {
	got, seen, err := r.visitFor(ctx, name, uids, looked())
	if seen == nil && err == nil {
		for _, uid := range uids {
			r.rows[uid] = got[uid]
		}
	}
	return seen, err
}

// visitFor is visit for parts of messages, which it returns.
func (r *run) visitFor(ctx context.Context, name mailbox.Name, uids []imap.UID, parts message.Parts) (got map[imap.UID]*row, seen, err error) {
	if len(uids) == 0 {
		return nil, nil, r.enter(ctx, name)
	}
	r.open, r.rows = "", nil
	f := newFinding(uidset.Of(uids), parts)
	opened, seen, err := r.server.visit(ctx, name, f)
	if err := r.entered(name, opened, err); err != nil {
		return nil, nil, err
	}
	if seen != nil {
		return nil, fmt.Errorf("look at messages in folder %q: %w", name, seen), nil
	}
	return f.got, f.whole(name), nil
}

// flagsOf are the flags of messages of a folder, which is opened unless it is.
func (r *run) flagsOf(ctx context.Context, name mailbox.Name, uids []imap.UID) (map[imap.UID]*row, error) {
	parts := message.Parts{Flags: true}
	if r.open == name {
		return r.fetch(ctx, uids, parts)
	}
	got, seen, err := r.visitFor(ctx, name, uids, parts)
	return got, cmp.Or(err, seen)
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
func (r *run) fetch(ctx context.Context, uids []imap.UID, parts message.Parts) (map[imap.UID]*row, error) {
	f := newFinding(uidset.Of(uids), parts)
	if len(uids) == 0 {
		return f.got, nil
	}
	if err := r.server.fetch(ctx, f); err != nil {
		return nil, fmt.Errorf("look at messages in folder %q: %w", r.open, err)
	}
	return f.got, f.whole(r.open)
}
