package maildir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// Store implements imapserver.Session (RFC 9051 section 6.4.6). Messages that are gone are passed over.
func (s *session) Store(w *imapserver.FetchWriter, set imap.NumSet, store *imap.StoreFlags, _ *imap.StoreOptions) error {
	v, err := s.writable()
	if err != nil {
		return err
	}
	if err := checkFlags(store.Flags); err != nil {
		return err
	}
	changed, err := s.tree.store(v, v.pick(set), store)
	if !store.Silent {
		for _, i := range changed {
			m := &v.messages[i]
			fw := w.CreateMessage(uint32(i) + 1)
			fw.WriteUID(m.uid)
			fw.WriteFlags(flagsOf(m.shown, v.kw))
			if err := fw.Close(); err != nil {
				return err
			}
		}
	}
	return answer(err)
}

// store changes the flags of the messages at the indexes and returns those that have the flags now.
func (t *Tree) store(v *view, indexes []int, store *imap.StoreFlags) (changed []int, err error) {
	if len(indexes) == 0 {
		return nil, nil
	}
	err = t.lock.with(func() error {
		if _, err := t.sourceList(v); err != nil {
			return err
		}
		if store.Op != imap.StoreFlagsDel {
			kw, err := keywordsFor(v.dir, store.Flags)
			if err != nil {
				return err
			}
			v.kw = kw
		}
		for _, i := range indexes {
			err := v.at(i, t.lookLocked, func(m *seen) error { return m.store(v, store) })
			if errors.Is(err, errGone) {
				continue
			}
			if err != nil {
				return fmt.Errorf("store flags of UID %d in folder %q: %w", v.messages[i].uid, v.name, err)
			}
			changed = append(changed, i)
		}
		return syncDir(filepath.Join(v.dir, "cur"))
	})
	return changed, err
}

// keywordsFor returns the folder's keywords after seeing to it that all of the flags have letters. The caller holds the
// tree's lock.
func keywordsFor(dir string, flags []imap.Flag) (*keywords, error) {
	kw, err := readKeywords(dir)
	if err != nil {
		return nil, err
	}
	if kw.haveAll(flags) {
		return kw, nil
	}
	used, err := usedLetters(dir)
	if err != nil {
		return nil, err
	}
	return ensureKeywords(dir, flags, used)
}

// store renames the message's file so that it has the flags.
func (m *seen) store(v *view, store *imap.StoreFlags) error {
	old := parseFileName(m.place.name)
	wanted := old.withFlags(changedLetters(m.letters(), store, v.kw))
	if wanted.flags == old.withFlags(m.letters()).flags {
		if _, err := os.Lstat(m.place.in(v.dir)); err != nil {
			return err
		}
		m.shown = m.letters()
		return nil
	}
	if m.twin {
		return no(imap.ResponseCodeCannot, "There are two files named %s; rename one of them", old.base)
	}
	target := place{name: wanted.String()}
	if err := renameFile(m.place.in(v.dir), target.in(v.dir)); err != nil {
		return err
	}
	m.place, m.shown = target, wanted.flags
	return nil
}

// renameFile renames a message's file to a name that nobody else gives: either it has a new unique base, or it is the
// same message's with other flags, which only exists if someone else renamed the file just now, and then the old name
// does not. The look at the target is for programs that broke these rules.
func renameFile(from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
			return err // somebody else has done the very same
		}
		return fmt.Errorf("rename %q: %q exists already", from, to)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(from, to)
}
