package maildir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A directory that is no Maildir++ tree is refused with what to do about it.
func TestOpenSaysWhatToDo(t *testing.T) {
	beside := t.TempDir()
	if err := Create(filepath.Join(beside, "INBOX")); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		filepath.Join(t.TempDir(), "none"): "correct the path",
		beside:                             "SubFolders Maildir++",
		t.TempDir():                        "no Maildir++ tree",
	} {
		if _, err := Open(dir, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", dir, err, want)
		}
	}
}

// A rename that somebody else has done already is a message that is elsewhere, not a
// name that is taken.
func TestRenameFile(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "a:2,"), filepath.Join(dir, "a:2,S")
	for _, name := range []string{from, to} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := renameFile(from, to); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("onto another file: %v", err)
	}
	if err := os.Remove(from); err != nil {
		t.Fatal(err)
	}
	if err := renameFile(from, to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("done already: %v", err)
	}
}
