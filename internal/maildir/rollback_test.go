package maildir

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
)

// inTree serves a tree with two folders, and returns the path of one beside INBOX.
func inTree(t *testing.T) (tree *Tree, dest string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "mail")
	if err := Create(dir); err != nil {
		t.Fatal(err)
	}
	tree, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tree.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := tree.create("Dest", nil); err != nil {
		t.Fatal(err)
	}
	return tree, tree.path("Dest")
}

func TestDeletionThatCannotBeUndone(t *testing.T) {
	_, dest := inTree(t)
	away := filepath.Join(filepath.Dir(dest), "imapform-deleted-1")
	if err := os.Mkdir(away, 0o700); err != nil {
		t.Fatal(err)
	}
	// There is a folder of that name again, so that the old one cannot be put back.
	err := answer(putBack("Dest", away, dest, holdsForeign("Dest", "notes.txt")))
	for _, want := range []string{away, "notes.txt", "could not be put back"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the answer %v does not name %q", err, want)
		}
	}
	if err := os.RemoveAll(dest); err != nil {
		t.Fatal(err)
	}
	err = answer(putBack("Dest", away, dest, holdsForeign("Dest", "notes.txt")))
	if known, ok := errors.AsType[*imap.Error](err); !ok || known.Code != imap.ResponseCodeCannot || strings.Contains(err.Error(), away) {
		t.Errorf("after it was put back: %v", err)
	}
	if _, err := os.Stat(dest); err != nil {
		t.Error(err)
	}
}

// copied does the first half of a COPY of two messages from INBOX.
func copied(t *testing.T, tree *Tree, dest string) *pending {
	t.Helper()
	for _, name := range []string{"1.a.host:2,", "2.b.host:2,"} {
		if err := os.WriteFile(filepath.Join(tree.dir, "cur", name), []byte("Subject: x\n\nx\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	snap, err := tree.look(inbox)
	if err != nil {
		t.Fatal(err)
	}
	p := &pending{tree: tree, v: newView(inbox, false, snap), destName: "Dest", dest: dest}
	if err := errors.Join(p.prepare([]int{0, 1}), p.run([]int{0, 1})); err != nil {
		t.Fatal(err)
	}
	return p
}

// A copy to which another program has given flags meanwhile is undone too, one whose original is gone is not.
func TestUndoOfRenamedCopy(t *testing.T) {
	tree, dest := inTree(t)
	p := copied(t, tree, dest)
	for _, made := range p.made {
		if err := os.Rename(made.in(dest), made.in(dest)+"S"); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(tree.dir, "cur", "2.b.host:2,")); err != nil {
		t.Fatal(err)
	}
	if err := tree.lock.with(p.undo); err != nil {
		t.Fatal(err)
	}
	left, err := readPlaces(dest, false, nil)
	if err != nil || len(left) != 1 || left[0].name != p.made[1].name+"S" {
		t.Errorf("left are %v, %v; want the copy of the message that is gone", left, err)
	}
}

func TestCopyThatCannotBeUndone(t *testing.T) {
	tree, dest := inTree(t)
	p := copied(t, tree, dest)
	if err := os.Remove(p.made[0].in(dest)); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(p.made[0].in(dest), "x"), 0o700); err != nil { // not to be removed
		t.Fatal(err)
	}
	err := tree.lock.with(func() error { return p.undone(no(imap.ResponseCodeCannot, "a reason")) })
	if err = answer(err); err == nil || !strings.Contains(err.Error(), "a reason") || !strings.Contains(err.Error(), "copies were left") {
		t.Errorf("the answer is %v", err)
	}
}
