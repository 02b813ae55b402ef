package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/state"
)

// apply runs apply, and returns what it says.
func (u *undoing) apply(args ...string) (Status, string) {
	u.t.Helper()
	var said strings.Builder
	status := Run(u.t.Context(), append([]string{"apply"}, args...), Env{
		Stdin: strings.NewReader(""), Stdout: &said, Stderr: &said, Dir: u.dir, Now: func() time.Time { return u.now },
		Environ: []string{state.Variable + "=" + u.state()}, Version: "0.1.0",
	})
	return Status(status), said.String()
}

// What cannot be found out is no success, though the run is then dealt with.
func TestResumeInDoubt(t *testing.T) {
	u := newUndoing(t, "home")
	u.journal("home", journal.Run{ID: "one"}, nil,
		journal.Record{Batch: &journal.Batch{
			Folder: "Gone", UIDValidity: 7, Away: journal.VerbMove, To: &journal.Into{Name: "INBOX", UIDValidity: 1, UIDNext: 1},
			Messages: []journal.Message{{UID: 3, Digest: 4}},
		}},
		journal.Record{Command: &journal.Command{Verb: journal.VerbMove, Folder: "Gone", To: "INBOX", UIDs: []imap.UID{3}}},
	)
	for _, want := range []struct {
		status Status
		says   string
	}{{StatusIncomplete, "Not all could be found out"}, {StatusOK, "No apply was cut short"}} {
		if status, said := u.apply("-resume"); status != want.status || !strings.Contains(said, want.says) {
			t.Errorf("status %d, want %d with %q:\n%s", status, want.status, want.says, said)
		}
	}
}

func TestResumeDoesItsWork(t *testing.T) {
	u := newUndoing(t, "home")
	u.journal("home", journal.Run{ID: "one"}, nil, created)
	if status, said := u.apply("-resume"); status != StatusOK || !strings.Contains(said, "The run one of account.home was cut short") {
		t.Errorf("status %d:\n%s", status, said)
	}
}

// With -resume nothing else is done, so that nothing else may be asked for.
func TestResumeStandsAlone(t *testing.T) {
	for _, args := range [][]string{
		{"tidy.plan"}, {"-target=account.home"}, {"-exclude=account.home"}, {"-test"}, {"-strict"}, {"-samples=1"}, {"-max-age=1h"},
	} {
		u := newUndoing(t, "home")
		if status, said := u.apply(append([]string{"-resume"}, args...)...); status != StatusError || !strings.Contains(said, "The flag -resume stands alone") {
			t.Errorf("%q: status %d:\n%s", args, status, said)
		}
	}
}
