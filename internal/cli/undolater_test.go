package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/internal/state"
)

// letters are delivered to a Maildir, by their subjects.
func (u *undoing) letters(account string, subjects ...string) {
	u.t.Helper()
	for i, s := range subjects {
		path := filepath.Join(u.dir, account, "cur", fmt.Sprintf("%d.%d.x:2,", 1700000000+i, i))
		text := fmt.Sprintf("Message-ID: <%d@example.com>\nFrom: a@example.com\nSubject: %s\nDate: Mon, 28 Sep 2026 07:00:00 +0000\n\nHello.\n", i, s)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			u.t.Fatal(err)
		}
		at := time.Unix(int64(1700000000+i), 0)
		if err := os.Chtimes(path, at, at); err != nil {
			u.t.Fatal(err)
		}
	}
}

// rules writes the rules of the configuration anew.
func (u *undoing) rules(text string) {
	u.t.Helper()
	if err := os.WriteFile(filepath.Join(u.dir, "rules.imap.hcl"), []byte(text), 0o600); err != nil {
		u.t.Fatal(err)
	}
}

// holds is what a Maildir holds: its folders, its messages with their flags, and the
// subscriptions.
func (u *undoing) holds(account string) string {
	u.t.Helper()
	var all []string
	dir := filepath.Join(u.dir, account)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		in := filepath.Dir(name)
		switch base := filepath.Base(in); {
		case d.IsDir() && filepath.Base(name) == "cur":
			all = append(all, "folder "+in)
		case name == "subscriptions":
			text, err := os.ReadFile(path)
			for _, line := range strings.Split(string(text), "\n") {
				if line != "" && line != "V\t2" {
					all = append(all, "subscribed to "+line)
				}
			}
			return err
		case !d.IsDir() && (base == "cur" || base == "new"):
			text, err := os.ReadFile(path)
			_, flags, _ := strings.Cut(name, ":2,")
			all = append(all, fmt.Sprintf("%s [%s] %q", filepath.Dir(in), flags, text))
			return err
		}
		return nil
	})
	if err != nil {
		u.t.Fatal(err)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// applied applies, and returns the ID of the run.
func (u *undoing) applied() string {
	u.t.Helper()
	u.now = u.now.Add(time.Minute)
	if status, said := u.apply("-auto-approve"); status != StatusOK {
		u.t.Fatalf("status %d:\n%s", status, said)
	}
	return u.runs()[0].Run
}

// runs are the runs that are recorded, the newest first.
func (u *undoing) runs() []journal.Entry {
	u.t.Helper()
	all, err := journal.ListAll(u.state())
	if err != nil || len(all) == 0 {
		u.t.Fatal(all, err)
	}
	return all
}

// wantHeld fails the test unless the account holds that.
func (u *undoing) wantHeld(what, want string) {
	u.t.Helper()
	if got := u.holds("home"); got != want {
		u.t.Errorf("%s: it holds\n%s\nwant\n%s", what, got, want)
	}
}

// Rules that file messages, and rules of a later run that take the same ones on.
const (
	filing = `
rule "file" {
  in = ["INBOX"]
  match { subject = "news" }
  add_flags = ["seen"]
  move_to   = "Lists/News"
}
`
	filingOn = `
rule "on" {
  in = ["Lists/News"]
  match { subject = "news" }
  add_flags    = ["flagged"]
  remove_flags = ["seen"]
  move_to      = "Archive/Old/News"
}
`
)

func newFiled(t *testing.T) *undoing {
	u := newUndoing(t, "home")
	u.letters("home", "news 1", "other", "news 2", "news 3", "news 2")
	return u
}

// TestUndoLaterFirst: of two runs that moved the same messages, the later one is turned
// around, and then the earlier: all is as it was.
func TestUndoLaterFirst(t *testing.T) {
	u := newFiled(t)
	start := u.holds("home")
	u.rules(filing)
	first := u.applied()
	between := u.holds("home")
	u.rules(filingOn)
	second := u.applied()
	end := u.holds("home")
	u.wantSaid(StatusOK, []string{"Undo complete!", "Messages: 4 moved"}, second)
	u.wantHeld("the later one undone", between)
	back := u.runs()[0].Run
	status, said := u.run(first)
	if status != StatusOK || !strings.Contains(said, "Messages: 4 moved") || strings.Contains(said, "other runs since") {
		t.Errorf("status %d:\n%s", status, said)
	}
	u.wantHeld("both undone", start)
	u.wantSaid(StatusOK, []string{"was undone already"}, first)
	u.wantSaid(StatusOK, []string{"Undo complete!"}, "last")
	u.wantHeld("the last undo undone", between)
	u.wantSaid(StatusOK, []string{"Undo complete!", "Messages: 4 moved"}, back)
	u.wantHeld("both undos undone", end)
	u.wantSaid(StatusOK, []string{"Undo complete!"}, second)
	u.wantSaid(StatusOK, []string{"Undo complete!"}, first)
	u.wantHeld("both undone again", start)
}

// TestUndoEarlierAlone: messages go back from where a later run has moved them, and keep
// the flags that it gave them.
func TestUndoEarlierAlone(t *testing.T) {
	u := newFiled(t)
	u.rules(filing)
	first := u.applied()
	u.rules(filingOn)
	second := u.applied()
	u.wantSaid(StatusOK, []string{
		`"Archive/Old/News" -> "INBOX"`, "Other runs (1) may have changed", "4 of the messages were moved on by them", "Undo complete!", "Messages: 4 moved",
	}, first)
	for _, line := range strings.Split(u.holds("home"), "\n") {
		if strings.Contains(line, "Subject: news") && !strings.HasPrefix(line, ". [F]") {
			t.Errorf("it holds %s", line)
		}
	}
	u.wantSaid(StatusOK, []string{"Undo complete!"}, second)
	for _, line := range strings.Split(u.holds("home"), "\n") { // each flag is as it was before the second
		if strings.Contains(line, "Subject: news") && !strings.HasPrefix(line, ". [S]") {
			t.Errorf("it holds %s", line)
		}
	}
}

// purging deletes for good some of what filing files.
const purging = `
policy {
  backup = "kept"
}
rule "gone" {
  in = ["Lists/News"]
  match { subject = "news 2" }
  delete = "permanent"
}
`

// TestUndoLaterDeletion: a message that a later run deleted for good, and that an undo has
// brought back from the backup, is known again.
func TestUndoLaterDeletion(t *testing.T) {
	u := newFiled(t)
	start := u.holds("home")
	u.rules(filing)
	first := u.applied()
	between := u.holds("home")
	u.rules(purging)
	second := u.applied()
	u.wantSaid(StatusOK, []string{`2 messages in folder "Lists/News": a later run deleted them for good`, "Undo complete!", "Messages: 2 moved"}, first)
	u.wantSaid(StatusOK, []string{"Undo complete!"}, "last")
	u.wantSaid(StatusOK, []string{"Put back from the backup: 2."}, second)
	u.wantHeld("the later one undone", between)
	u.wantSaid(StatusOK, []string{"Undo complete!", "Messages: 4 moved"}, first)
	u.wantHeld("both undone", start)
}

// TestUndoKilledRestoring: what a killed undo has put back from a backup, of which nothing was
// noted any more, is noted by the next one, so that it is found by others.
func TestUndoKilledRestoring(t *testing.T) {
	u := newFiled(t)
	start := u.holds("home")
	u.rules(filing)
	first := u.applied()
	u.rules(purging)
	second := u.applied()
	forgotten := filepath.Join(t.TempDir(), "state")
	if err := os.CopyFS(forgotten, os.DirFS(u.state())); err != nil {
		t.Fatal(err)
	}
	u.now = u.now.Add(time.Minute)
	var said strings.Builder
	if status := Run(t.Context(), []string{"undo", "-auto-approve", second}, Env{
		Stdin: strings.NewReader(""), Stdout: &said, Stderr: &said, Dir: u.dir, Now: func() time.Time { return u.now },
		Environ: []string{state.Variable + "=" + forgotten}, Version: "0.1.0",
	}); Status(status) != StatusOK {
		t.Fatalf("status %d:\n%s", status, said.String())
	}
	u.wantSaid(StatusOK, []string{"Put back from the backup: 2."}, second)
	u.wantSaid(StatusOK, []string{"Undo complete!", "Messages: 4 moved"}, first)
	u.wantHeld("both undone", start)
}

// A mortal session loses its connection for good once so many commands have moved
// messages.
type mortal struct {
	Session
	left *int
}

type mortalError struct{ error }

func (mortalError) Lost() bool { return true }

func (m mortal) Changes(ctx context.Context, all []apply.Change) []apply.Changed {
	said := m.Session.Changes(ctx, all[:min(len(all), *m.left)])
	for range all[len(said):] {
		said = append(said, apply.Changed{Err: mortalError{errors.New("the cable was cut")}})
	}
	if *m.left -= len(all); *m.left < 0 {
		*m.left = 0
	}
	return said
}

// TestUndoKilled: what a killed undo has brought back is found there by the next one,
// which does the rest and is complete.
func TestUndoKilled(t *testing.T) {
	u := newFiled(t)
	start := u.holds("home")
	u.rules(strings.NewReplacer("news", "news 1", "News", "One", `"file"`, `"one"`).Replace(filing) + strings.NewReplacer("news", "news 2").Replace(filing))
	first := u.applied()
	left := 1
	dials := 0
	var said strings.Builder
	u.now = u.now.Add(time.Minute)
	status := Run(t.Context(), []string{"undo", "-auto-approve"}, Env{
		Stdin: strings.NewReader(""), Stdout: &said, Stderr: &said, Dir: u.dir, Now: func() time.Time { return u.now },
		Environ: []string{state.Variable + "=" + u.state()}, Version: "0.1.0",
		Dial: func(ctx context.Context, a *config.Account, o server.Options) (Session, error) {
			if dials++; dials > 1 {
				return nil, errors.New("the cable is cut")
			}
			s, err := server.Dial(ctx, a, o)
			if err != nil {
				return nil, err
			}
			return mortal{s, &left}, nil
		},
	})
	if Status(status) != StatusIncomplete {
		t.Fatalf("status %d:\n%s", status, said.String())
	}
	if got := u.holds("home"); got == start || strings.Count(got, ". []") == 1 {
		t.Fatalf("nothing, or all, was undone:\n%s\n%s", got, said.String())
	}
	u.wantSaid(StatusError, []string{"did not come to its end"})
	if status, said := u.apply("-resume"); status != StatusOK {
		t.Fatalf("status %d:\n%s", status, said)
	}
	u.wantSaid(StatusOK, []string{"Undo complete!"}, first)
	u.wantHeld("undone", start)
	u.wantSaid(StatusOK, []string{"was undone already"}, first)
}

// TestUndoSaysOnce: folders that came to be along with one that stays are told with it.
func TestUndoSaysOnce(t *testing.T) {
	u := newFiled(t)
	u.rules(`
rule "copy" {
  in = ["INBOX"]
  match { subject = "news 1" }
  copy_to = "A/B/C/D"
}
`)
	u.applied()
	status, said := u.run()
	if n := strings.Count(said, `"A/B"`); n != 1 || !strings.Contains(said, `what it lies in stays with it`) || status != StatusOK {
		t.Errorf("status %d, told %d times:\n%s", status, n, said)
	}
}
