package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/journal"
)

// journalCase is an invocation in a directory, and what it writes to standard error.
func journalCase(dir string, environ ...string) (*invocation, *bytes.Buffer) {
	var said bytes.Buffer
	now := func() time.Time { return time.Date(2026, 9, 28, 12, 0, 0, 0, time.UTC) }
	return newInvocation(Env{Stderr: &said, Dir: dir, Environ: environ, Now: now, Version: "0.1.0"}), &said
}

// TestJournal: a journal lies where the flag or the environment says, and holds no
// username.
func TestJournal(t *testing.T) {
	dir := t.TempDir()
	work := filepath.Join(dir, "work")
	if err := os.Mkdir(work, 0o700); err != nil {
		t.Fatal(err)
	}
	account := &config.Account{Address: "account.work", Host: "imap.example.org", Port: 993, Username: "sEcret@example.org"}
	run := journal.Run{ID: "20260928T120000Z-ab12cd", Command: "apply"}
	for _, c := range []struct {
		named   string
		environ []string
		in      string
	}{
		{"", []string{"IMAPFORM_STATE_DIR=" + filepath.Join(dir, "state")}, filepath.Join(dir, "state")},
		{"journals", []string{"IMAPFORM_STATE_DIR=" + filepath.Join(dir, "other")}, filepath.Join(work, "journals")},
		{filepath.Join(dir, "absolute"), nil, filepath.Join(dir, "absolute")},
	} {
		inv, said := journalCase(work, c.environ...)
		w, err := inv.journal(journaling{c.named}, account, run)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(journal.End{Complete: true}); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(w.Path(), filepath.Join(c.in, "journal", "imap.example.org-")) || said.Len() > 0 {
			t.Errorf("%q: it is %s, and says %q", c.named, w.Path(), said)
		}
		j, err := journal.Read(w.Path())
		if err != nil {
			t.Fatal(err)
		}
		if want := (journal.Run{ID: run.ID, Tool: "imapform 0.1.0", Command: "apply", Account: "account.work", Mailbox: "imap.example.org"}); *j.Run() != want {
			t.Errorf("%q: the run is %+v", c.named, j.Run())
		}
		content, err := os.ReadFile(w.Path())
		if err != nil || strings.Contains(w.Path()+string(content), "sEcret") {
			t.Errorf("%q: %s holds the username: %v", c.named, w.Path(), err)
		}
	}
}

// TestNoJournal: where none can be kept, the error says what to do.
func TestNoJournal(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	account := &config.Account{Address: "account.work", Host: "imap.example.org", Port: 993}
	for name, c := range map[string]struct {
		j       journaling
		environ []string
		says    string
	}{
		"no place":          {journaling{}, nil, "the environment variable"},
		"a relative place":  {journaling{}, []string{"IMAPFORM_STATE_DIR=state"}, "absolute path"},
		"a file":            {journaling{"file"}, nil, "without one nothing is changed"},
		"a file in its way": {journaling{}, []string{"IMAPFORM_STATE_DIR=" + filepath.Join(dir, "file", "state")}, "not a directory"},
	} {
		inv, _ := journalCase(dir, c.environ...)
		w, err := inv.journal(c.j, account, journal.Run{ID: "a"})
		if w != nil || err == nil {
			t.Fatalf("%s: %v, %v", name, w, err)
		}
		for _, text := range []string{c.says, "-journal=DIR", "IMAPFORM_STATE_DIR"} {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: error %v does not say %q", name, err, text)
			}
		}
	}
}

// TestJournalPrunes: who makes a journal removes old ones.
func TestJournalPrunes(t *testing.T) {
	dir := t.TempDir()
	account := &config.Account{Address: "account.work", Maildir: filepath.Join(dir, "mail")}
	inv, said := journalCase(dir)
	now := inv.Now()
	begin := func() {
		t.Helper()
		w, err := inv.journal(journaling{dir + "/state"}, account, journal.Run{ID: journal.NewRunID(now)})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(journal.End{}); err != nil {
			t.Fatal(err)
		}
	}
	for range 25 {
		begin()
	}
	now = now.AddDate(0, 0, 91)
	inv.Now = func() time.Time { return now }
	begin()
	if all, err := journal.List(dir+"/state", stateKey(account)); err != nil || len(all) != 20 || said.Len() > 0 {
		t.Errorf("%d are left, %v: %s", len(all), err, said)
	}
}
