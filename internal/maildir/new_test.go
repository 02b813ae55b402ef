package maildir_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/maildir"
)

// put writes a small file.
func put(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// mbsync delivers what is unseen into new, with its flags: they count there, and survive a change.
func TestFlagsInNew(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	put(t, filepath.Join(dir, "new", "1.1_1.host,U=1:2,F"), "Subject: x\n\nx\n")
	mustSelect(t, c, "INBOX")
	wantRows(t, rows(t, c), row{1, `\Flagged`, "x"})
	if err := store(c, imap.StoreFlagsAdd, 1, imap.FlagFlagged); err != nil {
		t.Fatal(err)
	}
	wantLines(t, files(t, filepath.Join(dir, "new")), "1.1_1.host,U=1:2,F") // nothing changed, so it stays
	if err := store(c, imap.StoreFlagsAdd, 1, imap.FlagSeen); err != nil {
		t.Fatal(err)
	}
	wantLines(t, files(t, filepath.Join(dir, "new")))
	wantLines(t, files(t, filepath.Join(dir, "cur")), "1.1_1.host,U=1:2,FS")
	wantRows(t, rows(t, c), row{1, `\Flagged \Seen`, "x"})
}

// A keyword's letter means another keyword in another folder, wherever the file lies.
func TestKeywordsInNewAreTranslated(t *testing.T) {
	for _, move := range []bool{true, false} {
		c, dir := connect(t, maildir.Options{})
		create(t, c, "Dest")
		put(t, filepath.Join(dir, "dovecot-keywords"), "0 $Work\n")
		put(t, filepath.Join(dir, ".Dest", "dovecot-keywords"), "0 $Junk\n")
		put(t, filepath.Join(dir, "new", "1.1.host:2,Fa"), "Subject: x\n\nx\n")
		mustSelect(t, c, "INBOX")
		var err error
		if move {
			_, err = c.Move(imap.UIDSetNum(1), "Dest").Wait()
		} else {
			_, err = c.Copy(imap.UIDSetNum(1), "Dest").Wait()
		}
		if err != nil {
			t.Fatal(err)
		}
		if names := files(t, filepath.Join(dir, ".Dest", "new")); len(names) != 1 || !strings.HasSuffix(names[0], ":2,Fb") {
			t.Errorf("move %v: files %q, want one in new with the letters Fb", move, names)
		}
		mustSelect(t, c, "Dest")
		wantRows(t, rows(t, c), row{1, `$Work \Flagged`, "x"})
	}
}

// What is said about new here is what Dovecot does.
func TestDovecotAndFlagsInNew(t *testing.T) {
	tree, dir := newTree(t, maildir.Options{})
	put(t, filepath.Join(dir, "new", "1.1_1.host,U=1:2,F"), "Subject: x\n\nx\n")
	ours := everything(t, dial(t, tree))
	d := dovecot(t, dir)
	wantSame(t, "flags in new", ours, everything(t, d))
	quit(t, d)
}
