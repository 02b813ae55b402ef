package maildir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// Options say how a tree is served. The zero value is the default.
type Options struct {
	// Hide lists capabilities that are not to be offered, and whose commands and options are refused where the
	// protocol lets the server tell. Only those in HideableCaps can be hidden.
	Hide []imap.Cap
	// Logf is told about sessions that end by a fault. Nil: nobody is.
	Logf func(format string, args ...any)
}

// HideableCaps returns the capabilities that Options.Hide can take away.
func HideableCaps() []imap.Cap {
	return []imap.Cap{
		imap.CapNamespace, imap.CapUIDPlus, imap.CapESearch, imap.CapSearchRes, imap.CapListExtended,
		imap.CapListStatus, imap.CapMove, imap.CapStatusSize, imap.CapChildren, imap.CapSpecialUse,
		imap.CapCreateSpecialUse, imap.CapLiteralPlus,
	}
}

// A Tree is a Maildir++ tree that is served. It may be used by any number of goroutines.
type Tree struct {
	dir    string
	caps   imap.CapSet
	logf   func(format string, args ...any)
	server *imapserver.Server
	conns  *listener
	lock   *fileLock

	mu    sync.Mutex
	cache map[string]*snapshot // by directory; what the last look at a folder found
}

// Open prepares to serve the tree at dir, which must be a Maildir++ tree: a directory with cur, new and tmp in it.
func Open(dir string, opts Options) (*Tree, error) {
	if err := checkMaildir(dir); err != nil {
		return nil, fmt.Errorf("open Maildir %q: %w", dir, err)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open Maildir %q: %w", dir, err)
	}
	caps := imap.CapSet{imap.CapIMAP4rev1: {}}
	for _, c := range HideableCaps() {
		caps[c] = struct{}{}
	}
	for _, c := range opts.Hide {
		if !slices.Contains(HideableCaps(), c) {
			return nil, fmt.Errorf("open Maildir %q: capability %s cannot be hidden", dir, c)
		}
		delete(caps, c)
	}
	lock, err := openLock(filepath.Join(abs, lockFile))
	if err != nil {
		return nil, fmt.Errorf("open Maildir %q: %w", dir, err)
	}
	t := &Tree{dir: abs, caps: caps, logf: opts.Logf, lock: lock, cache: make(map[string]*snapshot)}
	if t.logf == nil {
		t.logf = func(string, ...any) {}
	}
	t.serve()
	return t, nil
}

// Close ends all sessions and waits until they have finished the command they are at.
func (t *Tree) Close() error {
	return errors.Join(t.stopServing(), t.lock.close())
}

// Create makes an empty tree at dir. The directory may exist but must then be empty.
func Create(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("create Maildir: %w", err)
		}
	case err != nil:
		return fmt.Errorf("create Maildir: %w", err)
	case len(entries) > 0:
		return fmt.Errorf("create Maildir %q: the directory is not empty", dir)
	}
	if err := makeMaildir(dir, 0o700); err != nil {
		return fmt.Errorf("create Maildir %q: %w", dir, err)
	}
	return nil
}

// makeMaildir makes the three directories in dir, which exists.
func makeMaildir(dir string, mode fs.FileMode) error {
	for _, sub := range []string{"tmp", "new", "cur"} {
		if err := makeDir(filepath.Join(dir, sub), mode); err != nil {
			return err
		}
	}
	return nil
}

// checkMaildir says what keeps dir from being a Maildir.
func checkMaildir(dir string) error {
	for _, sub := range []string{"", "cur", "new", "tmp"} {
		info, err := os.Stat(filepath.Join(dir, sub))
		if err != nil {
			if sub == "" && errors.Is(err, fs.ErrNotExist) {
				return errors.New("there is no such directory: correct the path, or make a Maildir there first")
			}
			if errors.Is(err, fs.ErrNotExist) && holdsMaildirs(dir) {
				return errors.New("it holds Maildirs side by side, as mbsync's SubFolders Verbatim does, and is no Maildir++ tree: only trees with folders named .A.B are served (mbsync: SubFolders Maildir++)")
			}
			if sub != "" && errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("it has no directory %q and so is no Maildir++ tree: name the directory that holds cur, new and tmp", sub)
			}
			return err
		}
		if !info.IsDir() {
			return fmt.Errorf("%q is no directory", filepath.Join(dir, sub))
		}
	}
	return nil
}

// holdsMaildirs says whether directories in dir are Maildirs each of its own.
func holdsMaildirs(dir string) bool {
	found, err := filepath.Glob(filepath.Join(dir, "*", "cur"))
	return err == nil && len(found) > 0
}

// offers says whether the capability is offered.
func (t *Tree) offers(c imap.Cap) bool { return t.caps.Has(c) }
