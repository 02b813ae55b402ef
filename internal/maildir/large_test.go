package maildir_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/imapform/imapform/internal/maildir"
)

// BenchmarkLargeFolder times what a plan and an apply do with a folder of 100,000 messages.
func BenchmarkLargeFolder(b *testing.B) {
	const n = 100_000
	dir := filepath.Join(b.TempDir(), "mail")
	if err := maildir.Create(dir); err != nil {
		b.Fatal(err)
	}
	text := "Received: " + strings.Repeat("x", 1500) + "\nSubject: s\nFrom: a@example.org\nList-Id: <l.example.org>\n\n" + strings.Repeat("body\n", 300)
	for i := range n {
		name := filepath.Join(dir, "cur", fmt.Sprintf("1700000000.%d.host,S=%d,W=%d:2,S", i, len(text), len(text)+305))
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	tree, err := maildir.Open(dir, maildir.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer tree.Close()
	conn, err := tree.Dial()
	if err != nil {
		b.Fatal(err)
	}
	c := imapclient.New(conn, nil)
	defer c.Close()
	create(b, c, "Dest")
	mustSelect(b, c, "INBOX") // numbers them
	header := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"Subject", "From", "List-Id"}, Peek: true}
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"Select", func() error { _, err := c.Select("INBOX", nil).Wait(); return err }},
		{"Flags", func() error {
			return drain(c.Fetch(imap.UIDSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{Flags: true, RFC822Size: true}))
		}},
		{"Headers", func() error {
			return drain(c.Fetch(imap.UIDSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{
				Flags: true, InternalDate: true, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{header},
			}))
		}},
		{"Store500", func() error {
			return c.Store(imap.UIDSet{{Start: 1000, Stop: 1499}}, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagFlagged}}, nil).Close()
		}},
	} {
		b.Run(part.name, func(b *testing.B) {
			for b.Loop() {
				if err := part.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("Move500", func(b *testing.B) {
		next := imap.UID(1)
		for b.Loop() {
			if _, err := c.Move(imap.UIDSet{{Start: next, Stop: next + 499}}, "Dest").Wait(); err != nil {
				b.Fatal(err)
			}
			next += 500
		}
	})
}

func drain(cmd *imapclient.FetchCommand) error {
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		for item := msg.Next(); item != nil; item = msg.Next() {
		}
	}
	return cmd.Close()
}
