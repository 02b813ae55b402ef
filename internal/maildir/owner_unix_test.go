//go:build unix && !aix && !solaris

package maildir_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/maildir"
)

// Nothing that root makes in a user's tree is root's.
func TestRootMakesNothingItsOwn(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := filepath.Join(t.TempDir(), "mail")
	if err := maildir.Create(dir); err != nil {
		t.Fatal(err)
	}
	give(t, dir, nobody)
	c := dial(t, openTree(t, dir, maildir.Options{}))
	if err := c.Create("A/B", &imap.CreateOptions{SpecialUse: []imap.MailboxAttr{imap.MailboxAttrTrash}}).Wait(); err != nil {
		t.Fatal(err)
	}
	if err := c.Subscribe("A/B").Wait(); err != nil {
		t.Fatal(err)
	}
	appendMessage(t, c, "A/B", "Subject: x\r\n\r\nx\r\n", &imap.AppendOptions{Flags: []imap.Flag{"$Work"}})
	mustSelect(t, c, "A/B")
	if _, err := c.Copy(imap.UIDSetNum(1), "INBOX").Wait(); err != nil {
		t.Fatal(err)
	}
	var seen []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != nobody || owner.Gid != nobody {
			t.Errorf("%s belongs to user %d and group %d", path, owner.Uid, owner.Gid)
		}
		seen = append(seen, e.Name())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"imapform-lock", "imapform-uidlist", "imapform-uidvalidity", "imapform-specialuse", "maildirfolder", "subscriptions", "dovecot-keywords"} {
		if !strings.Contains(strings.Join(seen, "\n"), want) {
			t.Errorf("%s was not made", want)
		}
	}
}
