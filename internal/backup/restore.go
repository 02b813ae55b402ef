package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/plan"
)

// An Order says what is to be put back.
type Order struct {
	// Account is the address of the account that the server is of: messages of others are
	// refused.
	Account string
	Dir     string   // as of the Store
	Names   []string // as Keep returned them
	// Renamed are folders by the names that they had when their messages were kept, with
	// those that they have now.
	Renamed map[mailbox.Name]mailbox.Name
	// Before is called before a message is put into its folder; an error leaves it out.
	// Nil: nobody asks.
	Before func(Message, mailbox.Name) error
}

// Restored says what became of a message.
type Restored struct {
	Name    string       // of the order
	Message Message      // the zero value if it could not be read
	Folder  mailbox.Name // in which it is, or should be
	// UIDValidity and UID are where it lies; zeros: that is not known.
	UIDValidity uint32
	UID         imap.UID
	There       bool          // it was there already, and nothing was done
	Lacks       mailbox.Flags // which the server did not keep
	Err         error         // nil: it is there, as was seen

	key key
}

// Restore puts messages back into the folders that they were deleted from, with their
// flags and dates, and looks whether they are there then. A message that is there
// already, not marked \Deleted, is not put there again. It tells of every message in
// the order of Names; the error is what ended it before its end.
func Restore(ctx context.Context, s apply.Server, o Order) ([]Restored, error) {
	r := restoring{server: s, order: o, all: make([]Restored, len(o.Names))}
	for i, name := range o.Names {
		r.all[i] = r.read(name)
	}
	var folders []mailbox.Name
	for _, m := range r.all {
		if m.Err == nil && !slices.Contains(folders, m.Folder) {
			folders = append(folders, m.Folder)
		}
	}
	for i, folder := range folders {
		if err := r.folder(ctx, folder); err != nil {
			r.unbegun(folders[i:])
			return r.all, err
		}
	}
	return r.all, nil
}

// A restoring is Restore in progress.
type restoring struct {
	server apply.Server
	order  Order
	all    []Restored
}

var errNotBegun = errors.New("it was not put back: what came before it ended the work")

// unbegun marks what nobody has looked for.
func (r *restoring) unbegun(folders []mailbox.Name) {
	for i := range r.all {
		m := &r.all[i]
		if m.Err == nil && !m.There && m.UID == 0 && slices.Contains(folders, m.Folder) {
			m.Err = errNotBegun
		}
	}
}

// read reads a backup.
func (r *restoring) read(name string) Restored {
	found := Restored{Name: name}
	file, err := pathOf(r.order.Dir, name)
	if err == nil {
		found.Message, err = Read(file)
	}
	if err == nil && found.Message.Account != r.order.Account {
		err = fmt.Errorf("the backup %s is of %s, and not of %s", file, found.Message.Account, r.order.Account)
	}
	if err != nil {
		found.Err = err
		return found
	}
	if found.key, err = keyOf(found.Message); err != nil {
		found.Err = err
		return found
	}
	found.Folder = found.Message.Folder
	if now, renamed := r.order.Renamed[found.Folder]; renamed {
		found.Folder = now
	}
	return found
}

// folder puts messages back into a folder.
func (r *restoring) folder(ctx context.Context, name mailbox.Name) error {
	before, there, err := r.look(ctx, name)
	if err != nil {
		return r.failed(name, err)
	}
	var todo []*Restored
	for i := range r.all {
		if m := &r.all[i]; m.Err == nil && m.Folder == name {
			if uid, ok := there.take(m.key); ok {
				m.There, m.UIDValidity, m.UID = true, before.UIDValidity, uid
				continue
			}
			todo = append(todo, m)
		}
	}
	var added []*Restored
	for i, m := range todo {
		if m.Err = r.add(ctx, m); apply.Lost(m.Err) {
			for _, m := range todo[i+1:] {
				m.Err = errNotBegun
			}
			for _, m := range added {
				m.Err = fmt.Errorf("it was put into folder %q, and whether it is there was not seen: %w", name, todo[i].Err)
			}
			return todo[i].Err
		}
		if m.Err == nil {
			added = append(added, m)
		}
	}
	return r.verify(ctx, name, before, added)
}

// failed ends the messages of a folder. It returns the error if that ends everything.
func (r *restoring) failed(name mailbox.Name, err error) error {
	for i := range r.all {
		if m := &r.all[i]; m.Err == nil && m.Folder == name && !m.There {
			m.Err = err
		}
	}
	if apply.Lost(err) {
		return err
	}
	return nil
}

// look opens the folder, tells what is in it, and leaves it.
func (r *restoring) look(ctx context.Context, name mailbox.Name) (apply.Opened, held, error) {
	opened, err := r.server.Open(ctx, name)
	if err != nil {
		return opened, nil, fmt.Errorf("look into folder %q before messages are put back: %w", name, err)
	}
	there := held{}
	if opened.UIDNext > 1 {
		parts := looked()
		set := imap.UIDSet{{Start: 1, Stop: opened.UIDNext - 1}}
		err = r.server.Fetch(ctx, set, parts, func(m *message.Message) {
			if m.Known.Covers(parts) && !m.Flags.Has(imap.FlagDeleted) { // which is gone at anybody's next EXPUNGE
				there.put(m)
			}
		})
	}
	switch {
	case err == nil && opened.UIDNext == 0:
		err = errors.New("the server does not say which UIDs it has given out (UIDNEXT)")
	case err == nil:
		err = r.server.Close(ctx)
	}
	if err != nil {
		return opened, nil, fmt.Errorf("look into folder %q before messages are put back: %w", name, err)
	}
	return opened, there, nil
}

func looked() message.Parts {
	parts := plan.IdentityParts()
	parts.Flags = true
	return parts
}

// add sends one message.
func (r *restoring) add(ctx context.Context, m *Restored) (err error) {
	if r.order.Before != nil {
		if err := r.order.Before(m.Message, m.Folder); err != nil {
			return err
		}
	}
	file, err := m.Message.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	m.UIDValidity, m.UID, err = r.server.Append(ctx, m.Folder, apply.Append{
		Flags: m.Message.Flags, Received: m.Message.Received, Size: m.Message.Size, Message: file,
	})
	if err != nil {
		return fmt.Errorf("put message %s back into folder %q: %w", m.Name, m.Folder, err)
	}
	return nil
}
