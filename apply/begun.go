package apply

import (
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A batch is one that was begun: what was sent for it, and what of that was seen to be
// done.
type batch struct {
	journal.Batch
	sent  []journal.Command
	done  []journal.Done
	fresh []spot // what it is thought to have put where
}

// was says whether a command was sent; an empty destination stands for any.
func (b *batch) was(verb journal.Verb, to mailbox.Name) bool {
	for _, c := range b.sent {
		if c.Verb == verb && (to == "" || c.To == to) {
			return true
		}
	}
	return false
}

// sentFor are the messages that a command of the kind was sent for.
func (b *batch) sentFor(is func(journal.Command) bool) map[imap.UID]bool {
	all := map[imap.UID]bool{}
	for _, c := range b.sent {
		if is(c) {
			for _, uid := range c.UIDs {
				all[uid] = true
			}
		}
	}
	return all
}

// doneFor are the messages of which something of the kind was seen to be done.
func (b *batch) doneFor(is func(journal.Done) bool) map[imap.UID]bool {
	all := map[imap.UID]bool{}
	for _, d := range b.done {
		if is(d) {
			for _, uid := range d.UIDs {
				all[uid] = true
			}
		}
	}
	return all
}

// sentTo are the messages of a folder that a command with one of the verbs was sent for.
func (b *batch) sentTo(folder mailbox.Name, verbs ...journal.Verb) map[imap.UID]bool {
	return b.sentFor(func(c journal.Command) bool { return c.Folder == folder && slices.Contains(verbs, c.Verb) })
}

// brought are the messages that a command was sent for to bring them to a folder.
func (b *batch) brought(verb journal.Verb, to mailbox.Name) map[imap.UID]bool {
	return b.sentFor(func(c journal.Command) bool { return c.Verb == verb && c.To == to })
}

// unseen takes out of messages of a folder those that were seen to be dealt with.
func (b *batch) unseen(sent map[imap.UID]bool, folder mailbox.Name, verbs ...journal.Verb) map[imap.UID]bool {
	seen := b.doneFor(func(d journal.Done) bool { return d.Folder == folder && slices.Contains(verbs, d.Verb) })
	maps.DeleteFunc(sent, func(uid imap.UID, _ bool) bool { return seen[uid] })
	return sent
}

// marked are the messages of the folder that were, or may have been, marked \Deleted
// by the batch, and not unmarked since.
func (b *batch) marked() map[imap.UID]bool {
	return b.unseen(b.sentTo(b.Folder, journal.VerbMark), b.Folder, journal.VerbUnmark)
}

// stored are the messages of a folder whose flags a STORE was to change of which nothing
// is known.
func (b *batch) stored(folder mailbox.Name) map[imap.UID]bool {
	return b.unseen(b.sentTo(folder, journal.VerbAdd, journal.VerbTake), folder, journal.VerbAdd, journal.VerbTake)
}

// at is where messages were seen to be copied or moved to.
func (b *batch) at(verb journal.Verb, to mailbox.Name) map[imap.UID]imap.UID {
	at := map[imap.UID]imap.UID{}
	for _, d := range b.done {
		if d.Verb != verb || d.To != to || len(d.At) != len(d.UIDs) {
			continue
		}
		for i, uid := range d.UIDs {
			at[uid] = d.At[i]
		}
	}
	return at
}

// counted are the messages of which it was seen, and counted, that it was done.
func (b *batch) counted(verb journal.Verb, to mailbox.Name) map[imap.UID]bool {
	return b.doneFor(func(d journal.Done) bool { return d.Verb == verb && d.To == to })
}

func (b *batch) uids() []imap.UID {
	uids := make([]imap.UID, len(b.Messages))
	for i, m := range b.Messages {
		uids[i] = m.UID
	}
	return uids
}

// folders are all those that the batch has to do with.
func (b *batch) folders() []mailbox.Name {
	names := []mailbox.Name{b.Folder}
	for _, into := range b.Copies {
		names = append(names, into.Name)
	}
	if b.To != nil {
		names = append(names, b.To.Name)
	}
	return names
}

// batchOf is what is going to be done with messages of the step's folder.
func (f *filing) batchOf(msgs []plan.Message) journal.Batch {
	b := journal.Batch{
		Folder: f.op.Folder, UIDValidity: f.validity[f.op.Folder],
		Trash: f.op.Trash, FlagsFirst: f.op.FlagsFirst, Because: addresses(f.because),
	}
	into := func(n mailbox.Name) journal.Into {
		return journal.Into{Name: n, UIDValidity: f.floors[n].UIDValidity, UIDNext: f.floors[n].UIDNext}
	}
	for _, to := range f.op.Copies {
		b.Copies = append(b.Copies, into(to))
	}
	switch f.op.Away {
	case plan.AwayMove:
		to := into(f.op.To)
		b.Away, b.To, b.ByCopy = journal.VerbMove, &to, !f.server.Can().Move
	case plan.AwayPermanent:
		b.Away = journal.VerbExpunge
	}
	for _, m := range msgs {
		b.Messages = append(b.Messages, journal.Message{UID: m.UID, Digest: m.Identity.Digest(), Add: m.Add, Remove: m.Remove})
	}
	return b
}
