package server

import (
	"cmp"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// flagRows are the flags of messages, which can be all of a large folder: eight octets
// each, since most have one of few sets. The zero value is empty.
type flagRows struct {
	rows   []flagRow
	sets   []mailbox.Flags
	places map[string]uint32 // of the sets, by how they are written
	octets int               // of that
}

type flagRow struct {
	uid imap.UID
	set uint32
}

// add adds what is told of a message; written is how, in any form that is not that of
// another set.
func (f *flagRows) add(uid imap.UID, written string, flags func() mailbox.Flags) {
	place, ok := f.places[written]
	if !ok {
		if f.places == nil {
			f.places = map[string]uint32{}
		}
		place = uint32(len(f.sets))
		f.places[written], f.sets = place, append(f.sets, flags())
		f.octets += len(written)
	}
	f.rows = append(f.rows, flagRow{uid, place})
}

// sort puts the rows in the order of UIDs. Of what was told of a message several times
// the last counts.
func (f *flagRows) sort() {
	byUID := func(a, b flagRow) int { return cmp.Compare(a.uid, b.uid) }
	if !slices.IsSortedFunc(f.rows, byUID) {
		slices.SortStableFunc(f.rows, byUID)
	}
	kept := f.rows[:0]
	for i, r := range f.rows {
		if i+1 == len(f.rows) || f.rows[i+1].uid != r.uid {
			kept = append(kept, r)
		}
	}
	f.rows = kept
}

// uids are those of the messages, once they are sorted.
func (f *flagRows) uids() imap.UIDSet {
	var set uidSet
	for _, r := range f.rows {
		set.add(r.uid)
	}
	return set.ranges
}

// update gives a message the flags that were told of it, if any were. Messages come in
// ascending order.
func (f *flagRows) update(m *message.Message) {
	for len(f.rows) > 0 && f.rows[0].uid < m.UID {
		f.rows = f.rows[1:]
	}
	if len(f.rows) > 0 && f.rows[0].uid == m.UID {
		m.Flags = f.sets[f.rows[0].set]
	}
}
