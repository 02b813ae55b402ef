package maildir_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/imapform/imapform/internal/maildir"
)

func TestOpenRefuses(t *testing.T) {
	plain := t.TempDir()
	half := t.TempDir()
	for _, sub := range []string{"cur", "new"} {
		if err := os.Mkdir(filepath.Join(half, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	good := filepath.Join(t.TempDir(), "m")
	if err := maildir.Create(good); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		dir  string
		hide []imap.Cap
		want string
	}{
		{filepath.Join(plain, "missing"), nil, "no such directory"},
		{plain, nil, `no directory "cur"`},
		{half, nil, `no directory "tmp"`},
		{good, []imap.Cap{imap.CapIMAP4rev1}, "cannot be hidden"},
		{good, []imap.Cap{imap.CapIdle}, "cannot be hidden"},
	} {
		tree, err := maildir.Open(test.dir, maildir.Options{Hide: test.hide})
		if err == nil {
			t.Errorf("Open(%q, %v) succeeded", test.dir, test.hide)
			tree.Close()
		} else if !strings.Contains(err.Error(), test.want) {
			t.Errorf("Open(%q): %v, want %q in it", test.dir, err, test.want)
		}
	}
	if err := maildir.Create(good); err == nil {
		t.Error("Create took a directory that is not empty")
	}
}

func TestCapabilities(t *testing.T) {
	for _, hidden := range append([]imap.Cap{""}, maildir.HideableCaps()...) {
		opts := maildir.Options{}
		if hidden != "" {
			opts.Hide = []imap.Cap{hidden}
		}
		c, _ := connect(t, opts)
		caps, err := c.Capability().Wait()
		if err != nil {
			t.Fatal(err)
		}
		if caps.Has(imap.CapIMAP4rev2) || !caps.Has(imap.CapIMAP4rev1) {
			t.Errorf("capabilities %v", caps)
		}
		for _, each := range maildir.HideableCaps() {
			if _, has := caps[each]; has == (each == hidden) {
				t.Errorf("hiding %q: %s is offered: %v", hidden, each, has)
			}
		}
	}
}

func TestHiddenIsRefused(t *testing.T) {
	for _, test := range []struct {
		hide imap.Cap
		do   func(c *imapclient.Client) error
	}{
		{imap.CapNamespace, func(c *imapclient.Client) error { _, err := c.Namespace().Wait(); return err }},
		{imap.CapUIDPlus, func(c *imapclient.Client) error { return c.UIDExpunge(imap.UIDSetNum(1)).Close() }},
		{imap.CapESearch, func(c *imapclient.Client) error {
			_, err := c.UIDSearch(&imap.SearchCriteria{}, &imap.SearchOptions{ReturnCount: true}).Wait()
			return err
		}},
		{imap.CapListExtended, func(c *imapclient.Client) error {
			_, err := c.List("", "*", &imap.ListOptions{ReturnSubscribed: true}).Collect()
			return err
		}},
		{imap.CapListStatus, func(c *imapclient.Client) error {
			_, err := c.List("", "*", &imap.ListOptions{ReturnStatus: &imap.StatusOptions{NumMessages: true}}).Collect()
			return err
		}},
		{imap.CapStatusSize, func(c *imapclient.Client) error {
			_, err := c.Status("INBOX", &imap.StatusOptions{Size: true}).Wait()
			return err
		}},
		{imap.CapSpecialUse, func(c *imapclient.Client) error {
			_, err := c.List("", "*", &imap.ListOptions{ReturnSpecialUse: true}).Collect()
			return err
		}},
		{imap.CapCreateSpecialUse, func(c *imapclient.Client) error {
			return c.Create("X", &imap.CreateOptions{SpecialUse: []imap.MailboxAttr{imap.MailboxAttrTrash}}).Wait()
		}},
	} {
		t.Run(string(test.hide), func(t *testing.T) {
			c, _ := connect(t, maildir.Options{Hide: []imap.Cap{test.hide}})
			mustSelect(t, c, "INBOX")
			wantCode(t, test.do(c), imap.ResponseCodeClientBug)
			all, _ := connect(t, maildir.Options{})
			mustSelect(t, all, "INBOX")
			if err := test.do(all); err != nil {
				t.Errorf("when offered: %v", err)
			}
		})
	}
}

func TestHiddenMove(t *testing.T) {
	// The client would do COPY, STORE and EXPUNGE by itself; the server must not know the command.
	tree, dir := newTree(t, maildir.Options{Hide: []imap.Cap{imap.CapMove, imap.CapUIDPlus}})
	deliver(t, dir, "cur", "", "a")
	got := raw(t, tree, "1 CREATE X", "2 SELECT INBOX", "3 UID MOVE 1 X", "4 UID COPY 1 X", "5 CHECK")
	if !strings.Contains(got, "3 BAD") || strings.Contains(got, "COPYUID") {
		t.Errorf("got %s", got)
	}
}

func TestLSub(t *testing.T) {
	tree, _ := newTree(t, maildir.Options{})
	got := raw(t, tree, "1 CREATE A/B", "2 SUBSCRIBE A/B", `3 LSUB "" *`, `4 LIST "" ""`)
	if !strings.Contains(got, `"/" "A/B"`) || !strings.Contains(got, "* LSUB") || !strings.Contains(got, `* LIST (\Noselect) "/" ""`) {
		t.Errorf("got %s", got)
	}
}

// raw sends lines and returns all that comes until the last one's answer.
func raw(t *testing.T, tree *maildir.Tree, lines ...string) string {
	t.Helper()
	conn, err := tree.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte(strings.Join(lines, "\r\n") + "\r\n")); err != nil {
		t.Fatal(err)
	}
	last, _, _ := strings.Cut(lines[len(lines)-1], " ")
	var got []byte
	buf := make([]byte, 64<<10)
	for !strings.Contains(string(got[max(0, len(got)-len(buf)-1000):]), "\r\n"+last+" ") {
		n, err := conn.Read(buf)
		got = append(got, buf[:n]...)
		if err != nil {
			t.Fatalf("%v after %.2000s", err, got)
		}
	}
	return string(got)
}

func TestPipelining(t *testing.T) {
	// Far more commands and answers than any buffer holds are under way before the first answer is read.
	tree, _ := newTree(t, maildir.Options{})
	lines := make([]string, 20_000)
	for i := range lines {
		lines[i] = "a CAPABILITY"
	}
	lines[len(lines)-1] = "z NOOP"
	if got := raw(t, tree, lines...); strings.Count(got, "\r\na OK") != len(lines)-1 {
		t.Errorf("%d answers to %d commands", strings.Count(got, "\r\na OK"), len(lines)-1)
	}
}

func TestDeadline(t *testing.T) {
	tree, _ := newTree(t, maildir.Options{})
	conn, err := tree.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	buf := make([]byte, 4096)
	if _, err := conn.Read(buf); err != nil { // the greeting
		t.Fatal(err)
	}
	for _, wait := range []time.Duration{-time.Second, 20 * time.Millisecond} {
		if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(buf); !os.IsTimeout(err) {
			t.Errorf("deadline in %v: read ended with %v", wait, err)
		}
	}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("1 NOOP\r\n")); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(buf); err != nil || !strings.HasPrefix(string(buf[:n]), "1 OK") {
		t.Errorf("after a deadline: %q, %v", buf[:n], err)
	}
}

func TestIdleTells(t *testing.T) {
	tree, dir := newTree(t, maildir.Options{})
	conn, err := tree.Dial()
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan uint32, 10)
	c := imapclient.New(conn, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				told <- *data.NumMessages
			}
		},
	}})
	defer c.Close()
	mustSelect(t, c, "INBOX")
	idle, err := c.Idle()
	if err != nil {
		t.Fatal(err)
	}
	deliver(t, dir, "new", "", "one")
	select {
	case n := <-told:
		if n != 1 {
			t.Errorf("told of %d messages", n)
		}
	case <-time.After(10 * time.Second):
		t.Error("nothing was told")
	}
	if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
		t.Error(err)
	}
}

func TestCloseEndsSessions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "m")
	if err := maildir.Create(dir); err != nil {
		t.Fatal(err)
	}
	tree, err := maildir.Open(dir, maildir.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, tree)
	idle, err := c.Idle()
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Close(); err != nil {
		t.Fatal(err)
	}
	if err := idle.Wait(); err == nil {
		t.Error("the session outlived its tree")
	}
	if _, err := tree.Dial(); err == nil {
		t.Error("a closed tree can be dialled")
	}
}
