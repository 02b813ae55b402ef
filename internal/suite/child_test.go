package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/journal"
	"github.com/imapform/imapform/internal/lock"
	"github.com/imapform/imapform/internal/server"
)

// A child is a process of its own that plans and applies, or resumes, as the command
// line does. It can be told to kill itself.
type child struct {
	Text   string    // the configuration, with its account
	Now    time.Time // the clock of its plan
	Dir    string    // of the journals and locks
	Resume bool      // it finishes a run that died
	Lock   bool      // it waits for the account's lock

	Kill  int  // at which record of the journal it kills itself; 0: at none
	After bool // once that is written, not before
}

// childVariable is the environment variable that makes a child of a test binary.
const childVariable = "IMAPFORM_TEST_CHILD"

// start starts it. It says on its standard output when it begins to apply.
func (c child) start(t *testing.T) *exec.Cmd {
	t.Helper()
	told, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), childVariable+"="+string(told))
	return cmd
}

// TestChild is what a child does. By itself it is no test.
func TestChild(t *testing.T) {
	told := os.Getenv(childVariable)
	if told == "" {
		t.Skip("this process is no child of a test")
	}
	var c child
	if err := json.Unmarshal([]byte(told), &c); err != nil {
		t.Fatal(err)
	}
	if err := c.run(t.Context(), t.TempDir()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	os.Exit(0)
}

// run does what it is told, in an empty directory.
func (c child) run(ctx context.Context, dir string) (err error) {
	if err := os.WriteFile(filepath.Join(dir, "main.imap.hcl"), []byte(c.Text), 0o600); err != nil {
		return err
	}
	cfg, _, diags := config.Load(config.Source{Dir: dir})
	if diags.HasErrors() {
		return diags
	}
	if c.Lock {
		waiting, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		held, err := lock.AcquireWait(waiting, c.Dir, trialKey, "imapform apply")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, held.Release()) }()
	}
	s, err := server.Dial(ctx, cfg.Accounts[0], server.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Logout(ctx)) }()
	wait := func(ctx context.Context, d time.Duration) error {
		time.Sleep(d / 10)
		return ctx.Err()
	}
	if c.Resume {
		path, open, err := journal.Unfinished(c.Dir, trialKey)
		if err != nil || !open {
			return errors.Join(err, errors.New("nothing to resume"))
		}
		fmt.Println("begun")
		_, _, err = resume(ctx, path, s, apply.Options{Wait: wait}, c.mortal)
		return err
	}
	made, err := ask(ctx, cfg, s, c.Now)
	if err != nil {
		return err
	}
	w, err := beginJournal(c.Dir)
	if err != nil {
		return err
	}
	fmt.Println("begun")
	r, err := apply.Run(ctx, made, s, apply.Options{Journal: c.mortal(w), Wait: wait})
	switch {
	case err != nil:
		return errors.Join(err, w.Leave())
	case !r.Complete():
		return fmt.Errorf("not complete: %s", describe(made, r))
	}
	return w.Close(journal.End{Complete: true})
}

// mortal is a journal at one of whose records the process is killed.
func (c child) mortal(j apply.Journal) apply.Journal { return &mortal{Journal: j, child: c} }

// A mortal journal counts its records.
type mortal struct {
	apply.Journal
	child
	n int
}

func (m *mortal) Intend(r journal.Record) error {
	return m.write(func() error { return m.Journal.Intend(r) })
}
func (m *mortal) Note(r journal.Record) error {
	return m.write(func() error { return m.Journal.Note(r) })
}

func (m *mortal) write(write func() error) error {
	m.n++
	if m.n == m.Kill && !m.After {
		die()
	}
	err := write()
	if m.n == m.Kill {
		die()
	}
	return err
}

// die kills this process.
func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // a process may always
	select {}
}
