package render

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/journal"
)

func recordedRun(state journal.State, deeds ...journal.Deed) Recorded {
	at := time.Date(2026, 9, 28, 12, 0, 0, 0, time.UTC)
	r := Recorded{Entry: journal.Entry{Path: "/state/x.journal", Account: "directory", Time: at, Run: "20260928T120000Z-ab12cd"}}
	r.Summary = journal.Summary{
		Run:   journal.Run{ID: r.Entry.Run, Tool: "imapform 1.0.0", Command: "apply", Account: "account.work", Mailbox: "imap.example.org"},
		Began: at, Last: at.Add(time.Minute), State: state, Deeds: deeds,
	}
	return r
}

func TestRecordedState(t *testing.T) {
	broken := Recorded{Err: errors.New("damaged")}
	running := recordedRun(journal.CutShort)
	running.Running = true
	undone := recordedRun(journal.Complete)
	undone.UndoneBy, undone.Undone = "b", true
	partly := recordedRun(journal.Incomplete)
	partly.UndoneBy = "b"
	for _, c := range []struct {
		r    Recorded
		want safe
		cut  bool
	}{
		{broken, "cannot be read", false},
		{running, "running", false},
		{recordedRun(journal.CutShort), "cut short: the next apply finishes it", true},
		{recordedRun(journal.Complete), "complete", false},
		{recordedRun(journal.Incomplete), "incomplete", false},
		{undone, "complete, undone by b", false},
		{partly, "incomplete, undone in part by b", false},
	} {
		if got := recordedState(c.r); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
		var b strings.Builder
		if err := History(&b, "/state", []Recorded{c.r}, Options{}); err != nil {
			t.Fatal(err)
		}
		if cut := strings.Contains(b.String(), "imapform apply -resume"); cut != c.cut {
			t.Errorf("%s: it says how to go on: %v", c.want, cut)
		}
	}
}

func TestDeeds(t *testing.T) {
	batch := func(counts journal.Counts, settled bool, unknown string) journal.Deed {
		return journal.Deed{Batch: &journal.Batch{Folder: "INBOX", Messages: make([]journal.Message, 3), Because: []string{"rule.a"}}, Counts: counts, Settled: settled, Unknown: unknown}
	}
	folder := func(verb journal.Verb) journal.Deed {
		return journal.Deed{Folder: &journal.Folder{Verb: verb, Name: "A", To: "B"}, Settled: true}
	}
	purge := batch(journal.Counts{Deleted: 3}, true, "")
	purge.Batch.Away = journal.VerbExpunge
	unseen := folder(journal.VerbCreate)
	unseen.Settled = false
	for _, c := range []struct {
		d    journal.Deed
		want string
	}{
		{batch(journal.Counts{Copied: 1, Moved: 2, Trashed: 3, Flagged: 4, Restored: 5}, true, ""), `3 messages of "INBOX": 1 copied, 2 moved, 3 trashed, 5 restored, 4 flagged (rule.a)`},
		{batch(journal.Counts{}, true, ""), `3 messages of "INBOX": nothing was done (rule.a)`},
		{batch(journal.Counts{}, false, ""), `3 messages of "INBOX": in doubt (rule.a)`},
		{batch(journal.Counts{Moved: 1}, false, ""), `3 messages of "INBOX": 1 moved, the rest in doubt (rule.a)`},
		{batch(journal.Counts{}, true, "two\nlines"), `3 messages of "INBOX": nothing seen to be done; not known: two lines (rule.a)`},
		{journal.Deed{Batch: &journal.Batch{Folder: "A"}, Counts: journal.Counts{Restored: 2}, Settled: true}, `"A": 2 restored`},
		{purge, `3 messages of "INBOX", to delete for good: 3 deleted (rule.a)`},
		{folder(journal.VerbCreate), `created folder "A"`},
		{folder(journal.VerbRename), `renamed folder "A" to "B"`},
		{folder(journal.VerbSubscribe), `subscribed to "A"`},
		{folder(journal.VerbUnsubscribe), `unsubscribed from "A"`},
		{folder(journal.VerbRemove), `removed folder "A"`},
		{unseen, `created folder "A": not seen to be done`},
	} {
		var b strings.Builder
		if err := HistoryRun(&b, []Recorded{recordedRun(journal.Complete, c.d)}, Options{}); err != nil {
			t.Fatal(err)
		}
		_, got, _ := strings.Cut(b.String(), "\n\n")
		if got != "  "+c.want+"\n" {
			t.Errorf("got  %swant   %s", got, c.want)
		}
	}
}

// Whatever stands in a journal steers no terminal.
func TestHistoryHostile(t *testing.T) {
	const evil = "\x1b]0;x\a\u202e\r\n\u009b"
	d := journal.Deed{
		Batch: &journal.Batch{
			Folder: evil, To: &journal.Into{Name: evil}, Copies: []journal.Into{{Name: evil}}, Because: []string{evil},
		}, Unknown: evil,
	}
	f := journal.Deed{Folder: &journal.Folder{Verb: journal.Verb(evil), Name: evil, To: evil, Because: []string{evil}}}
	r := recordedRun(journal.Incomplete, d, f)
	r.Path, r.UndoneBy, r.Summary.Error = evil, evil, evil
	r.Summary.Run = journal.Run{ID: evil, Tool: evil, Command: evil, Account: evil, Mailbox: evil, Undoes: evil}
	broken := r
	broken.Err = errors.New(evil)
	for name, write := range map[string]func(w io.Writer, all []Recorded) error{
		"table": func(w io.Writer, all []Recorded) error { return History(w, evil, all, Options{}) },
		"none":  func(w io.Writer, _ []Recorded) error { return History(w, evil, nil, Options{}) },
		"run":   func(w io.Writer, all []Recorded) error { return HistoryRun(w, all, Options{}) },
		"json":  func(w io.Writer, all []Recorded) error { return HistoryJSON(w, all) },
	} {
		var b strings.Builder
		if err := write(&b, []Recorded{r, broken}); err != nil {
			t.Fatal(err)
		}
		if text := strings.ReplaceAll(b.String(), "\n", ""); text == "" || strings.ContainsFunc(text, hidden) {
			t.Errorf("%s: %q", name, text)
		}
	}
}
