package model

import (
	"context"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	themessage "github.com/imapform/imapform/internal/message"
)

// Open implements apply.Server.
func (a *Account) Open(ctx context.Context, n mailbox.Name) (o apply.Opened, err error) {
	a.open = nil
	err = a.do(ctx, Op{Name: "SELECT", Folder: n}, func() error {
		f := a.folders[n]
		if f == nil || f.placeholder {
			return refused("[NONEXISTENT] Mailbox doesn't exist")
		}
		a.open, a.told = f, map[imap.UID]bool{}
		o = apply.Opened{State: a.look(f), Permanent: f.keywords.With(systemFlags), NewKeyword: a.variant.MaxKeywords == 0 || len(f.keywords) < a.variant.MaxKeywords || a.variant.DropKeywords}
		return nil
	})
	if err != nil {
		a.open = nil
		return apply.Opened{}, err
	}
	return o, nil
}

var systemFlags = mailbox.NewFlags(imap.FlagAnswered, imap.FlagDeleted, imap.FlagDraft, imap.FlagFlagged, imap.FlagSeen)

// Close implements apply.Server.
func (a *Account) Close(ctx context.Context) error {
	if a.open == nil {
		return nil
	}
	return a.within(ctx, Op{Name: "UNSELECT"}, func(*folder) error {
		a.open = nil
		return nil
	})
}

// Fetch implements apply.Server.
func (a *Account) Fetch(ctx context.Context, uids imap.UIDSet, parts themessage.Parts, tell func(*themessage.Message)) error {
	return a.within(ctx, Op{Name: "UID FETCH", UIDs: uids}, func(f *folder) error {
		for _, uid := range f.uids(uids) {
			m, err := f.messages[uid].told(uid, parts)
			if err != nil {
				return err
			}
			a.told[uid] = true
			tell(m)
		}
		return nil
	})
}

// Copy implements apply.Server.
func (a *Account) Copy(ctx context.Context, uids imap.UIDSet, to mailbox.Name) (apply.Transfer, error) {
	return a.transfer(ctx, "UID COPY", uids, to)
}

// Move implements apply.Server.
func (a *Account) Move(ctx context.Context, uids imap.UIDSet, to mailbox.Name) (apply.Transfer, error) {
	return a.transfer(ctx, "UID MOVE", uids, to)
}

func (a *Account) transfer(ctx context.Context, name string, uids imap.UIDSet, to mailbox.Name) (t apply.Transfer, err error) {
	move := name == "UID MOVE"
	if move && !a.variant.Can.Move {
		a.violate("UID MOVE, which was not offered")
	}
	err = a.within(ctx, Op{Name: name, To: to, UIDs: uids}, func(f *folder) error {
		dest := a.folders[to]
		if dest == nil || dest.placeholder {
			return refused("[TRYCREATE] Mailbox doesn't exist")
		}
		found := f.uids(uids)
		if len(found) == 0 && a.variant.GoneNO {
			return refused("[EXPUNGEISSUED] Some of the requested messages no longer exist")
		}
		for i, uid := range found {
			at := a.transferOne(f, uid, dest, move)
			if a.tells(i) {
				said := at
				if a.variant.CopyUID == CopyUIDWrong {
					said += 1000
				}
				t.Pairs = append(t.Pairs, apply.Pair{From: uid, To: said})
				dest.given[said] = true
			}
		}
		if a.variant.CopyUID == CopyUIDSame {
			for i := range t.Pairs {
				t.Pairs[i].To = dest.next - 1
			}
		}
		if len(t.Pairs) > 0 {
			t.UIDValidity = dest.validity
			if a.variant.CopyUID == CopyUIDWrong {
				t.UIDValidity = f.validity
			}
		}
		return nil
	})
	if err != nil {
		return apply.Transfer{}, err
	}
	return t, nil
}

// transferOne moves or copies a message, and returns its UID there.
func (a *Account) transferOne(f *folder, uid imap.UID, dest *folder, move bool) imap.UID {
	if a.variant.Can.Labels {
		return a.label(f, uid, dest, move)
	}
	m := *f.messages[uid]
	m.saved = a.Now
	m.flags = m.flags.Without(a.tooMany(dest, m.flags))
	m.inherited = !move && m.flags.Has(imap.FlagDeleted)
	dest.learn(m.flags)
	if move {
		delete(f.messages, uid)
	}
	return dest.put(&m)
}

// tells says whether COPYUID tells of the i-th message.
func (a *Account) tells(i int) bool {
	switch {
	case !a.variant.Can.UIDPlus || a.variant.CopyUID == CopyUIDNone:
		return false
	case a.variant.CopyUID == CopyUIDPartial:
		return i%2 == 0
	}
	return true
}

// Store implements apply.Server. Servers that tell nothing, or not of all, where they
// copy messages do so here, too.
func (a *Account) Store(ctx context.Context, uids imap.UIDSet, add bool, flags mailbox.Flags) (told map[imap.UID]mailbox.Flags, err error) {
	told = map[imap.UID]mailbox.Flags{}
	err = a.within(ctx, Op{Name: "UID STORE", UIDs: uids, Add: add, Flags: flags}, func(f *folder) error {
		if len(flags) == 0 {
			a.violate("UID STORE without flags")
		}
		if add && flags.Has(imap.FlagDeleted) && a.variant.Can.Labels && !f.purges() {
			a.violate(`\Deleted on messages in %q, which is a label`, f.name)
		}
		if flags.Has(imap.FlagDeleted) && len(flags) > 1 {
			a.violate(`UID STORE of \Deleted with other flags`)
		}
		if add {
			if many := a.tooMany(f, flags); len(many) > 0 {
				if !a.variant.DropKeywords {
					return refused("[LIMIT] Too many user flags in mailbox")
				}
				flags = flags.Without(many)
			}
			f.learn(flags)
		}
		for i, uid := range f.uids(uids) {
			m := f.messages[uid]
			had := m.flags.Has(imap.FlagDeleted)
			if add {
				m.flags = m.flags.With(flags)
			} else {
				m.flags = m.flags.Without(flags)
			}
			has := m.flags.Has(imap.FlagDeleted)
			if !add && had && !has && !m.ours && !m.inherited {
				a.violate(`\Deleted of another client was taken from message %d in %q`, uid, f.name)
			}
			m.ours = has && (m.ours || !had)
			if a.variant.CopyUID != CopyUIDNone && (a.variant.CopyUID != CopyUIDPartial || i%2 == 0) {
				told[uid] = m.flags
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return told, nil
}

// tooMany are keywords that the folder has no place for.
func (a *Account) tooMany(f *folder, flags mailbox.Flags) mailbox.Flags {
	if a.variant.MaxKeywords == 0 {
		return nil
	}
	room := max(a.variant.MaxKeywords-len(f.keywords), 0)
	news := keywords(flags).Without(f.keywords)
	return news[min(room, len(news)):]
}

func (f *folder) learn(flags mailbox.Flags) { f.keywords = f.keywords.With(keywords(flags)) }

func keywords(flags mailbox.Flags) mailbox.Flags {
	return slices.DeleteFunc(slices.Clone(flags), func(flag imap.Flag) bool { return strings.HasPrefix(string(flag), `\`) })
}

// Expunge implements apply.Server.
func (a *Account) Expunge(ctx context.Context, uids imap.UIDSet) error {
	if !a.variant.Can.UIDPlus {
		a.violate("UID EXPUNGE, which was not offered")
	}
	return a.within(ctx, Op{Name: "UID EXPUNGE", UIDs: uids}, func(f *folder) error {
		for _, uid := range f.uids(uids) {
			m := f.messages[uid]
			switch {
			case !m.flags.Has(imap.FlagDeleted):
				a.violate(`UID EXPUNGE of message %d in %q, which is not \Deleted`, uid, f.name)
				continue
			case !m.ours && !m.copied(a):
				a.violate(`UID EXPUNGE of message %d in %q, which another client marked \Deleted`, uid, f.name)
			}
			a.expunge(f, uid)
		}
		return nil
	})
}

// copied says whether there is more than one of the message.
func (m *message) copied(a *Account) bool { return len(a.Census()[m.mail]) > 1 }

// Bounds that a program keeps to, so that servers take its commands.
const (
	maxChanged = 500
	maxOctets  = 8000
)

// within runs an operation on the open folder.
func (a *Account) within(ctx context.Context, op Op, act func(*folder) error) error {
	f := a.open
	if f != nil {
		op.Folder = f.name
	}
	if op.UIDs != nil {
		a.checkSet(op)
	}
	return a.do(ctx, op, func() error {
		if f == nil {
			if op.Name != "UNSELECT" { // whose reply may have been lost
				a.violate("%s while no folder is open", op.Name)
			}
			return refused("No mailbox selected")
		}
		if a.folders[f.name] != f {
			return refused("The mailbox was deleted under you")
		}
		return act(f)
	})
}

func (a *Account) checkSet(op Op) {
	star := func(r imap.UIDRange) bool { return r.Start == 0 || r.Stop == 0 }
	if len(op.UIDs) == 0 || slices.ContainsFunc(op.UIDs, star) {
		a.violate("%s %q: a set that is empty or has a *", op.Name, op.UIDs.String())
		return
	}
	if op.Name != "UID FETCH" && len(op.UIDs.String()) > maxOctets { // a FETCH is cut by who sends it
		a.violate("%s: a set of %d octets", op.Name, len(op.UIDs.String()))
	}
	if !op.Changes() || a.open == nil {
		return
	}
	uids, _ := op.UIDs.Nums()
	if len(uids) > maxChanged {
		a.violate("%s: %d messages at once", op.Name, len(uids))
	}
	for _, uid := range uids {
		if !a.told[uid] && !a.open.given[uid] {
			a.violate("%s of message %d in %q, which was not looked at since the folder was opened", op.Name, uid, a.open.name)
		}
	}
}
