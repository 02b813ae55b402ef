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

// Drop forgets a folder.
func (a *Account) Drop(name mailbox.Name) error {
	if err := os.Remove(a.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget folder %q: %w", name, err)
	}
	return nil
}

// DropAll forgets all folders of the account.
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

// hidden is a file's name that does not tell what it stands for to those who look. Who
// can guess the name can make sure of it.
func hidden(name string) string {
	sum := sha256.Sum256([]byte("imapform cache\x00" + name))
	return hex.EncodeToString(sum[:16])
}
