package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/lock"
	"github.com/imapform/imapform/internal/state"
	"github.com/imapform/imapform/plan"
)

// edited is a copy of a saved plan with changes, sealed as a program would that means
// harm.
func edited(t *testing.T, file string, change func(*plan.Saved)) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	saved, err := plan.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	change(saved)
	if data, err = plan.Encode(saved); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "edited.plan")
	if err := os.WriteFile(copied, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return copied
}

// Of several accounts, those that cannot be planned are not in the file, and those that
// are not the plan's any more do not stop the others.
func TestSavedAccounts(t *testing.T) {
	f := &fakeRun{accounts: map[string]*fakeAccount{"a": newFake(), "b": newFake(), "c": newFake()}}
	f.accounts["b"].refuse = errors.New("no route to host")
	file := filepath.Join(t.TempDir(), "x.plan")
	if status := f.run(t, "plan", "-out="+file); status != StatusError {
		t.Fatalf("status %d:\n%s", status, f.stderr.String())
	}
	if out := f.stdout.String(); !strings.Contains(out, "1 of 3 accounts could not be planned and is not in it: account.b.") || !strings.Contains(out, "imapform apply ") {
		t.Errorf("printed:\n%s", out)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("the file: %v, %v", info, err)
	}
	f.accounts["b"].refuse = nil

	if status := f.run(t, "apply", "-account=b", file); status != StatusError || !strings.Contains(f.stderr.String(), "The plan holds nothing for") {
		t.Errorf("status %d:\n%s", status, f.stderr.String())
	}
	for name, change := range map[string]func(*plan.Place){
		"host": func(p *plan.Place) { p.Host = "imap.example.org" },
		"port": func(p *plan.Place) { p.Port = 143 },
		"user": func(p *plan.Place) { p.Username = "eve" },
		"sensitive": func(p *plan.Place) {
			p.Username, p.UsernameSensitive, p.InboxUIDValidity = "", true, 1
		},
		"authorize_as": func(p *plan.Place) { p.AuthorizeAs = "eve" },
	} {
		t.Run(name, func(t *testing.T) {
			f.accounts["a"], f.accounts["c"] = newFake(), newFake()
			other := edited(t, file, func(s *plan.Saved) { change(&s.Accounts[0].Place) })
			if status := f.run(t, "apply", other); status != StatusIncomplete {
				t.Errorf("status %d", status)
			}
			if f.accounts["a"].dialed > 0 || f.accounts["a"].has("A") {
				t.Error("the other account is connected to")
			}
			if !f.accounts["c"].has("A") || !strings.Contains(f.stderr.String(), "1 of 2 accounts is not done") {
				t.Errorf("the account that is the plan's is not dealt with:\n%s", f.stderr.String())
			}
			if status := f.run(t, "apply", "-account=a", other); status != StatusError {
				t.Errorf("alone: status %d", status)
			}
		})
	}
	t.Run("INBOX", func(t *testing.T) {
		f.accounts["a"], f.accounts["c"] = newFake(), newFake()
		other := edited(t, file, func(s *plan.Saved) { s.Accounts[0].Place.InboxUIDValidity = 7 })
		if status := f.run(t, "apply", other); status != StatusIncomplete || !strings.Contains(f.stderr.String(), "UIDVALIDITY 7, and here it has 1") {
			t.Errorf("status %d:\n%s", status, f.stderr.String())
		}
		if f.accounts["a"].has("A") || !f.accounts["c"].has("A") {
			t.Error("the wrong one was changed")
		}
	})
	if status := f.run(t, "apply", "-account=a", file); status != StatusOK || !f.accounts["a"].has("A") || f.accounts["c"].dialed != 1 {
		t.Errorf("the plan itself: status %d:\n%s", status, f.stderr.String())
	}
}

// INBOX of which there never was a message tells nothing; else it is part of the place.
func TestSavedPlace(t *testing.T) {
	for name, used := range map[string]bool{"unused": false, "used": true} {
		t.Run(name, func(t *testing.T) {
			f := &fakeRun{accounts: map[string]*fakeAccount{"a": newFake()}}
			if used {
				f.accounts["a"].answer = func() error { return nil }
			}
			file := filepath.Join(t.TempDir(), "x.plan")
			if status := f.run(t, "plan", "-out="+file); status != StatusOK {
				t.Fatalf("status %d:\n%s", status, f.stderr.String())
			}
			edited(t, file, func(s *plan.Saved) {
				if got := s.Accounts[0].Place.InboxUIDValidity; (got != 0) != used {
					t.Errorf("INBOX is noted as %d", got)
				}
			})
		})
	}
}

// A plan that cannot be made leaves the file of an earlier one as it is.
func TestSavedKeeps(t *testing.T) {
	f := &fakeRun{accounts: map[string]*fakeAccount{"a": newFake()}}
	f.accounts["a"].refuse = errors.New("no route to host")
	file := filepath.Join(t.TempDir(), "x.plan")
	if err := os.WriteFile(file, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status := f.run(t, "plan", "-out="+file); status != StatusError {
		t.Errorf("status %d", status)
	}
	if now, err := os.ReadFile(file); err != nil || string(now) != "before" {
		t.Errorf("the file: %q, %v", now, err)
	}
	if strings.Contains(f.stdout.String(), "Saved") {
		t.Errorf("printed:\n%s", f.stdout.String())
	}
}

// What is written is there wholly or not at all, and nothing is left behind.
func TestWriteWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	for _, content := range []string{"one", "another"} {
		if err := writeWhole(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		info, statErr := os.Stat(path)
		if err != nil || statErr != nil || string(got) != content || info.Mode() != 0o600 {
			t.Errorf("got %q, %v, %v", got, errors.Join(err, statErr), info)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "d", "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := writeWhole(filepath.Join(dir, "d"), []byte("x")); err == nil {
		t.Error("a directory is replaced")
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != 2 {
		t.Errorf("left behind: %v, %v", all, err)
	}
	if err := writeWhole(filepath.Join(dir, "none", "x"), nil); err == nil {
		t.Error("it is written nowhere")
	}
}

func TestYoung(t *testing.T) {
	made := time.Date(2026, 9, 28, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		most, age time.Duration
		ok        bool
	}{
		"any":                {0, 1000 * time.Hour, true},
		"any, later":         {0, -time.Hour, true},
		"young":              {time.Hour, 59 * time.Minute, true},
		"just":               {time.Hour, time.Hour, true},
		"old":                {time.Hour, time.Hour + time.Second, false},
		"clocks that differ": {time.Hour, -30 * time.Second, true},
		"later":              {time.Hour, -2 * time.Minute, false},
	} {
		c := &applyCommand{maxAge: test.most}
		if err := c.young(made, made.Add(test.age)); (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A saved plan keeps to the lock as any apply does.
func TestSavedIsAlone(t *testing.T) {
	dir := t.TempDir()
	emptyMaildir(t, dir)
	environ := []string{"IMAPFORM_STATE_DIR=" + filepath.Join(dir, "state")}
	if status, text := runIn(t, dir, "", environ, "plan", "-out=x.plan"); status != int(StatusOK) {
		t.Fatalf("status %d:\n%s", status, text)
	}
	other, err := lock.Acquire(filepath.Join(dir, "state"), state.Key{Maildir: filepath.Join(dir, "mail")}, "imapform apply")
	if err != nil {
		t.Fatal(err)
	}
	if status, text := runIn(t, dir, "", environ, "apply", "x.plan"); status != int(StatusError) || !strings.Contains(text, "another run holds the lock") {
		t.Errorf("status %d:\n%s", status, text)
	}
	if err := other.Release(); err != nil {
		t.Fatal(err)
	}
	if status, text := runIn(t, dir, "", environ, "apply", "x.plan"); status != int(StatusOK) || !strings.Contains(text, "1 added") {
		t.Errorf("after that: status %d:\n%s", status, text)
	}
}

// An interrupt while accounts are planned leaves no file that holds only some of them.
func TestSavedInterrupted(t *testing.T) {
	f := &fakeRun{accounts: map[string]*fakeAccount{"a": newFake(), "b": newFake()}, signals: make(chan os.Signal, 2)}
	f.accounts["b"].listing = func(ctx context.Context) error {
		f.signals <- os.Interrupt
		<-ctx.Done()
		return ctx.Err()
	}
	file := filepath.Join(t.TempDir(), "x.plan")
	if status := f.run(t, "plan", "-parallelism=1", "-out="+file); status != StatusError {
		t.Errorf("status %d", status)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) || strings.Contains(f.stdout.String(), "Saved") {
		t.Errorf("the file is there: %v\n%s", err, f.stdout.String())
	}
}
