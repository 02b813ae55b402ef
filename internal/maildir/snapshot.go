package maildir

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
)

// A message is one message of a folder, with its UID.
type message struct {
	uid imap.UID
	file
}

// letters returns the flags in the message's file name, which count in new as well (see the package comment).
func (m *message) letters() string { return parseFileName(m.place.name).flags }

// A snapshot is what a folder held when it was looked at. It does not change.
type snapshot struct {
	dir      string
	validity uint32
	next     imap.UID
	messages []message // by UID
	kw       *keywords

	list    *uidList // the list behind it, which changes; only to be used under the tree's lock
	listAs  version  // of the list then
	times   dirTimes
	kwTime  time.Time
	settled bool
	at      time.Time
	took    time.Duration
}

// used returns all letters that are in file names of the folder.
func (s *snapshot) used() string {
	var used letterSet
	for i := range s.messages {
		used.add(s.messages[i].letters())
	}
	return used.String()
}

// find returns the message with the UID.
func (s *snapshot) find(uid imap.UID) (message, bool) {
	i, ok := slices.BinarySearchFunc(s.messages, uid, func(m message, uid imap.UID) int { return cmp.Compare(m.uid, uid) })
	if !ok {
		return message{}, false
	}
	return s.messages[i], true
}

// isCurrent says whether the folder is for certain as it was.
func (s *snapshot) isCurrent() bool {
	times, err := readDirTimes(s.dir)
	if err != nil || !s.settled || times != s.times {
		return false
	}
	kwTime, err := modTime(filepath.Join(s.dir, keywordsFile))
	if err != nil || !kwTime.Equal(s.kwTime) {
		return false
	}
	return s.listAs.isCurrent(s.dir)
}

// largeFolder is how many messages make looking at a folder dear.
const largeFolder = 5000

// isYoung says whether the folder is so large and was looked at so recently that a client which only ended a command need
// not be told what is new: of a large folder's time at most a twentieth is spent on looking.
func (s *snapshot) isYoung() bool {
	return len(s.messages) >= largeFolder && time.Since(s.at) < 20*s.took
}

// modTime returns when the file was last changed; the zero time if it does not exist.
func modTime(name string) (time.Time, error) {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// look returns what the folder holds now, and gives UIDs to messages that have none.
func (t *Tree) look(name string) (*snapshot, error) {
	dir := t.path(name)
	if s := t.cached(dir); s != nil && s.isCurrent() {
		return s, nil
	}
	var s *snapshot
	err := t.lock.with(func() (err error) {
		s, err = t.lookLocked(name)
		return err
	})
	return s, err
}

// lookLocked is look for those who hold the tree's lock.
func (t *Tree) lookLocked(name string) (*snapshot, error) {
	dir, err := t.folderDir(name)
	if err != nil {
		return nil, err
	}
	old := t.cached(dir)
	if old != nil && old.isCurrent() {
		return old, nil
	}
	s, err := t.scanSnapshot(dir, old)
	if err != nil {
		t.forget(dir)
		return nil, fmt.Errorf("read folder %q: %w", name, err)
	}
	t.mu.Lock()
	t.cache[dir] = s
	t.mu.Unlock()
	return s, nil
}

// cached returns what the last look at the directory found, nil if there was none.
func (t *Tree) cached(dir string) *snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.cache[dir]
}

// forget drops what is known about the directory.
func (t *Tree) forget(dir string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.cache, dir)
}

func (t *Tree) scanSnapshot(dir string, old *snapshot) (*snapshot, error) {
	start := time.Now()
	kwTime, err := modTime(filepath.Join(dir, keywordsFile))
	if err != nil {
		return nil, err
	}
	kw, err := readKeywords(dir)
	if err != nil {
		return nil, err
	}
	list, err := t.uidListOf(dir, old)
	if err != nil {
		return nil, err
	}
	found, err := scanFolder(dir, func(key string) bool { return list.uids[key] != 0 }, len(list.uids))
	if err != nil {
		return nil, err
	}
	took := time.Since(start) // what looking costs when nothing has changed
	if err := list.change(dir, newKeys(list, found), goneKeys(list, found)); err != nil {
		return nil, err
	}
	s := &snapshot{
		dir: dir, validity: list.validity, next: list.next, kw: kw,
		list: list, listAs: list.version, times: found.times, kwTime: kwTime, at: start,
		settled: found.settled && found.whole && kwTime.Add(2*time.Second).Before(start),
	}
	s.messages = make([]message, 0, len(found.files))
	for key, f := range found.files {
		s.messages = append(s.messages, message{list.uids[key], f})
	}
	if !found.whole && old != nil && old.validity == s.validity {
		s.messages = append(s.messages, unseen(old, found, list)...)
	}
	slices.SortFunc(s.messages, func(a, b message) int { return cmp.Compare(a.uid, b.uid) })
	s.took = took
	return s, nil
}

// uidListOf returns the folder's UID list; a new one with a new UIDVALIDITY if there is none or if it is damaged.
func (t *Tree) uidListOf(dir string, old *snapshot) (*uidList, error) {
	var known *uidList
	if old != nil {
		known = old.list
	}
	list, err := readUIDList(dir, known)
	if err == nil || !needsNewList(err) {
		return list, err
	}
	if errors.Is(err, errDamaged) {
		t.logf("numbering the messages anew: %v", err)
	}
	validity, err := t.newUIDValidity()
	if err != nil {
		return nil, err
	}
	list = &uidList{validity: validity, next: 1, uids: make(map[string]imap.UID)}
	return list, list.write(dir)
}

// sourceList returns the UID list of the selected folder, after making sure that its UIDs are those of the view: nothing
// may be changed otherwise. The caller holds the tree's lock.
func (t *Tree) sourceList(v *view) (*uidList, error) {
	if _, err := t.folderDir(v.name); err != nil {
		return nil, err
	}
	list, err := t.uidListOf(v.dir, t.cached(v.dir))
	if err != nil {
		return nil, err
	}
	if list.validity != v.validity {
		return nil, v.renumbered()
	}
	return list, nil
}

func newKeys(list *uidList, found *scan) []string {
	var keys []string
	for key := range found.files {
		if list.uids[key] == 0 {
			keys = append(keys, key)
		}
	}
	inOrderOfArrival(keys)
	return keys
}

// goneKeys returns the messages that are no more; none if the scan may have missed some.
func goneKeys(list *uidList, found *scan) []string {
	if !found.whole {
		return nil
	}
	var keys []string
	for key := range list.uids {
		if _, ok := found.files[key]; !ok {
			keys = append(keys, key)
		}
	}
	return keys
}

// unseen returns the messages of the old snapshot that the scan did not find and that are not known to be gone.
func unseen(old *snapshot, found *scan, list *uidList) []message {
	var missed []message
	for _, m := range old.messages {
		if _, seen := found.files[m.key]; !seen && list.uids[m.key] == m.uid {
			missed = append(missed, m)
		}
	}
	return missed
}
