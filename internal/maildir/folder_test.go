package maildir_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/imapform/imapform/internal/maildir"
)

// list returns the listing as lines of name and attributes.
func list(t testing.TB, c *imapclient.Client, o *imap.ListOptions) []string {
	t.Helper()
	data, err := c.List("", "*", o).Collect()
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	var lines []string
	for _, d := range data {
		attrs := make([]string, len(d.Attrs))
		for i, a := range d.Attrs {
			attrs[i] = strings.TrimPrefix(string(a), `\`)
		}
		slices.Sort(attrs)
		lines = append(lines, strings.TrimSpace(d.Mailbox+" "+strings.Join(attrs, " ")))
	}
	return lines
}

func wantLines(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

func TestFolderRefusals(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	create(t, c, "A/B", "C", "Foreign", "Linked")
	for path, content := range map[string]string{".Foreign/notes.txt": "mine", ".git/config": ""} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := list(t, c, nil)
	for _, test := range []struct {
		what string
		err  error
		code imap.ResponseCode
	}{
		{"create INBOX", c.Create("inbox", nil).Wait(), imap.ResponseCodeAlreadyExists},
		{"create existing", c.Create("C", nil).Wait(), imap.ResponseCodeAlreadyExists},
		{"create with a dot", c.Create("a.b", nil).Wait(), imap.ResponseCodeCannot},
		{"create empty level", c.Create("a//b", nil).Wait(), imap.ResponseCodeCannot},
		{"create below nothing", c.Create("/a", nil).Wait(), imap.ResponseCodeCannot},
		{"create control", c.Create("a\tb", nil).Wait(), imap.ResponseCodeCannot},
		{"create too long", c.Create(strings.Repeat("x", 255), nil).Wait(), imap.ResponseCodeCannot},
		{"create on other directory", c.Create("git", nil).Wait(), imap.ResponseCodeCannot},
		{"create with view as use", c.Create("X", &imap.CreateOptions{SpecialUse: []imap.MailboxAttr{imap.MailboxAttrAll}}).Wait(), "USEATTR"},
		{"delete INBOX", c.Delete("INBOX").Wait(), imap.ResponseCodeCannot},
		{"delete missing", c.Delete("Nope").Wait(), imap.ResponseCodeNonExistent},
		{"delete other directory", c.Delete("git").Wait(), imap.ResponseCodeNonExistent},
		{"delete parent", c.Delete("A").Wait(), imap.ResponseCodeHasChildren},
		{"delete foreign", c.Delete("Foreign").Wait(), imap.ResponseCodeCannot},
		{"rename INBOX", c.Rename("INBOX", "X", nil).Wait(), imap.ResponseCodeCannot},
		{"rename to INBOX", c.Rename("C", "inbox", nil).Wait(), imap.ResponseCodeAlreadyExists},
		{"rename to existing", c.Rename("C", "A/B", nil).Wait(), imap.ResponseCodeAlreadyExists},
		{"rename to parent", c.Rename("C", "A", nil).Wait(), imap.ResponseCodeAlreadyExists},
		{"rename to itself", c.Rename("C", "C", nil).Wait(), imap.ResponseCodeAlreadyExists},
		{"rename below itself", c.Rename("C", "C/D", nil).Wait(), imap.ResponseCodeCannot},
		{"rename missing", c.Rename("Nope", "X", nil).Wait(), imap.ResponseCodeNonExistent},
		{"rename to dot", c.Rename("C", "x.y", nil).Wait(), imap.ResponseCodeCannot},
		{"subscribe missing", c.Subscribe("Nope").Wait(), imap.ResponseCodeNonExistent},
	} {
		t.Run(test.what, func(t *testing.T) { wantCode(t, test.err, test.code) })
	}
	_, err := c.Select("A", nil).Wait()
	wantCode(t, err, imap.ResponseCodeNonExistent)
	_, err = c.Status("Nope", &imap.StatusOptions{NumMessages: true}).Wait()
	wantCode(t, err, imap.ResponseCodeNonExistent)
	wantLines(t, list(t, c, nil), before...)
	if data, err := os.ReadFile(filepath.Join(dir, ".Foreign/notes.txt")); err != nil || string(data) != "mine" {
		t.Errorf("the foreign file: %q, %v", data, err)
	}
}

func TestFolders(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	create(t, c, "A/B/C", "Entwürfe & Q/x", "inbox/Sub", "Z/")
	wantLines(t, list(t, c, nil),
		"INBOX HasChildren",
		"A HasChildren NonExistent Noselect",
		"A/B HasChildren NonExistent Noselect",
		"A/B/C HasNoChildren",
		"Entwürfe & Q HasChildren NonExistent Noselect",
		"Entwürfe & Q/x HasNoChildren",
		"INBOX/Sub HasNoChildren",
		"Z HasNoChildren",
	)
	if _, err := os.Stat(filepath.Join(dir, ".Entw&APw-rfe &- Q.x", "cur")); err != nil {
		t.Error(err)
	}
	deliver(t, filepath.Join(dir, ".A.B.C"), "new", "", "one")
	old := mustSelect(t, c, "A/B/C")
	if err := c.Rename("A", "N/M", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	renamed := mustSelect(t, c, "N/M/B/C")
	if renamed.UIDValidity != old.UIDValidity || renamed.NumMessages != 1 {
		t.Errorf("after the rename: %+v, before: %+v", renamed, old)
	}
	if err := c.Unselect().Wait(); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete("N/M/B/C").Wait(); err != nil {
		t.Fatal(err)
	}
	create(t, c, "A/B/C")
	if again := mustSelect(t, c, "A/B/C"); again.UIDValidity <= old.UIDValidity || again.NumMessages != 0 {
		t.Errorf("made again: %+v, before: %+v", again, old)
	}
	for _, name := range files(t, dir) {
		if strings.HasPrefix(name, "imapform-deleted") || strings.HasPrefix(name, "imapform-new") {
			t.Errorf("%s was left behind", name)
		}
	}
}

func TestDeleteWithMailAndIndexes(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	create(t, c, "A")
	deliver(t, filepath.Join(dir, ".A"), "cur", "S", "one")
	for _, name := range []string{"dovecot-uidlist", "dovecot.index.log", "dovecot-keywords"} {
		if err := os.WriteFile(filepath.Join(dir, ".A", name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Delete("A").Wait(); err != nil {
		t.Fatal(err)
	}
	wantLines(t, list(t, c, nil), "INBOX HasNoChildren")
}

func TestSpecialUse(t *testing.T) {
	c, _ := connect(t, maildir.Options{})
	use := &imap.CreateOptions{SpecialUse: []imap.MailboxAttr{imap.MailboxAttrTrash}}
	if err := c.Create("Bin", use).Wait(); err != nil {
		t.Fatal(err)
	}
	create(t, c, "Trash") // a name says nothing
	o := &imap.ListOptions{ReturnSpecialUse: true}
	wantLines(t, list(t, c, o), "INBOX HasNoChildren", "Bin HasNoChildren Trash", "Trash HasNoChildren")
	if err := c.Rename("Bin", "Old", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	wantLines(t, list(t, c, &imap.ListOptions{SelectSpecialUse: true}), "Old HasNoChildren Trash")
}

func TestSubscriptions(t *testing.T) {
	for form, before := range map[string]string{
		"none":  "",
		"older": "A.B\n&AOk-.x\nGone.y\n&broken\n",
		"newer": "V\t2\n\nA\tB\n&AOk-\tx\nGone\ty\n&broken\n",
	} {
		t.Run(form, func(t *testing.T) {
			c, dir := connect(t, maildir.Options{})
			create(t, c, "A/B", "é/x", "New")
			name := filepath.Join(dir, "subscriptions")
			if form != "none" {
				if err := os.WriteFile(name, []byte(before), 0o640); err != nil {
					t.Fatal(err)
				}
			}
			for _, folder := range []string{"New", "New", "INBOX"} {
				if err := c.Subscribe(folder).Wait(); err != nil {
					t.Fatal(err)
				}
			}
			for _, folder := range []string{"é/x", "Never/was"} {
				if err := c.Unsubscribe(folder).Wait(); err != nil {
					t.Fatal(err)
				}
			}
			want := map[string]string{
				"none":  "V\t2\n\nNew\nINBOX\n",
				"older": "A.B\nGone.y\n&broken\nNew\nINBOX\n",
				"newer": "V\t2\n\nA\tB\nGone\ty\n&broken\nNew\nINBOX\n",
			}[form]
			if got, err := os.ReadFile(name); err != nil || string(got) != want {
				t.Errorf("file %q, %v; want %q", got, err, want)
			}
			if form == "none" {
				return
			}
			wantLines(t, list(t, c, &imap.ListOptions{SelectSubscribed: true}),
				"INBOX HasNoChildren Subscribed",
				"A/B HasNoChildren Subscribed", "Gone/y HasNoChildren NonExistent Noselect Subscribed", "New HasNoChildren Subscribed")
			wantLines(t, list(t, c, &imap.ListOptions{SelectSubscribed: true, SelectRecursiveMatch: true})[1:2],
				"A HasChildren NonExistent Noselect")
			// A subscription outlives its folder.
			if err := c.Delete("New").Wait(); err != nil {
				t.Fatal(err)
			}
			if got := list(t, c, &imap.ListOptions{SelectSubscribed: true}); !slices.Contains(got, "New HasNoChildren NonExistent Noselect Subscribed") {
				t.Errorf("after DELETE: %q", got)
			}
		})
	}
}

func TestListStatus(t *testing.T) {
	c, dir := connect(t, maildir.Options{})
	create(t, c, "A/B")
	deliver(t, dir, "new", "", "one")
	deliver(t, dir, "cur", "ST", "two")
	data, err := c.List("", "%", &imap.ListOptions{ReturnStatus: &imap.StatusOptions{
		NumMessages: true, NumUnseen: true, UIDNext: true, UIDValidity: true, Size: true,
	}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	if len(data) != 2 || data[1].Mailbox != "A" || data[1].Status != nil {
		t.Fatalf("listing %+v", data)
	}
	s := data[0].Status
	size := int64(len("From: a@example.org\r\nSubject: one\r\nMessage-ID: <one@example.org>\r\n\r\nHello\r\n")) * 2
	if *s.NumMessages != 2 || *s.NumUnseen != 1 || s.UIDNext != 3 || s.UIDValidity == 0 || *s.Size != size {
		t.Errorf("status %d %d %d %d %d, want size %d", *s.NumMessages, *s.NumUnseen, s.UIDNext, s.UIDValidity, *s.Size, size)
	}
}

func TestManyFolders(t *testing.T) {
	tree, _ := newTree(t, maildir.Options{})
	c := dial(t, tree)
	validities := make(map[uint32]bool)
	for i := range 50 {
		name := fmt.Sprintf("F%d", i)
		create(t, c, name)
		s, err := c.Status(name, &imap.StatusOptions{UIDValidity: true}).Wait()
		if err != nil {
			t.Fatal(err)
		}
		validities[s.UIDValidity] = true
	}
	if len(validities) != 50 {
		t.Errorf("50 folders have %d UIDVALIDITYs", len(validities))
	}
}
