package cli

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/backup"
	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/state"
)

// An undoing is a directory with a configuration, Maildirs and journals.
type undoing struct {
	t   *testing.T
	dir string
	now time.Time
}

func newUndoing(t *testing.T, accounts ...string) *undoing {
	u := &undoing{t: t, dir: t.TempDir(), now: time.Date(2026, 9, 28, 12, 0, 0, 0, time.UTC)}
	var text strings.Builder
	for _, a := range accounts {
		text.WriteString("account \"" + a + "\" {\n  maildir = \"" + a + "\"\n}\n")
		u.folder(a)
	}
	if err := os.WriteFile(filepath.Join(u.dir, "main.imap.hcl"), []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return u
}

// folder makes a Maildir.
func (u *undoing) folder(path string) {
	u.t.Helper()
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(u.dir, path, sub), 0o700); err != nil {
			u.t.Fatal(err)
		}
	}
}

func (u *undoing) state() string { return filepath.Join(u.dir, "state") }

// journal writes the journal of a run; without an end it is left.
func (u *undoing) journal(account string, run journal.Run, end *journal.End, records ...journal.Record) {
	u.t.Helper()
	u.now = u.now.Add(time.Minute)
	run.Account, run.Tool, run.Command = "account."+account, "imapform", "apply"
	w, err := journal.Create(u.state(), state.Key{Maildir: filepath.Join(u.dir, account)}, run, func() time.Time { return u.now })
	if err != nil {
		u.t.Fatal(err)
	}
	for _, r := range records {
		if err := w.Intend(r); err != nil {
			u.t.Fatal(err)
		}
	}
	if end == nil {
		err = w.Leave()
	} else {
		err = w.Close(*end)
	}
	if err != nil {
		u.t.Fatal(err)
	}
}

// run runs undo, and returns what it says.
func (u *undoing) run(args ...string) (Status, string) {
	u.t.Helper()
	var said strings.Builder
	u.now = u.now.Add(time.Minute)
	status := Run(u.t.Context(), append([]string{"undo", "-auto-approve"}, args...), Env{
		Stdin: strings.NewReader(""), Stdout: &said, Stderr: &said, Dir: u.dir, Now: func() time.Time { return u.now },
		Environ: []string{"IMAPFORM_STATE_DIR=" + u.state()}, Version: "0.1.0",
	})
	return Status(status), said.String()
}

// wantSaid fails the test unless all of it is said, with that status.
func (u *undoing) wantSaid(want Status, words []string, args ...string) {
	u.t.Helper()
	status, said := u.run(args...)
	if status != want {
		u.t.Errorf("undo %q: status %d, want %d", args, status, want)
	}
	for _, w := range words {
		if !strings.Contains(said, w) {
			u.t.Errorf("undo %q does not say %q", args, w)
		}
	}
	if u.t.Failed() {
		u.t.Log(said)
	}
}

var created = journal.Record{Made: &journal.Folder{Verb: journal.VerbCreate, Name: "Nowhere"}}

func TestUndoRefuses(t *testing.T) {
	ended := &journal.End{Complete: true}
	t.Run("a run that died", func(t *testing.T) {
		u := newUndoing(t, "home")
		u.journal("home", journal.Run{ID: "one"}, nil, created)
		u.wantSaid(StatusError, []string{"A run of account.home did not come to its end", "imapform apply -resume"})
	})
	t.Run("a run that nothing is known of", func(t *testing.T) {
		u := newUndoing(t, "home")
		u.journal("home", journal.Run{ID: "one"}, ended)
		u.wantSaid(StatusError, []string{"No apply of these accounts is recorded"})
		u.wantSaid(StatusError, []string{"The run one has changed nothing"}, "one")
	})
	t.Run("a journal that is damaged", func(t *testing.T) {
		u := newUndoing(t, "home")
		u.journal("home", journal.Run{ID: "one"}, ended, created)
		files, err := filepath.Glob(filepath.Join(u.state(), "journal", "*", "*.journal"))
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		text, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(files[0], slices.Concat(text[:60], []byte("x"), text[61:]), 0o600); err != nil {
			t.Fatal(err)
		}
		u.wantSaid(StatusError, []string{"damaged at line"})
	})
	t.Run("a mailbox that is not configured", func(t *testing.T) {
		u := newUndoing(t, "home")
		u.journal("work", journal.Run{ID: "one"}, ended, created)
		u.journal("home", journal.Run{ID: "one"}, ended, created)
		u.wantSaid(StatusError, []string{"does not declare every mailbox of the run"})
		u.wantSaid(StatusOK, []string{"There is nothing of the run to turn around."}, "-account=home")
	})
}

// Only the account that is meant is turned around, and then the other.
func TestUndoOfOneAccount(t *testing.T) {
	u := newUndoing(t, "home", "work")
	for _, a := range []string{"home", "work"} {
		u.folder(filepath.Join(a, ".Nowhere"))
		u.journal(a, journal.Run{ID: "one"}, &journal.End{Complete: true}, created)
	}
	there := func(a string) bool {
		_, err := os.Stat(filepath.Join(u.dir, a, ".Nowhere"))
		return err == nil
	}
	u.wantSaid(StatusOK, []string{`folder "Nowhere" will be destroyed`, "Undo complete! Resources: 0 added, 0 changed, 1 destroyed."}, "-account=work")
	if !there("home") || there("work") {
		t.Errorf("home has its folder: %t, work: %t", there("home"), there("work"))
	}
	u.wantSaid(StatusOK, []string{"was undone already"}, "-account=work")
	u.wantSaid(StatusOK, []string{"Undo complete! Resources: 0 added, 0 changed, 1 destroyed."})
	if there("home") {
		t.Error("home still has its folder")
	}
	u.wantSaid(StatusOK, []string{"was undone already"})
}

// An undo that could not do everything does not count, and other runs since are told.
func TestUndoAgain(t *testing.T) {
	u := newUndoing(t, "home")
	u.folder("home/.Nowhere")
	u.journal("home", journal.Run{ID: "one"}, &journal.End{Complete: true}, created)
	u.journal("home", journal.Run{ID: "two", Undoes: "one"}, &journal.End{Error: "it was cut short"})
	u.journal("home", journal.Run{ID: "three"}, &journal.End{Complete: true}, journal.Record{Made: &journal.Folder{Verb: journal.VerbCreate, Name: "Other"}})
	u.wantSaid(StatusOK, []string{"There were other runs since", "(1)", "The next apply does the same again", "Undo complete!"}, "one")
	if _, err := os.Stat(filepath.Join(u.dir, "home", ".Nowhere")); err == nil {
		t.Error("the folder is still there")
	}
}

// What was deleted for good comes back from the backup, with its flags and date, once.
func TestUndoBringsBack(t *testing.T) {
	u := newUndoing(t, "home")
	const text = "Message-ID: <1@example.com>\r\nFrom: a@example.com\r\nSubject: Lost\r\nDate: Mon, 28 Sep 2026 07:00:00 +0000\r\n\r\nHello.\r\n"
	store := &backup.Store{Dir: filepath.Join(u.dir, "backup"), Run: "one", Now: func() time.Time { return u.now }}
	name, err := store.Keep(t.Context(), apply.Kept{
		Account: "account.home", Folder: "INBOX", UIDValidity: 1, UID: 7, Flags: mailbox.NewFlags(imap.FlagFlagged),
		Received: u.now.Add(-time.Hour), Size: int64(len(text)),
	}, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	u.journal("home", journal.Run{ID: "one"}, &journal.End{Complete: true},
		journal.Record{Batch: &journal.Batch{Folder: "INBOX", UIDValidity: 1, Away: journal.VerbExpunge, Messages: []journal.Message{{UID: 7, Digest: 5}, {UID: 8, Digest: 6}}}},
		journal.Record{Done: &journal.Done{Verb: journal.VerbExpunge, Folder: "INBOX", UIDValidity: 1, UIDs: []imap.UID{7, 8}, Digests: []uint64{5, 6}, Dir: store.Dir, Backup: []string{name, ""}}},
	)
	u.wantSaid(StatusOK, []string{
		`1 in folder "INBOX", from ` + store.Dir, "1 message in folder \"INBOX\": the run deleted them for good, and there is no backup of them",
		"Undo complete!", "Put back from the backup: 1.",
	})
	files, err := filepath.Glob(filepath.Join(u.dir, "home", "*", "*:2,*F*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("INBOX holds %q, %v", files, err)
	}
	if got, err := os.ReadFile(files[0]); err != nil || strings.ReplaceAll(string(got), "\r\n", "\n") != strings.ReplaceAll(text, "\r\n", "\n") {
		t.Errorf("got %q, %v", got, err)
	}
	u.wantSaid(StatusOK, []string{"was undone already"})
	u.wantSaid(StatusOK, []string{`1 message in folder "INBOX": the run brought them back from a backup`}, "last")

	var names []string
	for uid := imap.UID(9); uid < 11; uid++ { // the backup of the second one gets lost
		other := text + strings.Repeat("x", int(uid)) + "\r\n"
		name, err := store.Keep(t.Context(), apply.Kept{Account: "account.home", Folder: "INBOX", UIDValidity: 1, UID: uid, Received: u.now, Size: int64(len(other))}, func(w io.Writer) error {
			_, err := io.WriteString(w, other)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := os.Remove(filepath.Join(store.Dir, filepath.FromSlash(names[1]))); err != nil {
		t.Fatal(err)
	}
	u.journal("home", journal.Run{ID: "again"}, &journal.End{Complete: true},
		journal.Record{Batch: &journal.Batch{Folder: "INBOX", UIDValidity: 1, Away: journal.VerbExpunge, Messages: []journal.Message{{UID: 9, Digest: 5}, {UID: 10, Digest: 6}}}},
		journal.Record{Done: &journal.Done{Verb: journal.VerbExpunge, Folder: "INBOX", UIDValidity: 1, UIDs: []imap.UID{9, 10}, Digests: []uint64{5, 6}, Dir: store.Dir, Backup: names}},
	)
	u.wantSaid(StatusIncomplete, []string{"Undo incomplete!", "put " + names[1] + " back", "imapform undo again", "Put back from the backup: 1."})
	u.wantSaid(StatusError, []string{"put " + names[1] + " back"}) // the other is there already
	if files, err := filepath.Glob(filepath.Join(u.dir, "home", "*", "*.*")); err != nil || len(files) != 2 {
		t.Errorf("INBOX holds %q, %v", files, err)
	}
}
