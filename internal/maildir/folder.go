package maildir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/emersion/go-imap/v2"
)

// folders returns the names of all folders that exist, INBOX first and then in order.
func (t *Tree) folders() ([]string, error) {
	entries, err := os.ReadDir(t.dir)
	if err != nil {
		return nil, fmt.Errorf("list the folders: %w", err)
	}
	names := []string{inbox}
	for _, e := range entries {
		name, ok := nameOfDir(e.Name())
		if !ok {
			continue
		}
		if exists, err := isFolder(t.path(name)); err != nil {
			return nil, fmt.Errorf("list the folders: %w", err)
		} else if exists {
			names = append(names, name)
		}
	}
	slices.Sort(names[1:])
	return names, nil
}

// isFolder says whether dir is a Maildir: what else begins with a dot (.notmuch, .git, links that lead nowhere or in a
// circle) is none.
func isFolder(dir string) (bool, error) {
	for _, sub := range []string{"cur", "new"} {
		info, err := os.Stat(filepath.Join(dir, sub))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP) || err == nil && !info.IsDir() {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// folderDir returns the directory of a folder that exists.
func (t *Tree) folderDir(name string) (string, error) {
	dir := t.path(name)
	exists, err := isFolder(dir)
	if err != nil {
		return "", fmt.Errorf("find folder %q: %w", name, err)
	}
	if !exists {
		return "", no(imap.ResponseCodeNonExistent, "There is no folder %q", name)
	}
	return dir, nil
}

// create makes a folder (RFC 9051 section 6.3.4). Parents need not exist; Maildir++ has no use for them.
func (t *Tree) create(name string, use []imap.MailboxAttr) error {
	name, err := folderName(name)
	if err != nil {
		return err
	}
	if err := checkSpecialUse(use); err != nil {
		return err
	}
	return t.lock.with(func() error {
		if err := t.checkFree(name); err != nil {
			return err
		}
		unnamed, err := t.unnamed()
		if err == nil {
			err = unnamed.checkNoTwin(name)
		}
		if err != nil {
			return err
		}
		if err := t.makeFolder(name, use); err != nil {
			return fmt.Errorf("create folder %q: %w", name, err)
		}
		return nil
	})
}

// checkFree refuses a name that is taken, be it by a folder or by something else.
func (t *Tree) checkFree(name string) error {
	dir := t.path(name)
	exists, err := isFolder(dir)
	if err != nil {
		return err
	}
	if exists {
		return no(imap.ResponseCodeAlreadyExists, "There is a folder %q already", name)
	}
	if _, err := os.Lstat(dir); err == nil {
		return no(imap.ResponseCodeCannot, "%s is there and is no Maildir folder", dir)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// makeFolder makes the folder beside its place and puts it there by one rename, so that nobody sees half of it.
func (t *Tree) makeFolder(name string, use []imap.MailboxAttr) error {
	root, err := os.Stat(t.dir)
	if err != nil {
		return err
	}
	temp := filepath.Join(t.dir, "imapform-new-"+uniqueName())
	if err := makeDir(temp, root.Mode().Perm()); err != nil {
		return err
	}
	err = t.fillFolder(temp, root.Mode().Perm(), use)
	if err == nil {
		err = os.Rename(temp, t.path(name))
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(temp)) // nobody can have put mail into it
	}
	return syncDir(t.dir)
}

func (t *Tree) fillFolder(dir string, mode fs.FileMode, use []imap.MailboxAttr) error {
	if err := makeMaildir(dir, mode); err != nil {
		return err
	}
	// Maildir++ marks folders, so that quota programs know them from a tree of their own.
	if err := makeEmpty(filepath.Join(dir, "maildirfolder"), mode&0o666); err != nil {
		return err
	}
	if err := writeSpecialUse(dir, use); err != nil {
		return err
	}
	validity, err := t.newUIDValidity()
	if err != nil {
		return err
	}
	return (&uidList{validity: validity, next: 1}).write(dir)
}

func makeEmpty(name string, mode fs.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	return errors.Join(inheritOwner(f), f.Close())
}

// remove deletes a folder and the mail in it (RFC 9051 section 6.3.5). It refuses where that could take more than the
// client named: INBOX, folders that have others below them, and folders that hold anything that is no mail.
func (t *Tree) remove(name string) error {
	name, err := folderName(name)
	if err != nil {
		return err
	}
	if name == inbox {
		return no(imap.ResponseCodeCannot, "INBOX cannot be deleted")
	}
	return t.lock.with(func() error {
		names, err := t.folders()
		if err != nil {
			return err
		}
		if slices.ContainsFunc(names, func(n string) bool { return isBelow(n, name) }) {
			return no(imap.ResponseCodeHasChildren, "The folder %q has folders below it; delete those first", name)
		}
		unnamed, err := t.unnamed()
		if err == nil {
			err = unnamed.checkNoneBelow(name, imap.ResponseCodeHasChildren)
		}
		if err != nil {
			return err
		}
		dir, err := t.folderDir(name)
		if err != nil {
			return err
		}
		return t.removeDir(name, dir)
	})
}

// removeDir takes the directory out of the tree first, so that nothing can be delivered into it, and looks at what is in
// it before and after.
func (t *Tree) removeDir(name, dir string) error {
	if info, err := os.Lstat(dir); err != nil {
		return err
	} else if !info.IsDir() {
		return no(imap.ResponseCodeCannot, "%s is a link to a directory elsewhere, which is not deleted", dir)
	}
	if err := checkOnlyMail(name, dir); err != nil {
		return err
	}
	away := filepath.Join(t.dir, "imapform-deleted-"+uniqueName())
	if err := os.Rename(dir, away); err != nil {
		return fmt.Errorf("delete folder %q: %w", name, err)
	}
	t.forget(dir)
	if err := checkOnlyMail(name, away); err != nil {
		return putBack(name, away, dir, err)
	}
	if err := os.RemoveAll(away); err != nil {
		return fmt.Errorf("delete folder %q: %w", name, err)
	}
	return syncDir(t.dir)
}

// putBack undoes the first step of a deletion that is not to be, and returns why. If that fails the error says where the
// mail is: it must not be the cause alone, of which the client would be told that nothing was deleted.
func putBack(name, away, dir string, cause error) error {
	if err := os.Rename(away, dir); err != nil {
		return fmt.Errorf("delete folder %q: %v; its directory could not be put back, its mail is in %q: %w", name, cause, away, err)
	}
	return cause
}

// checkOnlyMail refuses a directory in which there is anything but messages and what we, Dovecot and Courier keep about
// the folder itself.
func checkOnlyMail(name, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch e.Name() {
		case "cur", "new", "tmp":
			if err := checkOnlyFiles(name, filepath.Join(dir, e.Name())); err != nil {
				return err
			}
			continue
		}
		if !isAboutFolder(e) {
			return holdsForeign(name, e.Name())
		}
	}
	return nil
}

func checkOnlyFiles(name, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") {
			return holdsForeign(name, filepath.Base(dir)+"/"+e.Name())
		}
	}
	return nil
}

func isAboutFolder(e fs.DirEntry) bool {
	if e.Type().IsRegular() {
		for _, prefix := range []string{"imapform-", "dovecot-", "dovecot.", "courierimap", "maildirfolder"} {
			if strings.HasPrefix(e.Name(), prefix) {
				return true
			}
		}
	}
	return false
}

func holdsForeign(name, entry string) error {
	return no(imap.ResponseCodeCannot, "The folder %q holds %q, which is no mail; it is not deleted", name, entry)
}

// rename renames a folder and those below it (RFC 9051 section 6.3.6). Names of which only the folders below exist can
// be renamed too.
func (t *Tree) rename(from, to string) error {
	from, err := folderName(from)
	if err != nil {
		return err
	}
	if to, err = folderName(to); err != nil {
		return err
	}
	switch {
	case from == inbox:
		return no(imap.ResponseCodeCannot, "INBOX cannot be renamed in a Maildir++ tree")
	case to == inbox, to == from:
		return no(imap.ResponseCodeAlreadyExists, "There is a folder %q already", to)
	case isBelow(to, from):
		return no(imap.ResponseCodeCannot, "A folder cannot be renamed to a name below itself")
	}
	return t.lock.with(func() error {
		moves, err := t.planRename(from, to)
		if err != nil {
			return err
		}
		if err := t.renameDirs(moves); err != nil {
			return fmt.Errorf("rename folder %q to %q: %w", from, to, err)
		}
		return syncDir(t.dir)
	})
}

// planRename returns the old and new names, all of which are free.
func (t *Tree) planRename(from, to string) ([][2]string, error) {
	names, err := t.folders()
	if err != nil {
		return nil, err
	}
	unnamed, err := t.unnamed()
	if err != nil {
		return nil, err
	}
	var moves [][2]string
	for _, name := range names {
		if name != from && !isBelow(name, from) {
			continue
		}
		target, err := folderName(to + strings.TrimPrefix(name, from))
		if err != nil {
			return nil, err
		}
		if err := errors.Join(t.checkFree(target), unnamed.checkNoTwin(target)); err != nil {
			return nil, err
		}
		moves = append(moves, [2]string{name, target})
	}
	if len(moves) == 0 {
		return nil, no(imap.ResponseCodeNonExistent, "There is no folder %q", from)
	}
	for _, name := range []string{from, to} {
		if err := unnamed.checkNoneBelow(name, imap.ResponseCodeCannot); err != nil {
			return nil, err
		}
	}
	// A name that exists only through the folders below it is taken as well.
	if slices.ContainsFunc(names, func(n string) bool { return isBelow(n, to) && n != from && !isBelow(n, from) }) {
		return nil, no(imap.ResponseCodeAlreadyExists, "There are folders below %q already", to)
	}
	return moves, nil
}

// renameDirs does all of the renames or, if one fails, none.
func (t *Tree) renameDirs(moves [][2]string) error {
	for i, move := range moves {
		err := os.Rename(t.path(move[0]), t.path(move[1]))
		if err == nil {
			t.forget(t.path(move[0]))
			t.forget(t.path(move[1]))
			continue
		}
		for _, done := range slices.Backward(moves[:i]) {
			err = errors.Join(err, os.Rename(t.path(done[1]), t.path(done[0])))
		}
		return err
	}
	return nil
}
