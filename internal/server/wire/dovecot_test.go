package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// stdio is a connection to a process's standard input and output. It has no
// deadlines: Silence is tested with scripted servers.
type stdio struct {
	io.Reader
	io.WriteCloser
}

func (stdio) LocalAddr() net.Addr              { return nil }
func (stdio) RemoteAddr() net.Addr             { return nil }
func (stdio) SetDeadline(time.Time) error      { return nil }
func (stdio) SetReadDeadline(time.Time) error  { return nil }
func (stdio) SetWriteDeadline(time.Time) error { return nil }

// dovecot starts a private Dovecot that speaks IMAP on a pipe, logged in, with
// an empty mailbox of its own. It skips the test where there is none.
func dovecot(t *testing.T) net.Conn {
	t.Helper()
	doveadm, err := exec.LookPath("doveadm")
	if err != nil {
		t.Skip("Dovecot is not installed: this test needs doveadm")
	}
	dir, err := os.MkdirTemp("", "wire")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	name, uid, gid := "nobody", os.Getuid(), os.Getgid()
	cmd := exec.CommandContext(t.Context(), doveadm, "-c", filepath.Join(dir, "conf"), "exec", "imap")
	if uid == 0 { // it refuses to run as root
		who, err := user.Lookup(name)
		if err != nil {
			t.Skipf("Dovecot does not run as root, and there is nobody else: %v", err)
		}
		fmt.Sscan(who.Uid, &uid)
		fmt.Sscan(who.Gid, &gid)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	} else if who, err := user.Current(); err == nil {
		name = who.Username
	}
	conf := fmt.Sprintf(`base_dir = %[1]s/run
log_path = %[1]s/log
mail_location = maildir:%[1]s/mail
mail_home = %[1]s
mail_uid = %[2]d
mail_gid = %[3]d
first_valid_uid = 1
first_valid_gid = 0
namespace inbox {
  inbox = yes
  separator = /
}
`, dir, uid, gid)
	if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "USER="+name, "HOME="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints strings.Builder
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		var exit *exec.ExitError
		if err := cmd.Wait(); err != nil && !errors.As(err, &exit) && !errors.Is(err, context.Canceled) {
			t.Errorf("Dovecot: %v", err)
		}
		if t.Failed() {
			said, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Logf("Dovecot said %s%s", complaints.String(), said)
		}
	})
	return stdio{out, in}
}

func TestDovecot(t *testing.T) {
	var l log
	conn := New(dovecot(t), l.options())
	client := imapclient.New(conn, nil)
	defer client.Close()
	if err := client.WaitGreeting(); err != nil {
		t.Fatalf("greeting: %v (%v)", err, conn.Err())
	}
	if client.State() != imap.ConnStateAuthenticated {
		t.Fatalf("state %v, want logged in", client.State())
	}
	for _, folder := range []string{"a", "a/é&", "b"} {
		if err := client.Create(folder, nil).Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.Subscribe("a/é&").Wait(); err != nil {
		t.Fatal(err)
	}
	got, err := list(client)
	for _, folder := range []string{"INBOX/", "a/", "a/é&/", "b/"} {
		if err != nil || !strings.Contains(got, folder) {
			t.Errorf("LIST %q lacks %s, %v", got, folder, err)
		}
	}

	subscribed, err := conn.Do(t.Context(), `LSUB "" "*"`, "LSUB")
	if err != nil || len(subscribed.Untagged) != 1 || subscribed.Untagged[0].Values[2].Text != "a/&AOk-&-" {
		t.Errorf("LSUB: %+v, %v", subscribed, err)
	}
	if data, err := client.Status("a/é&", &imap.StatusOptions{NumMessages: true}).Wait(); err != nil || data.NumMessages == nil {
		t.Errorf("STATUS: %+v, %v", data, err)
	}

	text := "Subject: hello\r\n\r\n" + strings.Repeat("0123456789abcde\r\n", streamFrom/8)
	add := client.Append("a", int64(len(text)), nil)
	if _, err := io.WriteString(add, text); err != nil {
		t.Fatal(err)
	}
	if err := add.Close(); err != nil {
		t.Fatal(err)
	}
	added, err := add.Wait()
	if err != nil || added.UID == 0 {
		t.Fatalf("APPEND: %+v, %v", added, err)
	}
	if _, err := client.Select("a", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	saved, err := conn.Do(t.Context(), "UID FETCH 1:* (SAVEDATE)", "FETCH")
	if err != nil || len(saved.Untagged) != 1 {
		t.Errorf("FETCH SAVEDATE: %+v, %v", saved, err)
	} else if items := saved.Untagged[0].Values[0].List; len(items) != 4 || items[2].Text != "SAVEDATE" && items[0].Text != "SAVEDATE" {
		t.Errorf("FETCH SAVEDATE: %+v", items)
	}
	body := &imap.FetchItemBodySection{Peek: true}
	messages, err := client.Fetch(imap.UIDSetNum(added.UID), &imap.FetchOptions{Flags: true, InternalDate: true,
		RFC822Size: true, Envelope: true, BodySection: []*imap.FetchItemBodySection{body}}).Collect()
	if err != nil || len(messages) != 1 || string(messages[0].FindBodySection(body)) != text || messages[0].Envelope.Subject != "hello" {
		t.Errorf("FETCH: %d messages, %v", len(messages), err)
	}
	if found, err := client.UIDSearch(&imap.SearchCriteria{}, &imap.SearchOptions{ReturnAll: true}).Wait(); err != nil || len(found.AllUIDs()) != 1 {
		t.Errorf("SEARCH: %+v, %v", found, err)
	}
	if _, err := client.Copy(imap.UIDSetNum(added.UID), "b").Wait(); err != nil {
		t.Fatal(err)
	}
	notices := l.of(StatusResponse)
	if c := notices[len(notices)-1].Copied; c == nil || len(c.Source) != 1 || c.Source[0] != added.UID {
		t.Errorf("COPYUID: %+v", c)
	}
	if err := client.Logout().Wait(); err != nil {
		t.Error(err)
	}
	for _, kind := range []Kind{ResponseDropped, ItemRemoved, FlagsUnreadable, FolderUnreadable, CodeRemoved} {
		if n := l.of(kind); len(n) > 0 {
			t.Errorf("of kind %d: %+v", kind, n)
		}
	}
}
