package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/imapform/imapform/internal/lock"
	"github.com/imapform/imapform/internal/state"
)

// TestApplyIsAlone: an account that another apply has locked is left alone, until
// that lets go of it.
func TestApplyIsAlone(t *testing.T) {
	dir := t.TempDir()
	emptyMaildir(t, dir)
	environ := []string{"IMAPFORM_STATE_DIR=" + filepath.Join(dir, "state")}
	other, err := lock.Acquire(filepath.Join(dir, "state"), state.Key{Maildir: filepath.Join(dir, "mail")}, "imapform apply")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"apply", "-auto-approve"}, {"apply", "-auto-approve", "-lock-timeout=300ms"}} {
		status, text := runIn(t, dir, "", environ, args...)
		if status != int(StatusError) || !strings.Contains(text, "another run holds the lock on this account: process ") || strings.Contains(text, "1 added") {
			t.Errorf("%v: status %d:\n%s", args, status, text)
		}
	}
	if status, text := runIn(t, dir, "", environ, "plan"); status != int(StatusOK) {
		t.Errorf("a plan changes nothing and needs no lock: status %d:\n%s", status, text)
	}
	if err := other.Release(); err != nil {
		t.Fatal(err)
	}
	if status, text := runIn(t, dir, "", environ, "apply", "-auto-approve", "-lock-timeout=1m"); status != int(StatusOK) || !strings.Contains(text, "1 added") {
		t.Errorf("after that: status %d:\n%s", status, text)
	}
}

// TestApplyNeedsState: without a place for locks and journals nothing is changed, unless
// locks are not wanted, and another place is named for journals.
func TestApplyNeedsState(t *testing.T) {
	dir := t.TempDir()
	emptyMaildir(t, dir)
	for _, c := range []struct{ flag, says string }{{"-lock=true", "IMAPFORM_STATE_DIR"}, {"-lock=false", "-journal=DIR"}, {"-journal=journals", "-lock=false"}} {
		if status, text := runIn(t, dir, "", nil, "apply", "-auto-approve", c.flag); status != int(StatusError) || !strings.Contains(text, c.says) {
			t.Errorf("%s: status %d:\n%s", c.flag, status, text)
		}
	}
	if status, text := runIn(t, dir, "", nil, "apply", "-auto-approve", "-lock=false", "-journal=journals"); status != int(StatusOK) {
		t.Errorf("status %d:\n%s", status, text)
	}
}

// emptyMaildir makes a configuration with a Maildir in a directory.
func emptyMaildir(t *testing.T, dir string) {
	t.Helper()
	config := "account \"work\" {\n  maildir = \"mail\"\n}\nfolder \"A\" {}\n"
	err := os.WriteFile(filepath.Join(dir, "main.imap.hcl"), []byte(config), 0o600)
	for _, sub := range []string{"cur", "new", "tmp"} {
		err = errors.Join(err, os.MkdirAll(filepath.Join(dir, "mail", sub), 0o700))
	}
	if err != nil {
		t.Fatal(err)
	}
}
