package model

import (
	"context"
	"maps"
	"slices"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

var _ apply.Server = (*Account)(nil)

// Can implements apply.Server.
func (a *Account) Can() apply.Can { return a.variant.Can }

// List implements apply.Server.
func (a *Account) List(ctx context.Context) (l plan.Listing, err error) {
	err = a.do(ctx, Op{Name: "LIST"}, func() error {
		l = a.Listing()
		return nil
	})
	if err != nil {
		return plan.Listing{}, err
	}
	return l, nil
}

// Create implements apply.Server.
func (a *Account) Create(ctx context.Context, n mailbox.Name, use mailbox.Use) error {
	return a.do(ctx, Op{Name: "CREATE", Folder: n}, func() error {
		f := a.folders[n]
		switch {
		case f == nil:
			f = a.make(n)
		case f.placeholder:
			f.placeholder = false
		default:
			return refused("[ALREADYEXISTS] Mailbox already exists")
		}
		if use != "" && !a.variant.NoUses {
			f.uses = append(f.uses, use)
		}
		if a.variant.AutoSubscribe {
			a.subscribed[n] = true
		}
		return nil
	})
}

// Rename implements apply.Server: children move along, subscriptions stay with the old
// names or are forgotten.
func (a *Account) Rename(ctx context.Context, from, to mailbox.Name) error {
	return a.do(ctx, Op{Name: "RENAME", Folder: from, To: to}, func() error {
		if from == mailbox.Inbox {
			a.violate("RENAME INBOX")
		}
		if a.open != nil && (a.open.name == from || a.open.name.Below(from)) {
			a.violate("RENAME of %q while %q is open", from, a.open.name)
		}
		return a.rename(from, to)
	})
}

func (a *Account) rename(from, to mailbox.Name) error {
	switch {
	case a.folders[from] == nil && a.variant.RenameMissingOK:
		return nil
	case a.folders[from] == nil:
		return refused("[NONEXISTENT] Mailbox doesn't exist")
	case from == mailbox.Inbox || a.folders[to] != nil || to.Below(from):
		return refused("[CANNOT] Mailbox cannot be renamed so")
	}
	if parent, ok := to.Parent(); ok && a.folders[parent] == nil {
		a.make(parent).placeholder = !a.variant.RealParents
	}
	for _, n := range slices.Sorted(maps.Keys(a.folders)) {
		if n != from && !n.Below(from) {
			continue
		}
		f := a.folders[n]
		delete(a.folders, n)
		f.name = n.Rebase(from, to)
		if a.variant.RenameRenumbers {
			a.validity++
			f.validity = a.validity
		}
		a.folders[f.name] = f
		if a.variant.RenameForgets {
			delete(a.subscribed, n)
		}
		if a.variant.AutoSubscribe {
			a.subscribed[f.name] = true
		}
	}
	return nil
}

// Subscribe implements apply.Server.
func (a *Account) Subscribe(ctx context.Context, n mailbox.Name, subscribed bool) error {
	name := map[bool]string{true: "SUBSCRIBE", false: "UNSUBSCRIBE"}[subscribed]
	return a.do(ctx, Op{Name: name, Folder: n}, func() error {
		switch {
		case a.subscribed[n] == subscribed && a.variant.SubscribeTwice:
			return refused("it is so already")
		case subscribed && a.folders[n] == nil && !a.variant.SubscribeAny:
			return refused("[NONEXISTENT] Mailbox doesn't exist")
		case subscribed:
			a.subscribed[n] = true
		default:
			delete(a.subscribed, n)
		}
		return nil
	})
}

// Delete implements apply.Server: what the folder holds is destroyed.
func (a *Account) Delete(ctx context.Context, n mailbox.Name) error {
	return a.do(ctx, Op{Name: "DELETE", Folder: n}, func() error {
		f := a.folders[n]
		if f == nil || n == mailbox.Inbox {
			return refused("[NONEXISTENT] Mailbox doesn't exist")
		}
		if len(f.messages) > 0 {
			a.violate("DELETE of %q, which holds %d messages", n, len(f.messages))
		}
		if a.open == f {
			a.violate("DELETE of %q, which is open", n)
		}
		for child := range a.folders {
			if child.Below(n) {
				a.violate("DELETE of %q, which has children", n)
				return refused("[HASCHILDREN] Mailbox has children")
			}
		}
		delete(a.folders, n)
		return nil
	})
}

// Status implements apply.Server.
func (a *Account) Status(ctx context.Context, n mailbox.Name) (s plan.State, err error) {
	err = a.do(ctx, Op{Name: "STATUS", Folder: n}, func() error {
		f := a.folders[n]
		if f == nil || f.placeholder {
			return refused("[NONEXISTENT] Mailbox doesn't exist")
		}
		if a.open == f {
			a.violate("STATUS of %q, which is open", n)
		}
		s = a.look(f)
		return nil
	})
	if err != nil {
		return plan.State{}, err
	}
	return s, nil
}
