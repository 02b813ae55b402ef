package maildir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSeed(t *testing.T) {
	from, dir := t.TempDir(), filepath.Join(t.TempDir(), "mail")
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(from, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("INBOX.mbox", "From a Sat Jan  3 01:05:34 2015\nSubject: one\nStatus: RO\nX-Keywords: $Work\n\nx\n\nFrom a Sat Jan  3 01:05:34 2015\nSubject: two\n\ny\n")
	write("Lists/Go.mbox", "")
	write("readme.txt", "no mail")
	if err := Seed(dir, from); err != nil {
		t.Fatal(err)
	}
	tree, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	if names, err := tree.folders(); err != nil || strings.Join(names, " ") != "INBOX Lists/Go" {
		t.Errorf("folders %q, %v", names, err)
	}
	if subscribed, err := tree.subscribed(); err != nil || !subscribed["Lists/Go"] {
		t.Errorf("subscribed %v, %v", subscribed, err)
	}
	look, err := tree.look(inbox)
	if err != nil {
		t.Fatal(err)
	}
	if len(look.messages) != 2 {
		t.Errorf("%d messages, want 2", len(look.messages))
	}
	if err := Seed(dir, from); err == nil {
		t.Error("a tree that is there was replaced")
	}
}

// A seed that fails leaves nothing behind.
func TestSeedFails(t *testing.T) {
	from, parent := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(from, "INBOX.mbox"), []byte("no mbox\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Seed(filepath.Join(parent, "mail"), from); err == nil || !strings.Contains(err.Error(), "INBOX.mbox: line 1: not an mbox file") {
		t.Errorf("got %v", err)
	}
	if entries, err := os.ReadDir(parent); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// A directory without mail is a mistake in the configuration: an empty tree made of it would look like lost mail.
func TestSeedOfNothing(t *testing.T) {
	from, parent := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(from, "INBOX.txt"), []byte("no mbox\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{from, filepath.Join(parent, "missing")} {
		if err := Seed(filepath.Join(parent, "mail"), from); err == nil || !strings.Contains(err.Error(), from) {
			t.Errorf("got %v, want an error that names %s", err, from)
		}
		if entries, err := os.ReadDir(parent); err != nil || len(entries) != 0 {
			t.Errorf("left behind: %v, %v", entries, err)
		}
	}
}
