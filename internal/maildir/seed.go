package maildir

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mbox"
)

// Seed makes a tree at dir, which must not exist, from the mbox files in a
// directory: Lists/Go.mbox becomes the folder Lists/Go, subscribed. Version
// control keeps neither a Maildir's empty directories nor its files' times, so
// that examples keep their mail as mbox.
//
// The tree appears at once, with everything in it, or not at all.
func Seed(dir, from string) error {
	if err := seed(dir, from); err != nil {
		return fmt.Errorf("make Maildir %q from %q: %w", dir, from, err)
	}
	return nil
}

func seed(dir, from string) (err error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".new-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	if err := fill(temp, os.DirFS(from)); err != nil {
		return err
	}
	return os.Rename(temp, dir)
}

// fill makes a tree of an empty directory and puts the mail of every mbox file into
// it.
func fill(dir string, files fs.FS) error {
	if err := Create(dir); err != nil {
		return err
	}
	tree, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	found := false
	err = fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		name, ok := strings.CutSuffix(path, ".mbox")
		if err != nil || entry.IsDir() || !ok {
			return err
		}
		found = true
		if err := tree.seedFolder(name, files, path); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	})
	if err == nil && !found {
		err = errors.New("the directory holds no mail: there is no file in it whose name ends in .mbox")
	}
	return errors.Join(err, tree.Close())
}

// seedFolder makes a folder, unless it is INBOX, and puts an mbox file's mail into
// it.
func (t *Tree) seedFolder(name string, files fs.FS, path string) error {
	name, err := folderName(name)
	if err != nil {
		return err
	}
	if name != inbox {
		if err := t.create(name, nil); err != nil {
			return err
		}
		if err := t.subscribe(name, true); err != nil {
			return err
		}
	}
	file, err := files.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	messages := mbox.NewReader(file)
	for {
		m, err := messages.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := checkFlags(m.Flags); err != nil {
			return err
		}
		if _, err := t.append(name, bytes.NewReader(m.Data), &imap.AppendOptions{Flags: m.Flags, Time: m.Received}); err != nil {
			return err
		}
	}
}
