package maildir

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Append implements imapserver.Session (RFC 9051 section 6.3.12).
func (s *session) Append(name string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	name, err := folderName(name)
	if err != nil {
		return nil, err
	}
	if err := checkFlags(options.Flags); err != nil {
		return nil, err
	}
	data, err := s.tree.append(name, r, options)
	if err != nil {
		return nil, answer(tryCreate(err))
	}
	if !s.tree.offers(imap.CapUIDPlus) {
		return nil, nil
	}
	return data, nil
}

// tryCreate turns the answer that a folder does not exist into the one for a destination.
func tryCreate(err error) error {
	if known, ok := errors.AsType[*imap.Error](err); ok && known.Code == imap.ResponseCodeNonExistent {
		return no(codeTryCreate, "%s", known.Text)
	}
	return err
}

// append stores the message in tmp first, flushed to disk, and then puts it into cur.
func (t *Tree) append(name string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	dir, err := t.folderDir(name)
	if err != nil {
		return nil, err
	}
	date := options.Time
	if date.IsZero() {
		date = time.Now()
	}
	temp, base, err := deliver(dir, r, r.Size(), date)
	if err != nil {
		return nil, fmt.Errorf("append to folder %q: %w", name, err)
	}
	var data *imap.AppendData
	err = t.lock.with(func() error {
		data, err = t.publish(name, dir, temp, base, options.Flags)
		return err
	})
	if err != nil {
		// The message is still in tmp, or it is in cur and has lost nothing but its answer.
		if e := os.Remove(temp); e != nil && !os.IsNotExist(e) {
			err = errors.Join(err, e)
		}
		return nil, fmt.Errorf("append to folder %q: %w", name, err)
	}
	return data, nil
}

// publish puts the file at temp into the folder under the base name. The caller holds the tree's lock.
func (t *Tree) publish(name, dir, temp, base string, flags []imap.Flag) (*imap.AppendData, error) {
	if _, err := t.folderDir(name); err != nil {
		return nil, err
	}
	kw, err := keywordsFor(dir, flags)
	if err != nil {
		return nil, err
	}
	list, err := t.uidListOf(dir, t.cached(dir))
	if err != nil {
		return nil, err
	}
	letters := changedLetters("", &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: flags}, kw)
	file := fileName{base: base}.withFlags(letters)
	if err := renameFile(temp, place{name: file.String()}.in(dir)); err != nil {
		return nil, err
	}
	if err := syncDir(filepath.Join(dir, "cur")); err != nil {
		return nil, err
	}
	data := &imap.AppendData{UIDValidity: list.validity, UID: list.next}
	if err := list.change(dir, []string{file.key()}, nil); err != nil {
		t.forget(dir)
		return nil, err
	}
	return data, nil
}

// deliver writes a message of the given size into the folder's tmp and flushes it to disk. It returns the file, and the
// base name to give it, which holds its sizes as Dovecot's do.
func deliver(dir string, r io.Reader, size int64, date time.Time) (temp, base string, err error) {
	base = uniqueName()
	root, err := os.Stat(dir)
	if err != nil {
		return "", "", err
	}
	temp = filepath.Join(dir, "tmp", base)
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, root.Mode().Perm()&0o666)
	if err != nil {
		return "", "", err
	}
	counted := &countingReader{r: r}
	var stored, wire int64
	if err = inheritOwner(f); err == nil {
		stored, wire, err = storeLF(f, counted)
	}
	if err == nil && counted.n != size {
		err = fmt.Errorf("%d octets came of %d that were announced", counted.n, size)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Chtimes(temp, time.Time{}, date)
	}
	if err != nil {
		return "", "", errors.Join(err, os.Remove(temp))
	}
	return temp, fmt.Sprintf("%s,S=%d,W=%d", base, stored, wire), nil
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
