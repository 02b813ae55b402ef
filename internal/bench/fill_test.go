package bench

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/imaptest"
)

// A store is a job's mail on disk, in Dovecot's sdbox format, from which beds are made.
type store struct {
	job
	now  time.Time
	path string
}

// newStore has a Dovecot store a job's mail.
func newStore(t testing.TB, j job, now time.Time) store {
	t.Helper()
	s := store{j, now, filepath.Join(newRoot(t), "mail")}
	if err := os.Mkdir(s.path, 0o700); err != nil {
		t.Fatal(err)
	}
	server := imaptest.Start(t, imaptest.Dovecot, imaptest.Sdbox(s.path))
	defer server.Stop()
	if err := appendAll(server.Account(t), j.mail(now)); err != nil {
		t.Fatal(err)
	}
	return s
}

// newRoot makes a folder that ends with the test.
func newRoot(t testing.TB) string {
	t.Helper()
	root, err := os.MkdirTemp(inMemory(), "bench-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for gone := false; !gone; { // a server that is just ending may write into it once more
			if err := os.RemoveAll(root); err != nil && !errors.Is(err, syscall.ENOTEMPTY) {
				t.Errorf("remove the mailbox: %v", err)
				return
			}
			time.Sleep(50 * time.Millisecond)
			_, err := os.Lstat(root)
			gone = errors.Is(err, fs.ErrNotExist)
		}
	})
	if err := os.Chmod(root, 0o755); err != nil { // the server's user must get through
		t.Fatal(err)
	}
	return root
}

// A bed is a Dovecot that holds a job's mailbox, which nobody has looked into yet.
type bed struct {
	job
	now     time.Time
	account imaptest.Account
}

// bed starts a Dovecot that ends with the test on a mailbox of its own.
func (s store) bed(t testing.TB, options ...imaptest.Option) bed {
	t.Helper()
	path := filepath.Join(newRoot(t), "mail")
	if err := clone(s.path, path); err != nil {
		t.Fatal(err)
	}
	var server *imaptest.Server
	t.Cleanup(func() { // after Start's own, which shows the log of a failure
		if server != nil {
			server.Stop()
		}
	})
	server = imaptest.Start(t, imaptest.Dovecot, append(options, imaptest.Sdbox(path))...)
	b := bed{s.job, s.now, server.Account(t)}
	imaptest.Do(t, b.account, b.before()...)
	if s.Everywhere {
		b.fillFolders(t)
	}
	return b
}

// newBed is the first bed of a store.
func newBed(t testing.TB, j job, now time.Time) bed { return newStore(t, j, now).bed(t) }

// clone makes a mailbox like another, of which Dovecot has cached nothing. Messages are
// links, for their files are never written to; the indexes are copies.
func clone(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		path2 := filepath.Join(to, strings.TrimPrefix(path, from))
		switch {
		case d.IsDir():
			return os.Mkdir(path2, 0o700)
		case strings.HasPrefix(d.Name(), "u."):
			return os.Link(path, path2)
		case d.Name() == "dovecot.index.cache":
			return nil
		}
		octets, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path2, octets, 0o600)
	})
}

// inMemory is a folder in memory, or "", which stands for the usual place.
func inMemory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}

// before are the commands that make the folders which are there before the first run.
func (b bed) before() []string {
	names := []string{renamed}
	for i := range b.Folders {
		if b.there(i) {
			names = append(names, b.folder(i))
		}
	}
	var commands []string
	for _, name := range names {
		commands = append(commands, fmt.Sprintf("CREATE %q", name), fmt.Sprintf("SUBSCRIBE %q", name))
	}
	return commands
}

// fillFolders puts two messages into each folder that is there before the first run:
// one that no rule takes, and one that the folder's rule does.
func (b bed) fillFolders(t testing.TB) {
	t.Helper()
	for i := range b.Folders {
		if b.there(i) {
			messages := b.some(uint64(1000+i), 2, b.now)
			k := b.kind(i % b.Rules)
			messages[0].Body = setField(messages[0].Body, "Subject", "Of no rule")
			messages[1].Body = setField(messages[1].Body, k.field, fmt.Sprintf(k.value, i%b.Rules))
			imaptest.Append(t, b.account, b.folder(i), messages...)
		}
	}
}
