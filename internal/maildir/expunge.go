package maildir

import (
	"errors"
	"fmt"
	"os"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// Expunge implements imapserver.Session (RFC 9051 sections 6.4.3 and 6.4.9). With uids nil it means every message with
// \Deleted. CLOSE comes here too, with a zero writer; of a read-only folder it removes nothing and is no error
// (section 6.4.1).
func (s *session) Expunge(w *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	isClose := *w == imapserver.ExpungeWriter{}
	if isClose && (s.view.readOnly || s.view.lost != nil) {
		return nil
	}
	v, err := s.writable()
	if err != nil {
		return err
	}
	if uids != nil && !s.tree.offers(imap.CapUIDPlus) {
		return bad("UIDPLUS is not offered")
	}
	var set imap.NumSet = imap.SeqSet{{Start: 1, Stop: 0}}
	if uids != nil {
		set = *uids
	}
	removed, err := s.tree.expunge(v, v.pick(set))
	if tellErr := v.expunge(removed, w.WriteExpunge); tellErr != nil {
		return tellErr
	}
	return answer(err)
}

// expunge removes those of the messages at the indexes that have \Deleted at that very moment, and returns which.
func (t *Tree) expunge(v *view, indexes []int) (removed []int, err error) {
	if len(indexes) == 0 {
		return nil, nil
	}
	err = t.lock.with(func() error {
		snap, err := t.lookLocked(v.name)
		if err != nil {
			return err
		}
		if snap.validity != v.validity {
			return v.renumbered()
		}
		v.locate(snap)
		var went []string
		for _, i := range indexes {
			ok, e := t.expungeOne(v, i)
			if e != nil {
				err = fmt.Errorf("expunge UID %d in folder %q: %w", v.messages[i].uid, v.name, e)
				break
			}
			if ok {
				removed, went = append(removed, i), append(went, v.messages[i].key)
			}
		}
		if len(went) == 0 {
			return err
		}
		return errors.Join(err, t.recordGone(v.dir, went), syncFolder(v.dir))
	})
	return removed, err
}

func (t *Tree) expungeOne(v *view, i int) (removed bool, err error) {
	err = v.at(i, t.lookLocked, func(m *seen) error {
		if !hasLetter(m.letters(), 'T') {
			return nil
		}
		// The name holds the flag, so what is removed under this name is deleted. If somebody takes the flag away now,
		// the name is another one.
		if err := os.Remove(m.place.in(v.dir)); err != nil {
			return err
		}
		removed = true
		return nil
	})
	if errors.Is(err, errGone) {
		return false, nil
	}
	return removed, err
}

// locate takes over from the snapshot where the files of the view's messages are.
func (v *view) locate(snap *snapshot) {
	for i := range v.messages {
		if m, ok := snap.find(v.messages[i].uid); ok {
			v.messages[i].file = m.file
		}
	}
}

// recordGone takes messages that we have removed from the folder's UID list.
func (t *Tree) recordGone(dir string, keys []string) error {
	list, err := t.uidListOf(dir, t.cached(dir))
	if err != nil {
		return err
	}
	var listed []string
	for _, key := range keys {
		if list.uids[key] != 0 {
			listed = append(listed, key)
		}
	}
	if err := list.change(dir, nil, listed); err != nil {
		t.forget(dir)
		return err
	}
	return nil
}
