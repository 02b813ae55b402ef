package undo

import (
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A trail is what a run has done: each folder and message that it touched, followed
// from where it was before to where the run left it, and from there through later runs.
type trail struct {
	folders  map[mailbox.Name]*folder // by the name that each has
	every    []*folder
	changes  []change
	messages []*moved // in the order in which runs came upon them
	byPlace  map[place]*moved
	astray   map[kind][]*moved // of which nobody knows the UID
	unknown  []string          // what the run itself could not find out

	own      []change          // those of the changes that the run itself made
	ours     []*moved          // the messages that it touched itself
	later    *laterRun         // that is followed now; nil: the run itself is
	archived map[string]*moved // that were deleted for good, by the files of the backup; nil: it is not sure

	batch   *journal.Batch
	digests map[imap.UID]uint64 // of the batch's messages
	copied  map[imap.UID]landed // of a batch that moves by copying
	left    map[imap.UID]bool   // messages of the batch that were seen to be moved
	twins   map[uint64]int      // of messages that are told together, by digest: how many are not known; nil: it does not matter
}

// A folder is one that the run touched, whatever it is called.
type folder struct {
	now    mailbox.Name // as it is called, or was when it was removed
	left   mailbox.Name // as the run left it, or an undo of it
	made   bool         // by a run
	gone   bool         // a run removed it
	goneBy remover
	within []*folder // in which it lay then
	subs   claims    // of its subscription
	named  int       // changes until the run gave it its name; 0: it did not
	copies int       // that the run left in it
	added  int       // messages that the run brought back into it
}

// A change is what was seen to be done to a folder or a subscription.
type change struct {
	journal.Folder
	of *folder
}

// A place is where a message lies.
type place struct {
	folder *folder
	uid    imap.UID
}

// A kind is messages of a folder that are the same in what never changes about them.
type kind struct {
	folder *folder
	digest uint64
}

// A landed is where a message was brought.
type landed struct {
	uid      imap.UID
	validity uint32
}

// A moved is a message that the run did something to.
type moved struct {
	origin *folder
	first  int // changes of folders before it was touched first

	at       *folder
	uid      imap.UID // 0: it is not known
	validity uint32
	last     int // changes of folders before it was touched last

	ours      bool               // the run itself touched it
	turn      int                // changes of folders before the run itself touched it last
	left      *folder            // where the run left it
	moved     bool               // the run moved it, and no undo of it has moved it back
	overtaken bool               // an undo of an earlier run has moved it to where it was before both
	lost      bool               // a later run has deleted it for good
	back      bool               // the run deleted it for good, and a later one brought it back
	claims    map[string]*claims // by flags, folded

	digest uint64 // 0: it is not known
	floor  imap.UID
	before []*folder // in which it lay before it was brought there: they are labels
	copy   bool      // it is not the message itself

	added, taken mailbox.Flags
	flagged      bool // all of these where it now lies
	because      []string

	deleted      bool         // for good
	deletedIn    mailbox.Name // as the folder was called then
	dir, archive string       // where a backup holds it; empty: nowhere
}

// sought says that the message must be looked for.
func (m *moved) sought() bool {
	return m.uid == 0 && m.floor != 0 && m.digest != 0 && m.validity != 0 && !m.copy && !m.deleted && !m.lost && !m.at.gone
}

// in says whether the message's UID still means something in the folder as it is. One
// that the run renamed later may have been numbered anew by that, which some servers
// do; there the message's digest decides alone.
func (m *moved) in(f plan.Folder) bool {
	return f.UIDValidity == m.validity || m.at.named > m.last
}

// follow reads a run's journal, and then those of later runs. Only what was seen to be
// done counts, and what was sent last by a run that died before it could look, if the
// folders are so.
func follow(records []journal.Record, l plan.Listing, later ...[]journal.Record) *trail {
	t := &trail{folders: map[mailbox.Name]*folder{}, byPlace: map[place]*moved{}, astray: map[kind][]*moved{}, archived: map[string]*moved{}}
	t.read(records, l)
	t.seal()
	for i, run := range laterRuns(records, later) {
		t.later = run
		t.read(later[i], l)
	}
	return t
}

// read reads a journal from its beginning to its end.
func (t *trail) read(records []journal.Record, l plan.Listing) {
	records = journal.ByBatch(records)
	t.batch = nil
	for i, r := range records {
		switch {
		case r.Made != nil:
			t.made(*r.Made)
		case r.Folder != nil && unseen(records[i+1:], *r.Folder) && stands(*r.Folder, newWorld(l)):
			t.made(*r.Folder)
		case r.Batch != nil:
			t.begin(r.Batch)
		case r.Done != nil:
			t.done(r.Done)
		case r.Settled != nil && r.Settled.Unknown != "" && t.later == nil:
			t.unknown = append(t.unknown, r.Settled.Unknown)
		}
	}
}

// folder is the one that has the name.
func (t *trail) folder(n mailbox.Name) *folder {
	f := t.folders[n]
	if f == nil {
		f = &folder{now: n, left: n}
		t.folders[n] = f
		t.every = append(t.every, f)
	}
	return f
}

// unseen says whether a run died before it could note what came of a command about a
// folder.
func unseen(later []journal.Record, f journal.Folder) bool {
	return !slices.ContainsFunc(later, func(r journal.Record) bool {
		return r.Batch != nil || r.Made != nil && r.Made.Verb == f.Verb && r.Made.Name == f.Name && r.Made.To == f.To
	})
}

// stands says whether the folders are as a command that made or renamed one was to
// leave them. It was sent only where they were not so.
func stands(f journal.Folder, w world) bool {
	switch f.Verb {
	case journal.VerbCreate:
		return w.exists(f.Name)
	case journal.VerbRename:
		_, aside := f.To.SetAsideOf()
		_, back := f.Name.SetAsideOf()
		return !aside && !back && w.exists(f.To) && !w.exists(f.Name)
	}
	return false
}

// made follows a change of folders. One that was renamed out of the way so that it
// could be deleted, and deleted or given back its name, is not to be seen.
func (t *trail) made(m journal.Folder) {
	switch m.Verb {
	case journal.VerbCreate:
		t.changes = append(t.changes, change{m, t.created(m.Name)})
	case journal.VerbRename:
		if m.Name.SetAsideFrom(m.To) && t.putBack(m.To) {
			return
		}
		c := change{m, t.folder(m.Name)}
		t.changes = append(t.changes, c)
		t.rename(m.Name, m.To)
	case journal.VerbRemove:
		if n, aside := m.Name.SetAsideOf(); aside && t.putBack(n) {
			m.Name = n
		} else {
			t.putBack(m.Name)
		}
		f := t.folder(m.Name)
		t.remove(f)
		if m.Subscribed { // it ends with the folder
			f.subs.add(t.later)
		}
		t.changes = append(t.changes, change{m, f})
	case journal.VerbSubscribe, journal.VerbUnsubscribe:
		f := t.folder(m.Name)
		f.subs.add(t.later)
		t.changes = append(t.changes, change{m, f})
	}
}

// putBack forgets that a folder was renamed out of the way; false: it was not.
func (t *trail) putBack(n mailbox.Name) bool {
	for i, c := range slices.Backward(t.changes) {
		if c.Verb == journal.VerbRename && c.Name == n && c.To.SetAsideFrom(n) {
			t.rename(c.To, n)
			t.changes = slices.Delete(t.changes, i, i+1)
			return true
		}
	}
	return false
}

func (t *trail) rename(from, to mailbox.Name) {
	renamed := t.folders[from]
	all := map[mailbox.Name]*folder{}
	for n, f := range t.folders {
		if f.now = n.Rebase(from, to); f.now != n {
			f.named = len(t.changes)
			if f.left == n && t.later.ours() {
				f.left = f.now
			}
		}
		all[f.now] = f
	}
	t.folders = all
	if t.later == nil || renamed == nil {
		return // what the run removed before it has its name from before
	}
	for _, f := range t.every {
		if f.gone && slices.Contains(f.within, renamed) {
			f.now = f.now.Rebase(from, to)
		}
	}
}
