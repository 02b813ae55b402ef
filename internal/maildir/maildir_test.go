package maildir_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/imapform/imapform/internal/maildir"
)

// newTree makes an empty tree and serves it.
func newTree(t *testing.T, opts maildir.Options) (*maildir.Tree, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "mail")
	if err := maildir.Create(dir); err != nil {
		t.Fatal(err)
	}
	return openTree(t, dir, opts), dir
}

func openTree(t *testing.T, dir string, opts maildir.Options) *maildir.Tree {
	t.Helper()
	opts.Logf = func(format string, args ...any) { t.Logf(format, args...) }
	tree, err := maildir.Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tree.Close(); err != nil {
			t.Error(err)
		}
	})
	return tree
}

func dial(t *testing.T, tree *maildir.Tree) *imapclient.Client {
	t.Helper()
	conn, err := tree.Dial()
	if err != nil {
		t.Fatal(err)
	}
	c := imapclient.New(conn, nil)
	t.Cleanup(func() { _ = c.Close() }) // the tree may have closed it already
	if err := c.WaitGreeting(); err != nil {
		t.Fatal(err)
	}
	if c.State() != imap.ConnStateAuthenticated {
		t.Fatalf("the session begins in state %v", c.State())
	}
	return c
}

func connect(t *testing.T, opts maildir.Options) (*imapclient.Client, string) {
	t.Helper()
	tree, dir := newTree(t, opts)
	return dial(t, tree), dir
}

var delivered atomic.Int64

// deliver puts a message into a Maildir's directory as another program would, and returns its file.
func deliver(t testing.TB, folder, sub, flags, subject string) string {
	t.Helper()
	name := fmt.Sprintf("%d.%d.other", time.Now().Unix(), delivered.Add(1))
	if sub == "cur" {
		name += ":2," + flags
	}
	name = filepath.Join(folder, sub, name)
	body := "From: a@example.org\nSubject: " + subject + "\nMessage-ID: <" + subject + "@example.org>\n\nHello\n"
	if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func mustSelect(t testing.TB, c *imapclient.Client, name string) *imap.SelectData {
	t.Helper()
	data, err := c.Select(name, nil).Wait()
	if err != nil {
		t.Fatalf("select %q: %v", name, err)
	}
	return data
}

func create(t testing.TB, c *imapclient.Client, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := c.Create(name, nil).Wait(); err != nil {
			t.Fatalf("create %q: %v", name, err)
		}
	}
}

// wantCode checks that an error is a tagged NO (or BAD, for the code CLIENTBUG) with the code.
func wantCode(t testing.TB, err error, code imap.ResponseCode) {
	t.Helper()
	var e *imap.Error
	if err == nil {
		t.Errorf("no error, want [%s]", code)
	} else if !asIMAP(err, &e) || e.Code != code {
		t.Errorf("error %v, want [%s]", err, code)
	}
}

func asIMAP(err error, e **imap.Error) bool {
	x, ok := err.(*imap.Error)
	*e = x
	return ok
}

// count returns how many messages the client has been told of. It may learn that a folder is selected a moment after
// SELECT was answered.
func count(t testing.TB, c *imapclient.Client) uint32 {
	t.Helper()
	for range 1000 {
		if box := c.Mailbox(); box != nil {
			return box.NumMessages
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("no folder is selected")
	return 0
}

type row struct {
	uid     imap.UID
	flags   string
	subject string
}

// rows fetches the selected folder.
func rows(t testing.TB, c *imapclient.Client) []row {
	t.Helper()
	section := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"Subject"}, Peek: true}
	msgs, err := c.Fetch(imap.UIDSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{
		UID: true, Flags: true, BodySection: []*imap.FetchItemBodySection{section},
	}).Collect()
	if err != nil {
		t.Fatalf("fetch: %v", err)
	}
	var out []row
	for _, m := range msgs {
		subject := strings.TrimSpace(strings.TrimPrefix(string(m.FindBodySection(section)), "Subject:"))
		out = append(out, row{m.UID, flagString(m.Flags), subject})
	}
	slices.SortFunc(out, func(a, b row) int { return cmp.Compare(a.uid, b.uid) })
	return out
}

func flagString(flags []imap.Flag) string {
	s := make([]string, len(flags))
	for i, f := range flags {
		s[i] = string(f)
	}
	slices.Sort(s)
	return strings.Join(s, " ")
}

// subjects fetches the subjects of a folder, sorted.
func subjects(t testing.TB, c *imapclient.Client, folder string) string {
	t.Helper()
	if _, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		t.Fatal(err)
	}
	var s []string
	for _, r := range rows(t, c) {
		s = append(s, r.subject)
	}
	slices.Sort(s)
	return strings.Join(s, " ")
}

func wantRows(t testing.TB, got []row, want ...row) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("messages\n got %v\nwant %v", got, want)
	}
}

// files lists a directory's files.
func files(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func store(c *imapclient.Client, op imap.StoreFlagsOp, uid imap.UID, flags ...imap.Flag) error {
	return c.Store(imap.UIDSetNum(uid), &imap.StoreFlags{Op: op, Flags: flags}, nil).Close()
}
