package maildir_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/imapform/imapform/internal/maildir"
)

// nobody is whom Dovecot runs as if the tests run as root, which it refuses to serve.
const nobody = 65534

// dovecot serves the tree at dir through a private Dovecot on a pipe, logged in already.
func dovecot(t *testing.T, dir string) *imapclient.Client {
	t.Helper()
	for _, name := range []string{"doveadm", "dovecot"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("Dovecot is missing: %v", err)
		}
	}
	uid := os.Getuid()
	if uid == 0 {
		uid = nobody
	}
	run, err := os.MkdirTemp("", "dovecot")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(run); err != nil {
			t.Error(err)
		}
	})
	conf := filepath.Join(run, "dovecot.conf")
	text := fmt.Sprintf(`protocols = imap
mail_location = maildir:%s
base_dir = %[2]s
state_dir = %[2]s
log_path = %[2]s/log
first_valid_uid = 0
first_valid_gid = 0
mail_uid = %[3]d
mail_gid = %[3]d
ssl = no
namespace inbox {
  inbox = yes
  separator = /
}
`, dir, run, uid)
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(run, 0o755); err != nil {
		t.Fatal(err)
	}
	give(t, run, uid)
	give(t, dir, uid)
	reach(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "doveadm", "-c", conf, "exec", "imap")
	cmd.Env = append(os.Environ(), "USER=nobody", "HOME="+run)
	return overPipe(t, cmd)
}

// give makes all files in dir the user's, if we are root.
func give(t *testing.T, dir string, uid int) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, uid, uid))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// reach lets other users into the test's own directories above dir.
func reach(t *testing.T, dir string) {
	t.Helper()
	for up := filepath.Dir(dir); up != filepath.Clean(os.TempDir()) && up != "/"; up = filepath.Dir(up) {
		if err := os.Chmod(up, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func overPipe(t *testing.T, cmd *exec.Cmd) *imapclient.Client {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := imapclient.New(&processConn{Reader: out, WriteCloser: in}, nil)
	if err := c.WaitGreeting(); err != nil {
		t.Fatalf("Dovecot: %v", err)
	}
	return c
}

// quit ends the session in order, so that Dovecot has written all it writes.
func quit(t *testing.T, c *imapclient.Client) {
	t.Helper()
	if err := c.Logout().Wait(); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil && !errors.Is(err, io.ErrClosedPipe) && !errors.Is(err, os.ErrClosed) {
		t.Fatal(err)
	}
}

type processConn struct {
	io.Reader
	io.WriteCloser
}

func (*processConn) LocalAddr() net.Addr              { return nil }
func (*processConn) RemoteAddr() net.Addr             { return nil }
func (*processConn) SetDeadline(time.Time) error      { return nil }
func (*processConn) SetReadDeadline(time.Time) error  { return nil }
func (*processConn) SetWriteDeadline(time.Time) error { return nil }

// everything describes folders, subscriptions and messages as a server tells them, without what is the server's own.
func everything(t *testing.T, c *imapclient.Client) []string {
	t.Helper()
	data, err := c.List("", "*", &imap.ListOptions{ReturnSubscribed: true, ReturnChildren: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, d := range data {
		attrs := slices.Clone(d.Attrs)
		for i, a := range attrs {
			if a == imap.MailboxAttrNonExistent { // which means the other too (RFC 5258 section 3)
				attrs[i] = imap.MailboxAttrNoSelect
			}
		}
		slices.Sort(attrs)
		attrs = slices.Compact(attrs)
		lines = append(lines, fmt.Sprint("folder ", d.Mailbox, attrs))
		if slices.Contains(attrs, imap.MailboxAttrNoSelect) {
			continue
		}
		if _, err := c.Select(d.Mailbox, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
			t.Fatalf("examine %q: %v", d.Mailbox, err)
		}
		lines = append(lines, describe(t, c, d.Mailbox)...)
	}
	slices.Sort(lines)
	return lines
}

func describe(t *testing.T, c *imapclient.Client, folder string) []string {
	t.Helper()
	if count(t, c) == 0 { // 1:* would be an error then
		return nil
	}
	body := &imap.FetchItemBodySection{Peek: true}
	msgs, err := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{
		Flags: true, InternalDate: true, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{body},
	}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(msgs, func(a, b *imapclient.FetchMessageBuffer) int { return cmp.Compare(a.SeqNum, b.SeqNum) })
	var lines []string
	for _, m := range msgs {
		flags := slices.DeleteFunc(m.Flags, func(f imap.Flag) bool { return strings.EqualFold(string(f), `\Recent`) })
		lines = append(lines, fmt.Sprintf("message in %s: %s; %v; %d; %q", folder, flagString(flags), m.InternalDate.Unix(), m.RFC822Size, m.FindBodySection(body)))
	}
	return lines
}

func wantSame(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got\n  %s\nwant\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// TestDovecot has both servers change a tree in turn and compares what each says of it.
func TestDovecot(t *testing.T) {
	tree, dir := newTree(t, maildir.Options{})
	d := dovecot(t, dir)
	create(t, d, "Lists/golang", "Entwürfe & mehr", "INBOX/Below", "Work")
	for _, name := range []string{"Work", "Lists/golang"} {
		if err := d.Subscribe(name).Wait(); err != nil {
			t.Fatal(err)
		}
	}
	date := time.Date(2019, 5, 6, 7, 8, 9, 0, time.UTC)
	for i := range 6 {
		flags := [][]imap.Flag{{imap.FlagSeen, "alpha", "beta"}, {imap.FlagFlagged, "beta"}, nil}[i%3]
		appendMessage(t, d, "INBOX", fmt.Sprintf("Subject: d%d\r\n\r\nby Dovecot\r\n", i), &imap.AppendOptions{Flags: flags, Time: date})
	}
	appendMessage(t, d, "Work", "Subject: w\r\n\r\nx\r\n", &imap.AppendOptions{Flags: []imap.Flag{"gamma", "alpha"}})
	theirs := everything(t, d)
	quit(t, d)

	c := dial(t, tree)
	wantSame(t, "what Dovecot made, read here", everything(t, c), theirs)
	foreign := foreignFiles(t, dir)

	mustSelect(t, c, "INBOX")
	if _, err := c.Move(imap.UIDSetNum(1, 3), "Work").Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Copy(imap.UIDSetNum(2, 4), "Lists/golang").Wait(); err != nil {
		t.Fatal(err)
	}
	if err := store(c, imap.StoreFlagsAdd, 5, "delta", "BETA", imap.FlagAnswered); err != nil {
		t.Fatal(err)
	}
	if err := store(c, imap.StoreFlagsDel, 2, imap.FlagFlagged, "beta"); err != nil {
		t.Fatal(err)
	}
	if err := store(c, imap.StoreFlagsAdd, 6, imap.FlagDeleted); err != nil {
		t.Fatal(err)
	}
	if err := c.UIDExpunge(imap.UIDSetNum(6)).Close(); err != nil {
		t.Fatal(err)
	}
	appendMessage(t, c, "Entwürfe & mehr", "Subject: ours\r\n\r\nline\r\n", &imap.AppendOptions{Flags: []imap.Flag{imap.FlagDraft, "new"}, Time: date})
	create(t, c, "Made/here/ö")
	for _, err := range []error{
		c.Subscribe("Made/here/ö").Wait(), c.Unsubscribe("Work").Wait(),
		c.Rename("Lists", "Archive/Lists", nil).Wait(), c.Delete("INBOX/Below").Wait(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, before := range foreign {
		if after, ok := foreignFiles(t, dir)[name]; ok && after != before {
			t.Errorf("%s was changed", name)
		}
	}
	d = dovecot(t, dir)
	mustSelect(t, d, "INBOX") // Dovecot looks for news of the files
	ours := everything(t, c)
	wantSame(t, "what was made here, read by Dovecot", everything(t, d), ours)

	// And once more the other way, with both at it.
	mustSelect(t, d, "Work")
	if _, err := d.Move(imap.SeqSetNum(1), "Made/here/ö").Wait(); err != nil {
		t.Fatal(err)
	}
	appendMessage(t, d, "Made/here/ö", "Subject: last\r\n\r\n\r\n", &imap.AppendOptions{Flags: []imap.Flag{"omega"}})
	theirs = everything(t, d)
	quit(t, d)
	wantSame(t, "after Dovecot's second turn", everything(t, c), theirs)
}

// foreignFiles returns the content of the files in the tree that belong to Dovecot alone.
func foreignFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name := filepath.Base(path)
		if err != nil || !d.Type().IsRegular() || !strings.HasPrefix(name, "dovecot") || name == "dovecot-keywords" {
			return err
		}
		data, err := os.ReadFile(path)
		found[path] = string(data)
		return err
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("%d files of Dovecot's, %v", len(found), err)
	}
	return found
}
