package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/state"
)

// A State is how a folder was when its messages were read. The zero value of a field:
// the server does not say it.
type State struct {
	UIDValidity   uint32
	UIDNext       imap.UID
	Messages      uint32
	HighestModSeq uint64 // RFC 7162; 0: the folder has none
}

// An Account is what is remembered of one account. Several goroutines, and several
// processes, may use one account at the same time: a folder that both write is that of
// the last one.
type Account struct {
	dir string    // its own
	key string    // stands in each file
	now time.Time // what is used is as of now
}

// Open opens what is remembered of an account in the directory dir, which is made if
// it is not there. What nobody has used for long, be it of other accounts, is removed.
func Open(dir string, key state.Key, now time.Time) (*Account, error) {
	name, err := key.FileName()
	if err != nil {
		return nil, fmt.Errorf("open the cache: %w", err)
	}
	own := filepath.Join(dir, hidden(name))
	for _, d := range []string{dir, own} {
		if err := state.MakePrivate(d); err != nil {
			return nil, fmt.Errorf("the cache cannot be kept in %s: %w", d, err)
		}
	}
	if err := prune(dir, now); err != nil {
		return nil, fmt.Errorf("remove what is old from the cache: %w", err)
	}
	return &Account{dir: own, key: name, now: now}, nil
}

// Drop forgets a folder, and all verdicts: one of them may be about it.
func (a *Account) Drop(name mailbox.Name) error {
	var errs []error
	for _, path := range []string{a.verdictsPath(), a.path(name)} {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("forget folder %q: %w", name, err)
	}
	return nil
}

// DropAll forgets all folders of the account, and all verdicts.
func (a *Account) DropAll() error {
	entries, err := os.ReadDir(a.dir)
	errs := []error{err}
	for _, e := range entries {
		if err := os.Remove(filepath.Join(a.dir, e.Name())); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("forget an account: %w", err)
	}
	return nil
}

func (a *Account) path(name mailbox.Name) string {
	return filepath.Join(a.dir, hidden(string(name)))
}

// open opens a file; false: there is none that can be read.
func (a *Account) open(path string) (*os.File, fs.FileInfo, bool) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, false
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		file.Close()
		return nil, nil, false
	}
	return file, info, true
}

// touch says that a file is in use. If it cannot, the file is forgotten earlier than it
// need be.
func (a *Account) touch(file *os.File, info fs.FileInfo) {
	if a.now.Sub(info.ModTime()).Abs() > touchEvery {
		_ = os.Chtimes(file.Name(), a.now, a.now)
	}
}

// What files are of, in their names.
const (
	ofFolder   = "imapform cache"
	ofVerdicts = "imapform verdicts"
)

// hidden is a file's name that does not tell what it stands for to those who look. Who
// can guess the name can make sure of it.
func hidden(name string) string { return hiddenOf(ofFolder, name) }

func hiddenOf(kind, name string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + name))
	return hex.EncodeToString(sum[:16])
}
