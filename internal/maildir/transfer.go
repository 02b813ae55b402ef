package maildir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// Copy implements imapserver.Session (RFC 9051 section 6.4.7). It copies all messages or none.
func (s *session) Copy(set imap.NumSet, dest string) (*imap.CopyData, error) {
	v, err := s.selected()
	if err != nil {
		return nil, err
	}
	if dest, err = folderName(dest); err != nil {
		return nil, err
	}
	tr, err := s.tree.transfer(v, v.pick(set), dest, false)
	if err == nil && tr.gone > 0 {
		err = no(codeExpungeIssued, "Some of the messages no longer exist")
	}
	if err != nil {
		return nil, answer(err)
	}
	return s.copyData(v, tr), nil
}

// Move implements imapserver.SessionMove (RFC 6851). Each message is moved by one rename, so it is in one folder or the
// other at any moment. What has been moved when an error occurs stays moved, and is told.
func (s *session) Move(w *imapserver.MoveWriter, set imap.NumSet, dest string) error {
	if !s.tree.offers(imap.CapMove) {
		return bad("MOVE is not offered")
	}
	v, err := s.writable()
	if err != nil {
		return err
	}
	if dest, err = folderName(dest); err != nil {
		return err
	}
	tr, err := s.tree.transfer(v, v.pick(set), dest, true)
	if data := s.copyData(v, tr); data != nil {
		if err := w.WriteCopyData(data); err != nil {
			return err
		}
	}
	if tellErr := v.expunge(tr.moved, w.WriteExpunge); tellErr != nil {
		return tellErr
	}
	if err == nil && tr.gone > 0 {
		err = no(codeExpungeIssued, "Some of the messages no longer exist")
	}
	return answer(err)
}

// copyData is what COPYUID says; nil if there is nothing to say (RFC 4315 section 3).
func (s *session) copyData(v *view, tr *transferred) *imap.CopyData {
	if len(tr.from) == 0 || !s.tree.offers(imap.CapUIDPlus) {
		return nil
	}
	if !slices.IsSorted(tr.to) { // sets could not say which is which
		return nil
	}
	data := &imap.CopyData{UIDValidity: tr.validity}
	data.SourceUIDs.AddNum(tr.from...)
	data.DestUIDs.AddNum(tr.to...)
	return data
}

// transferred is what a COPY or MOVE did.
type transferred struct {
	validity uint32     // of the destination
	from     []imap.UID // rising; filled when the new UIDs are on disk
	to       []imap.UID // the new UIDs in the same order
	moved    []int      // indexes of messages that are no longer in the source
	gone     int        // messages that were not there any more
}

// A pending transfer is one that is being done, under the tree's lock.
type pending struct {
	tree     *Tree
	v        *view
	move     bool
	destName string
	dest     string    // the destination's directory
	from, to *keywords // of the two folders
	source   *uidList

	done []int    // indexes of what was put into the destination
	made []place  // where it was put
	keys []string // by which its UIDs go there
	gone int
}

// transfer copies or moves the messages at the indexes into the folder dest. The result is never nil.
func (t *Tree) transfer(v *view, indexes []int, dest string, move bool) (*transferred, error) {
	tr := new(transferred)
	err := t.lock.with(func() error {
		p := &pending{tree: t, v: v, move: move, destName: dest, dest: t.path(dest)}
		if err := p.prepare(indexes); err != nil || len(indexes) == 0 {
			return err
		}
		err := p.run(indexes)
		tr.gone = p.gone
		if !move && (err != nil || p.gone > 0) {
			return p.undone(err)
		}
		return errors.Join(err, p.record(tr))
	})
	if err != nil {
		err = fmt.Errorf("transfer from folder %q to %q: %w", v.name, dest, err)
	}
	return tr, err
}

// prepare refuses what cannot be done and gives letters to the keywords in the destination.
func (p *pending) prepare(indexes []int) error {
	if _, err := p.tree.folderDir(p.destName); err != nil {
		return tryCreate(err)
	}
	var err error
	if p.source, err = p.tree.sourceList(p.v); err != nil {
		return err
	}
	if p.from, err = readKeywords(p.v.dir); err != nil {
		return err
	}
	var used []imap.Flag
	for _, i := range indexes {
		for _, flag := range flagsOf(p.v.messages[i].letters(), p.from) {
			if !slices.Contains(used, flag) {
				used = append(used, flag)
			}
		}
	}
	p.to, err = keywordsFor(p.dest, used)
	return err
}

// run puts the messages into the destination until one fails.
func (p *pending) run(indexes []int) error {
	for _, i := range indexes {
		err := p.v.at(i, p.tree.lookLocked, func(m *seen) error { return p.put(i, m) })
		if errors.Is(err, errGone) {
			p.gone++
			continue
		}
		if errors.Is(err, syscall.EXDEV) {
			return no(imap.ResponseCodeCannot, "The folders are on different file systems, between which no message can be moved in one step")
		}
		if err != nil {
			return fmt.Errorf("UID %d: %w", p.v.messages[i].uid, err)
		}
	}
	return nil
}

// put copies or moves one message. A message in new stays new.
func (p *pending) put(i int, m *seen) error {
	if p.source.uids[m.key] != m.uid {
		return errGone
	}
	name := parseFileName(m.place.name).elsewhere()
	if name.hasInfo {
		// Mostly prepare has done this; but another session may have set a flag on the message since.
		if flags := flagsOf(name.flags, p.from); !p.to.haveAll(flags) {
			to, err := keywordsFor(p.dest, flags)
			if err != nil {
				return err
			}
			p.to = to
		}
		name = name.withFlags(translated(name.flags, p.from, p.to))
	}
	target := place{recent: m.place.recent, name: name.String()}
	transferFile := copyFile
	if p.move {
		transferFile = renameFile
	}
	if err := transferFile(m.place.in(p.v.dir), target.in(p.dest)); err != nil {
		return err
	}
	p.done, p.made, p.keys = append(p.done, i), append(p.made, target), append(p.keys, name.key())
	return nil
}

// translated returns the letters for the same flags in another folder, all of which have one there. Capital letters
// without a meaning here may have one for other programs and stay; small ones are keywords of which nobody knows the
// name, and go.
func translated(letters string, from, to *keywords) string {
	var out []byte
	for _, letter := range []byte(letters) {
		flag, ok := flagOf(letter, from)
		if !ok && (letter < 'a' || letter > 'z') {
			out = append(out, letter)
		}
		if there, known := letterOf(flag, to); ok && known {
			out = append(out, there)
		}
	}
	return string(out)
}

// undone undoes the copies and returns why, or what could not be undone: that must not be hidden behind the cause.
func (p *pending) undone(cause error) error {
	err := p.undo()
	if err == nil {
		return cause
	}
	if cause == nil {
		cause = errGone
	}
	return fmt.Errorf("not all messages could be copied (%v), and copies were left in folder %q: %w", cause, p.destName, err)
}

// undo removes the copies again, each only while its original is there.
func (p *pending) undo() error {
	var errs []error
	for n, i := range p.done {
		err := p.v.at(i, p.tree.lookLocked, func(m *seen) error {
			_, err := os.Lstat(m.place.in(p.v.dir))
			return err
		})
		if err == nil {
			err = p.removeCopy(n)
		}
		if err != nil && !errors.Is(err, errGone) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// removeCopy removes the copy that was made as the nth. Another program may have given it flags: it is then found by its
// key.
func (p *pending) removeCopy(n int) error {
	at := p.made[n]
	for range scanAttempts {
		err := os.Remove(at.in(p.dest))
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		var places []place
		for _, recent := range []bool{true, false} {
			if places, err = readPlaces(p.dest, recent, places); err != nil {
				return err
			}
		}
		i := slices.IndexFunc(places, func(there place) bool { return parseFileName(there.name).key() == p.keys[n] })
		if i < 0 {
			return nil // somebody has removed it
		}
		at = places[i]
	}
	return fmt.Errorf("remove %q: it is renamed all the time", at.in(p.dest))
}

// record makes the transfer durable, gives the messages their new UIDs, and then takes away the old ones.
func (p *pending) record(tr *transferred) error {
	if len(p.done) == 0 {
		return nil
	}
	if p.move {
		tr.moved = p.done // they are out of the source, whatever comes now
	}
	if err := syncFolder(p.dest); err != nil {
		return err
	}
	list, err := p.tree.uidListOf(p.dest, p.tree.cached(p.dest))
	if err != nil {
		return err
	}
	if err := list.change(p.dest, p.keys, nil); err != nil {
		p.tree.forget(p.dest)
		return err
	}
	tr.validity = list.validity
	for n, i := range p.done {
		tr.from = append(tr.from, p.v.messages[i].uid)
		tr.to = append(tr.to, list.uids[p.keys[n]])
	}
	if !p.move {
		return nil
	}
	went := make([]string, len(p.done))
	for n, i := range p.done {
		went[n] = p.v.messages[i].key
	}
	return errors.Join(syncFolder(p.v.dir), p.tree.recordGone(p.v.dir, went))
}

// syncFolder makes renames in and out of the folder durable.
func syncFolder(dir string) error {
	return errors.Join(syncDir(filepath.Join(dir, "cur")), syncDir(filepath.Join(dir, "new")))
}
