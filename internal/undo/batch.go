package undo

import (
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
)

// begin begins a batch, of which what is done next is a part.
func (t *trail) begin(b *journal.Batch) {
	t.batch, t.digests = b, map[imap.UID]uint64{}
	t.copied, t.left = map[imap.UID]landed{}, map[imap.UID]bool{}
	for _, m := range b.Messages {
		t.digests[m.UID] = m.Digest
	}
}

// done follows what was seen to be done to messages.
func (t *trail) done(d *journal.Done) {
	if d.Verb == journal.VerbAppend { // of which the UIDs need not be known
		t.append(d)
		return
	}
	t.twins = t.twinsOf(d)
	for i, uid := range d.UIDs {
		if uid == 0 {
			continue
		}
		to := landed{validity: d.ToValidity}
		if i < len(d.At) {
			to.uid = d.At[i]
		}
		switch d.Verb {
		case journal.VerbMove:
			if !t.gone(d, uid) {
				t.move(t.message(d, i, uid), d, to)
			}
		case journal.VerbCopy:
			t.duplicate(d, i, uid, to)
		case journal.VerbAdd:
			t.flag(t.message(d, i, uid), d.Flags, nil)
		case journal.VerbTake:
			t.flag(t.message(d, i, uid), nil, d.Flags)
		case journal.VerbExpunge:
			t.expunge(d, i, uid)
		}
	}
}

// message is the one that has a UID, with what is known of it by now.
func (t *trail) message(d *journal.Done, i int, uid imap.UID) *moved {
	at := place{t.folder(d.Folder), uid}
	m := t.byPlace[at]
	if m != nil && t.later != nil && !m.may(d.UIDValidity, t.digest(d, i, uid)) {
		m = nil // another client has put it there since, into another folder of that name
	}
	if m == nil {
		if m = t.adopted(at, t.digest(d, i, uid), d.UIDValidity); m == nil {
			m = &moved{origin: at.folder, first: len(t.changes), at: at.folder, uid: uid, validity: d.UIDValidity, last: len(t.changes)}
			t.messages = append(t.messages, m)
		}
		t.byPlace[at] = m
	}
	if m.digest == 0 {
		m.digest = t.digest(d, i, uid)
	}
	if d.UIDValidity != 0 {
		m.validity = d.UIDValidity
	}
	m.last = len(t.changes)
	if t.later == nil && t.inBatch(d) {
		for _, by := range t.batch.Because {
			if !slices.Contains(m.because, by) {
				m.because = append(m.because, by)
			}
		}
	}
	return m
}

// adopted is the message that was brought to the folder without anybody knowing where
// it lay there, and that is found there now; nil: there is none, or it cannot be told
// which it is.
func (t *trail) adopted(at place, digest uint64, validity uint32) *moved {
	if t.twins[digest] > 1 {
		return nil
	}
	var found *moved
	for _, m := range t.astray[kind{at.folder, digest}] {
		if m.at == at.folder && m.uid == 0 && at.uid >= m.floor && (t.later == nil || m.may(validity, digest)) {
			if found != nil {
				return nil
			}
			found = m
		}
	}
	if found != nil {
		found.uid = at.uid
	}
	return found
}

// settle notes where a message lies, or that nobody knows.
func (t *trail) settle(m *moved) {
	if m.uid != 0 {
		t.byPlace[place{m.at, m.uid}] = m
	} else if m.digest != 0 {
		k := kind{m.at, m.digest}
		t.astray[k] = append(t.astray[k], m)
	}
}

// inBatch says whether what was done belongs to the batch, be it in the destination.
func (t *trail) inBatch(d *journal.Done) bool {
	b := t.batch
	if b == nil {
		return false
	}
	return d.Folder == b.Folder || b.To != nil && d.Folder == b.To.Name
}

// digest is that of the i-th message; 0: it is not told.
func (t *trail) digest(d *journal.Done, i int, uid imap.UID) uint64 {
	switch {
	case i < len(d.Digests):
		return d.Digests[i]
	case t.batch != nil && d.Folder == t.batch.Folder:
		return t.digests[uid]
	}
	return 0
}

// gone says whether the batch was seen before to have moved the message: by its copy and
// its removal, say, which tell the same.
func (t *trail) gone(d *journal.Done, uid imap.UID) bool {
	return t.batch != nil && d.Folder == t.batch.Folder && t.left[uid]
}

// into is the folder as it was before the batch brought anything there; the zero value:
// it is not known.
func (t *trail) into(n mailbox.Name) journal.Into {
	if t.batch == nil {
		return journal.Into{}
	}
	if t.batch.To != nil && t.batch.To.Name == n {
		return *t.batch.To
	}
	for _, into := range t.batch.Copies {
		if into.Name == n {
			return into
		}
	}
	return journal.Into{}
}

// move follows a message to another folder.
func (t *trail) move(m *moved, d *journal.Done, to landed) {
	into := t.into(d.To)
	delete(t.byPlace, place{m.at, m.uid})
	if t.batch != nil && d.Folder == t.batch.Folder {
		t.left[m.uid] = true
	}
	if to.validity == 0 {
		to.validity = into.UIDValidity
	}
	m.at, m.uid, m.validity, m.floor = t.folder(d.To), to.uid, to.validity, into.UIDNext
	if to.uid != 0 && to.uid < into.UIDNext {
		m.before = append(m.before, m.at)
	}
	m.flagged = false
	switch {
	case t.later.ours():
		m.moved = m.at != m.origin && m.at.now != m.origin.now
	case t.later.early:
		m.overtaken = t.later.sign < 0
	}
	t.settle(m)
}

// duplicate follows a copy: that of a batch that moves so is not known yet to be one
// that stays.
func (t *trail) duplicate(d *journal.Done, i int, uid imap.UID, to landed) {
	if b := t.batch; b != nil && b.ByCopy && b.To != nil && b.To.Name == d.To && b.Folder == d.Folder {
		t.copied[uid] = to
		return
	}
	dest := t.folder(d.To)
	if t.later == nil {
		dest.copies++
	}
	m := &moved{at: dest, uid: to.uid, digest: t.digest(d, i, uid), floor: t.into(d.To).UIDNext, copy: true}
	t.messages = append(t.messages, m)
	t.settle(m)
}

// flag follows a change of flags: what is added and taken again comes to nothing. Of
// another run it is only noted that it has changed them.
func (t *trail) flag(m *moved, add, take mailbox.Flags) {
	if !t.later.ours() {
		m.claim(t.later, add.With(take))
		return
	}
	m.flagged = m.flagged || len(m.added)+len(m.taken) == 0
	m.added, m.taken = m.added.Without(take).With(add.Without(m.taken)), m.taken.Without(add).With(take.Without(m.added))
}

// expunge follows messages that were removed from their folder: for good, or because
// there is a copy by which they are moved.
func (t *trail) expunge(d *journal.Done, i int, uid imap.UID) {
	if t.batch != nil && t.batch.ByCopy && d.Folder == t.batch.Folder {
		if t.gone(d, uid) {
			return
		}
		if to, copied := t.copied[uid]; copied {
			into := *d
			into.To = t.batch.To.Name
			t.move(t.message(d, i, uid), &into, to)
			return
		}
	}
	m := t.message(d, i, uid)
	delete(t.byPlace, place{m.at, uid})
	archive := ""
	if i < len(d.Backup) {
		archive = d.Backup[i]
	}
	if archive != "" {
		t.archive(archive, m)
	}
	if t.later != nil {
		m.lost = true
		return
	}
	m.deleted, m.deletedIn = true, d.Folder
	if archive != "" {
		m.dir, m.archive = d.Dir, archive
	}
}
