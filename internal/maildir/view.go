package maildir

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// A view is a selected folder as the client has been told of it. Sequence numbers are indexes in messages plus one.
type view struct {
	name     string
	dir      string
	readOnly bool
	validity uint32
	messages []seen      // by UID
	kw       *keywords   // as of the last look
	told     int         // how many keywords the client knows
	saved    imap.UIDSet // the result that SEARCH RETURN (SAVE) kept (RFC 5182)
	snap     *snapshot   // what was last merged
	behind   bool        // whether snap holds more than the client could be told
	lost     error       // why the view has no folder any more
}

// A seen message is one that the client knows.
type seen struct {
	message
	shown string // the letters of the flags that the client was last told or could have asked for
	size  int64  // RFC822.SIZE; -1: not known yet
}

func newSeen(m message) seen { return seen{message: m, shown: m.letters(), size: -1} }

func newView(name string, readOnly bool, snap *snapshot) *view {
	v := &view{name: name, dir: snap.dir, readOnly: readOnly, validity: snap.validity, kw: snap.kw, snap: snap}
	v.told = len(snap.kw.flags())
	v.messages = make([]seen, len(snap.messages))
	for i, m := range snap.messages {
		v.messages[i] = newSeen(m)
	}
	return v
}

// mailboxFlags returns the flags that the folder has.
func mailboxFlags(kw *keywords) []imap.Flag {
	flags := make([]imap.Flag, 0, len(systemFlags)+maxKeywords)
	for _, s := range systemFlags {
		flags = append(flags, s.flag)
	}
	return append(flags, kw.flags()...)
}

func (v *view) selectData(snap *snapshot) *imap.SelectData {
	data := &imap.SelectData{
		Flags:       mailboxFlags(v.kw),
		NumMessages: uint32(len(v.messages)),
		UIDNext:     snap.next,
		UIDValidity: v.validity,
	}
	if !v.readOnly {
		data.PermanentFlags = slices.Clone(data.Flags)
		if clone := *v.kw; clone.add("any", snap.used()) {
			data.PermanentFlags = append(data.PermanentFlags, imap.FlagWildcard)
		}
	}
	for i := range v.messages {
		if !hasLetter(v.messages[i].shown, 'S') {
			data.FirstUnseenSeqNum = uint32(i) + 1
			break
		}
	}
	return data
}

// merge takes over what is new and tells it. Without allowExpunge messages that went stay in the view. The snapshot must
// be from a look just now: an older one would undo what the view knows of its own changes.
func (v *view) merge(snap *snapshot, allowExpunge bool, w *imapserver.UpdateWriter) error {
	if snap.validity != v.validity {
		v.lost = v.renumbered()
		return nil
	}
	if snap == v.snap && !v.behind {
		return v.tellKeywords(w)
	}
	changed, gone := v.align(snap)
	v.snap, v.kw, v.behind = snap, snap.kw, len(gone) > 0 && !allowExpunge
	if err := v.tellKeywords(w); err != nil {
		return err
	}
	for _, i := range changed {
		m := &v.messages[i]
		if err := w.WriteMessageFlags(uint32(i)+1, m.uid, flagsOf(m.shown, v.kw)); err != nil {
			return err
		}
	}
	if allowExpunge {
		if err := v.expunge(gone, w.WriteExpunge); err != nil {
			return err
		}
	}
	return v.appendNew(snap, w)
}

// tellKeywords tells of keywords that the folder did not have before.
func (v *view) tellKeywords(w *imapserver.UpdateWriter) error {
	if len(v.kw.flags()) == v.told {
		return nil
	}
	v.told = len(v.kw.flags())
	return w.WriteMailboxFlags(mailboxFlags(v.kw))
}

// renumbered answers commands about messages whose UIDs mean nothing any more.
func (v *view) renumbered() error {
	return no(imap.ResponseCodeUnavailable, "The messages of folder %q were numbered anew; select it again", v.name)
}

// align compares the view with the snapshot, both of which are in order of UIDs. It takes over where files are and
// returns the indexes of messages whose flags changed, and of those that are gone.
func (v *view) align(snap *snapshot) (changed, gone []int) {
	j := 0
	for i := range v.messages {
		m := &v.messages[i]
		for j < len(snap.messages) && snap.messages[j].uid < m.uid {
			j++
		}
		if j == len(snap.messages) || snap.messages[j].uid != m.uid {
			gone = append(gone, i)
			continue
		}
		m.file = snap.messages[j].file
		if letters := m.letters(); letters != m.shown {
			m.shown = letters
			changed = append(changed, i)
		}
	}
	return changed, gone
}

// appendNew adds the messages that came, which have higher UIDs than all before.
func (v *view) appendNew(snap *snapshot, w *imapserver.UpdateWriter) error {
	last := imap.UID(0)
	if n := len(v.messages); n > 0 {
		last = v.messages[n-1].uid
	}
	first, _ := slices.BinarySearchFunc(snap.messages, last+1, func(m message, uid imap.UID) int { return cmp.Compare(m.uid, uid) })
	if first == len(snap.messages) {
		return nil
	}
	for _, m := range snap.messages[first:] {
		v.messages = append(v.messages, newSeen(m))
	}
	return w.WriteNumMessages(uint32(len(v.messages)))
}

// expunge takes the messages at the indexes, which rise, out of the view, and tells of each, the last first, so that the
// sequence numbers of the others hold.
func (v *view) expunge(indexes []int, tell func(seqNum uint32) error) error {
	if len(indexes) == 0 {
		return nil
	}
	next := 0
	kept := v.messages[:0]
	for i, m := range v.messages {
		if next < len(indexes) && indexes[next] == i {
			next++
			continue
		}
		kept = append(kept, m)
	}
	clear(v.messages[len(kept):])
	v.messages = kept
	for _, i := range slices.Backward(indexes) {
		if err := tell(uint32(i) + 1); err != nil {
			return err
		}
	}
	return nil
}

// pick returns the indexes of the messages in the set, rising. Numbers without a message are passed over.
func (v *view) pick(set imap.NumSet) []int {
	if imap.IsSearchRes(set) {
		set = v.saved
	}
	var picked []int
	add := func(from, to int) {
		for i := max(from, 0); i < to; i++ {
			picked = append(picked, i)
		}
	}
	n := len(v.messages)
	switch set := set.(type) {
	case imap.SeqSet:
		for _, r := range set {
			start, stop := order(r.Start, r.Stop, uint32(n))
			add(int(start)-1, min(int(stop), n))
		}
	case imap.UIDSet:
		for _, r := range set {
			highest := imap.UID(0)
			if n > 0 {
				highest = v.messages[n-1].uid
			}
			start, stop := order(r.Start, r.Stop, highest)
			add(v.index(start), v.index(stop+1))
		}
	}
	slices.Sort(picked)
	return slices.Compact(picked)
}

// order resolves "*", which is 0, and puts the ends of a range in order (RFC 9051 section 9, seq-range).
func order[N uint32 | imap.UID](start, stop, highest N) (N, N) {
	if start == 0 {
		start = highest
	}
	if stop == 0 {
		stop = highest
	}
	return min(start, stop), max(start, stop)
}

// index returns where the first message with that or a higher UID is.
func (v *view) index(uid imap.UID) int {
	if uid == 0 { // one above the highest number
		return len(v.messages)
	}
	i, _ := slices.BinarySearchFunc(v.messages, uid, func(m seen, uid imap.UID) int { return cmp.Compare(m.uid, uid) })
	return i
}

// errGone marks a message that is not in the folder any more.
var errGone = errors.New("the message is gone")

// at calls f with the place of message i. If there is no such file any more it is looked for, and f is called again.
// look is the tree's look or lookLocked.
func (v *view) at(i int, look func(name string) (*snapshot, error), f func(m *seen) error) error {
	for range 3 {
		err := f(&v.messages[i])
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		snap, err := look(v.name)
		if err != nil {
			return err
		}
		m, ok := snap.find(v.messages[i].uid)
		if !ok || snap.validity != v.validity {
			return errGone
		}
		v.messages[i].file = m.file
	}
	return errGone
}
