package maildir_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/maildir"
)

// addDir makes a folder's directories as another program would.
func addDir(t *testing.T, root, name string) {
	t.Helper()
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(root, name, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFoldersWithoutName(t *testing.T) {
	for _, dir := range []string{".Entwürfe", ".R&D", ".INBOX", ".inbox.Sub", ".A..B", ".a&AGE-", ".\xff"} {
		t.Run(dir, func(t *testing.T) {
			tree, root := newTree(t, maildir.Options{})
			addDir(t, root, dir)
			// The delimiter is no character, so that a client says of the folder that it cannot be told.
			if got := raw(t, tree, `1 LIST "" *`); !strings.Contains(got, `* LIST (\Noselect) "`+"\ufffd"+`" ".`) {
				t.Errorf("the folder is not listed: %s", got)
			}
			if got := raw(t, tree, `1 LSUB "" *`, "2 NOOP"); strings.Contains(got, "\ufffd") {
				t.Errorf("the folder is listed as subscribed: %s", got)
			}
		})
	}
	tree, root := newTree(t, maildir.Options{})
	if err := os.MkdirAll(filepath.Join(root, ".R&D.git"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got := raw(t, tree, `1 LIST "" *`); strings.Contains(got, "\ufffd") {
		t.Errorf("what is no Maildir is listed: %s", got)
	}
}

func TestFoldersWithoutNameAreNotDoubled(t *testing.T) {
	c, root := connect(t, maildir.Options{})
	for _, dir := range []string{".Entwürfe", ".R&D", ".inbox.Sub", ".a&AGE-", ".P.Entwürfe"} {
		addDir(t, root, dir)
	}
	create(t, c, "Other")
	before := files(t, root)
	for _, name := range []string{"Entwürfe", "R&D", "INBOX/Sub", "aa", "P/Entwürfe"} {
		wantCode(t, c.Create(name, nil).Wait(), imap.ResponseCodeCannot)
		wantCode(t, c.Rename("Other", name, nil).Wait(), imap.ResponseCodeCannot)
	}
	wantLines(t, files(t, root), before...)
	create(t, c, "Entwürfe 2") // which is no twin
}

// A folder is neither renamed nor removed away from one below it that cannot be named.
func TestFoldersWithoutNameStayBelow(t *testing.T) {
	for _, child := range []string{".Entw&APw-rfe.R&D", ".Entwürfe.x", ".Entw&APw-rfe..x"} {
		t.Run(child, func(t *testing.T) {
			c, root := connect(t, maildir.Options{})
			create(t, c, "Entwürfe", "Entwürfe/y", "Other")
			if err := c.Delete("Entwürfe/y").Wait(); err != nil {
				t.Fatal(err)
			}
			addDir(t, root, child)
			before := files(t, root)
			wantCode(t, c.Delete("Entwürfe").Wait(), imap.ResponseCodeHasChildren)
			wantCode(t, c.Rename("Entwürfe", "New", nil).Wait(), imap.ResponseCodeCannot)
			wantLines(t, files(t, root), before...)
			data, err := c.List("", "Entw*", nil).Collect()
			if err != nil {
				t.Fatal(err)
			}
			if len(data) != 1 || data[0].Attrs[0] != imap.MailboxAttrHasChildren {
				t.Errorf("listed %+v", data)
			}
			if err := c.Rename("Other", "Elsewhere", nil).Wait(); err != nil { // others are free
				t.Error(err)
			}
		})
	}
	c, root := connect(t, maildir.Options{})
	create(t, c, "Other")
	addDir(t, root, ".New.R&D")
	wantCode(t, c.Rename("Other", "New", nil).Wait(), imap.ResponseCodeCannot)
}

// A link that leads in a circle is no folder, as one that leads nowhere is none.
func TestLinkInACircle(t *testing.T) {
	c, root := connect(t, maildir.Options{})
	for link, to := range map[string]string{".Loop": ".Loop", ".Nowhere": "/nonexistent"} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	wantLines(t, list(t, c, nil), "INBOX HasNoChildren")
	wantCode(t, c.Create("Loop", nil).Wait(), imap.ResponseCodeCannot)
}
