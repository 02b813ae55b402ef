package backup

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/imapform/imapform/apply"
)

// A Store is a directory of messages. It may be shared by accounts and by runs.
type Store struct {
	// Dir is an absolute path. It is made if it is not there, with access for its owner
	// only, as everything in it.
	Dir string
	// Run is the ID of the run that keeps messages; empty: it has none.
	Run string
	// Now is the clock; nil: time.Now.
	Now func() time.Time

	through func(io.Writer) io.Writer // for tests: what is written passes it; nil: as it is
}

var _ apply.Backup = (*Store)(nil)

// Keep stores a message whose octets read writes, and returns the name of its file,
// relative to Dir, with slashes. When it returns one, the message is on the disk,
// whole, as long as the server says, and was read again and compared. A message that
// is there already is kept; anything else in its place is an error. When it returns an
// error, there is nothing of the message that has a name, or all of it.
func (s *Store) Keep(ctx context.Context, k apply.Kept, read func(io.Writer) error) (name string, err error) {
	if err := ctx.Err(); err != nil {
		if cause := context.Cause(ctx); cause != err {
			err = fmt.Errorf("%w: %w", cause, err)
		}
		return "", err
	}
	name, err = s.keep(k, read)
	if err != nil {
		return "", fmt.Errorf("back up message %d of folder %q in %s: %w", k.UID, k.Folder, s.Dir, err)
	}
	return name, nil
}

// Directory returns Dir.
func (s *Store) Directory() string { return s.Dir }

func (s *Store) keep(k apply.Kept, read func(io.Writer) error) (name string, err error) {
	if !filepath.IsAbs(s.Dir) {
		return "", errors.New("the directory is not an absolute path")
	}
	if err := makeAll(s.Dir); err != nil {
		return "", err
	}
	root, err := os.OpenRoot(s.Dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	dir := folderOf(k)
	if err := makeWithin(root, dir); err != nil {
		return "", err
	}
	w := writing{root: root, dir: dir, through: s.through}
	if name, err = s.write(w, k, read); err != nil {
		return "", err
	}
	return name, syncDir(root, dir)
}

// write writes both files. The message comes first: a sidecar without one would be a
// promise, a message without one is only not known to be whole.
func (s *Store) write(w writing, k apply.Kept, read func(io.Writer) error) (name string, err error) {
	temporary, sum, err := w.temporary(k.Size, read)
	if err != nil {
		return "", err
	}
	name = path.Join(w.dir, fileOf(k, sum)+messageEnding)
	m := Message{Kept: k, SHA256: sum, At: s.now(), Run: s.Run}
	text, err := newSidecar(m).encode()
	if err != nil {
		return "", errors.Join(err, w.root.Remove(temporary))
	}
	if err := w.place(temporary, name, k.Size, sum); err != nil {
		return "", err
	}
	temporary, _, err = w.temporary(int64(len(text)), func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
	if err != nil {
		return "", err
	}
	if err := w.root.Rename(temporary, sidecarOf(name)); err != nil {
		return "", errors.Join(err, w.root.Remove(temporary))
	}
	return name, nil
}

func (s *Store) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// place gives a file its name, unless there is one of that name with the same octets.
func (w writing) place(temporary, name string, size int64, sum [sha256.Size]byte) error {
	_, err := w.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := w.root.Rename(temporary, name); err != nil {
			return errors.Join(err, w.root.Remove(temporary))
		}
		return nil
	case err != nil:
		return errors.Join(err, w.root.Remove(temporary))
	}
	err = w.compare(name, size, sum)
	if err != nil {
		err = fmt.Errorf("there is a file of its name that is not the message: %s: %w: look at it and move it away", name, err)
	}
	return errors.Join(err, w.root.Remove(temporary))
}
