package bench

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/imaptest"
)

// A bed is a Dovecot that holds a job's mailbox.
type bed struct {
	job
	account imaptest.Account
}

// newBed fills a mailbox and starts a Dovecot on it that ends with the test. The files
// are written past the server: 100,000 messages take seconds then, not minutes.
func newBed(t testing.TB, j job, now time.Time) bed {
	t.Helper()
	root, err := os.MkdirTemp(inMemory(), "bench-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(root); err != nil {
			t.Errorf("remove the mailbox: %v", err)
		}
	})
	if err := os.Chmod(root, 0o755); err != nil { // the server's user must get through
		t.Fatal(err)
	}
	maildir := filepath.Join(root, "Maildir")
	if err := writeMaildir(maildir, j.mail(now)); err != nil {
		t.Fatal(err)
	}
	var s *imaptest.Server
	t.Cleanup(func() { // after Start's own, which shows the log of a failure
		if s != nil {
			s.Stop()
		}
	})
	s = imaptest.Start(t, imaptest.Dovecot, imaptest.Maildir(maildir))
	b := bed{j, s.Account(t)}
	imaptest.Do(t, b.account, b.before()...)
	return b
}

// inMemory is a folder in memory, or "", which stands for the usual place.
func inMemory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}

// before are the commands that make the folders which are there before the first run.
func (b bed) before() []string {
	names := []string{renamed}
	for i := range b.Folders {
		if b.there(i) {
			names = append(names, b.folder(i))
		}
	}
	var commands []string
	for _, name := range names {
		commands = append(commands, fmt.Sprintf("CREATE %q", name), fmt.Sprintf("SUBSCRIBE %q", name))
	}
	return commands
}

// keywords are those of the mail; their places are the letters in Dovecot's names.
var keywords = []string{"$Label1"}

// writeMaildir writes messages as Dovecot's Maildir keeps them: each with its flags and
// sizes in its name, its INTERNALDATE as the file's time, its lines ended by LF.
func writeMaildir(path string, messages []imaptest.Message) error {
	for _, folder := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(path, folder), 0o700); err != nil {
			return err
		}
	}
	var known strings.Builder
	for i, keyword := range keywords {
		fmt.Fprintf(&known, "%d %s\n", i, keyword)
	}
	if err := os.WriteFile(filepath.Join(path, "dovecot-keywords"), []byte(known.String()), 0o600); err != nil {
		return err
	}
	for i, m := range messages {
		letters, err := maildirFlags(m.Flags)
		if err != nil {
			return err
		}
		body := bytes.ReplaceAll(m.Body, []byte("\r\n"), []byte("\n"))
		name := fmt.Sprintf("%d.M%06dP1.bench,S=%d,W=%d:2,%s", 1_000_000_000+i, i%1_000_000, len(body), len(m.Body), letters)
		file := filepath.Join(path, "cur", name)
		if err := os.WriteFile(file, body, 0o600); err != nil {
			return err
		}
		if err := os.Chtimes(file, m.Date, m.Date); err != nil {
			return err
		}
	}
	return nil
}

// maildirFlags are flags as the end of a file's name says them.
func maildirFlags(flags []string) (string, error) {
	letters := map[string]byte{`\Answered`: 'R', `\Flagged`: 'F', `\Seen`: 'S', `\Draft`: 'D'}
	var out []byte
	for _, f := range flags {
		letter, ok := letters[f]
		if i := slices.Index(keywords, f); i >= 0 {
			letter, ok = byte('a'+i), true
		}
		if !ok {
			return "", fmt.Errorf("the flag %s has no letter", f)
		}
		out = append(out, letter)
	}
	slices.Sort(out)
	return string(out), nil
}
