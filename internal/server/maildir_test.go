package server_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/maildir"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/plan"
)

// A Maildir is spoken to like any server.
func TestMaildir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mail")
	if err := maildir.Create(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cur", "1700000000.a.host:2,S"), mail(1).Body, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := server.Dial(t.Context(), &config.Account{Address: "account.local", Maildir: dir}, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	if !s.Can().Move || !s.Can().UIDPlus {
		t.Errorf("it can %+v", s.Can())
	}
	listing, err := s.List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(listing.Folders) != 1 || listing.Folders[0].Name != mailbox.Inbox || listing.Folders[0].Messages != 1 {
		t.Errorf("listed %+v", listing)
	}
	var uids []imap.UID
	if _, err := s.Answer(ctx, plan.Question{Folder: "INBOX", Fetch: everything}, func(m *message.Message) { uids = append(uids, m.UID) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Create(ctx, "Lists/Bücher", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(ctx, "INBOX"); err != nil {
		t.Fatal(err)
	}
	moved, err := s.Move(ctx, imap.UIDSetNum(uids...), "Lists/Bücher")
	if err != nil || len(moved.Pairs) != 1 {
		t.Fatalf("moved %+v, %v", moved, err)
	}
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if listing, err = s.List(ctx); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(listing.Folders, func(f plan.Folder) bool { return f.Name == "Lists/Bücher" && f.Messages == 1 }) {
		t.Errorf("listed %+v", listing)
	}
	if err := s.Logout(ctx); err != nil {
		t.Errorf("log out: %v", err)
	}

	if _, err := server.Dial(ctx, &config.Account{Maildir: filepath.Join(dir, "nowhere")}, server.Options{}); err == nil {
		t.Error("a Maildir that is not there is opened")
	}
}
