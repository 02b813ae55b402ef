package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/model"
	"github.com/imapform/imapform/internal/server"
	"github.com/imapform/imapform/plan"
)

// A fakeAccount is a server with folders and no mail.
type fakeAccount struct {
	mu       sync.Mutex
	folders  map[mailbox.Name]bool // whether it is subscribed
	dialed   int
	refuse   error                           // of every dial
	answer   func() error                    // before each answer
	farewell func()                          // before each logout
	listing  func(ctx context.Context) error // before each list
	creating func(ctx context.Context) error // before each create
	dead     bool                            // sessions made so far are lost
}

// A fakeSession is a session with it. What no test needs is left out.
type fakeSession struct {
	apply.Server
	account *fakeAccount
	ended   func() // at its logout
}

func (f *fakeAccount) dial(ended func()) (Session, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil {
		return nil, f.refuse
	}
	f.dialed++
	f.dead = false
	return &fakeSession{account: f, ended: ended}, nil
}

func (f *fakeAccount) has(name mailbox.Name) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, ok := f.folders[name]
	return ok
}

var errLost = errors.New("connection lost")

func (s *fakeSession) Can() apply.Can { return apply.Can{Move: true, UIDPlus: true} }

func (s *fakeSession) List(ctx context.Context) (plan.Listing, error) {
	if s.account.listing != nil {
		if err := s.account.listing(ctx); err != nil {
			return plan.Listing{}, err
		}
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	l := plan.Listing{Server: "fake"}
	for name, subscribed := range s.account.folders {
		f := plan.Folder{Name: name, Selectable: true, Exists: true, Subscribed: subscribed, UIDValidity: 1, UIDNext: 1}
		if s.account.answer != nil {
			f.Messages, f.UIDNext = 1, 2 // there is something to ask about
		}
		l.Folders = append(l.Folders, f)
	}
	return l, nil
}

func (s *fakeSession) Answer(context.Context, plan.Question, func(*message.Message)) (plan.State, error) {
	if s.account.answer != nil {
		if err := s.account.answer(); err != nil {
			return plan.State{}, err
		}
	}
	return plan.State{UIDValidity: 1, UIDNext: 1}, nil
}

func (s *fakeSession) AnswerAll(ctx context.Context, qs []plan.Question, tell func(int, *message.Message)) ([]plan.Answer, error) {
	return model.EachAnswer(ctx, s, qs, tell)
}

func (s *fakeSession) Status(_ context.Context, name mailbox.Name) (plan.State, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	if s.account.dead {
		return plan.State{}, errLost
	}
	if _, ok := s.account.folders[name]; !ok {
		return plan.State{}, fmt.Errorf("no folder %q", name)
	}
	return plan.State{UIDValidity: 1, UIDNext: imap.UID(1)}, nil
}

func (s *fakeSession) Statuses(ctx context.Context, names []mailbox.Name) ([]plan.State, []error) {
	return model.EachStatus(ctx, s, names)
}

func (s *fakeSession) Folders(ctx context.Context, all []apply.FolderChange) []error {
	return model.EachFolder(ctx, s, all)
}

func (s *fakeSession) Create(ctx context.Context, name mailbox.Name, _ mailbox.Use) error {
	if s.account.creating != nil {
		if err := s.account.creating(ctx); err != nil {
			return err
		}
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	if s.account.dead {
		return errLost
	}
	s.account.folders[name] = false
	return nil
}

func (s *fakeSession) Subscribe(_ context.Context, name mailbox.Name, subscribed bool) error {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	if _, ok := s.account.folders[name]; !ok {
		return fmt.Errorf("no folder %q", name)
	}
	s.account.folders[name] = subscribed
	return nil
}

var errFixed = errors.New("the folders keep their names")

func (s *fakeSession) Rename(context.Context, mailbox.Name, mailbox.Name) error { return errFixed }
func (s *fakeSession) Delete(context.Context, mailbox.Name) error               { return errFixed }

func (s *fakeSession) Close(context.Context) error { return nil }

func (s *fakeSession) Logout(context.Context) error {
	s.ended()
	if s.account.farewell != nil {
		s.account.farewell()
	}
	return nil
}

// A fakeRun is a run of the program against fake accounts, by label.
type fakeRun struct {
	accounts map[string]*fakeAccount
	stdin    io.Reader
	terminal bool
	now      func() time.Time
	signals  chan os.Signal
	rule     string // appended to the configuration

	stdout, stderr transcript

	mu         sync.Mutex
	open, most int // sessions: now, and ever at once
}

// dial counts the session of an account.
func (f *fakeRun) dial(label string) (Session, error) {
	session, err := f.accounts[label].dial(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.open--
	})
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open++
	f.most = max(f.most, f.open)
	return session, nil
}

// run declares two folders, A and B, in each account, in the order of the labels.
func (f *fakeRun) run(t *testing.T, args ...string) Status {
	t.Helper()
	dir := t.TempDir()
	var source strings.Builder
	for _, label := range slices.Sorted(maps.Keys(f.accounts)) {
		fmt.Fprintf(&source, "account %[1]q {\n  host     = \"imap.example.com\"\n  username = %[1]q\n  password = \"secret-password\"\n}\n", label)
		for _, name := range []string{"A", "B"} {
			fmt.Fprintf(&source, "folder \"%s-%s\" {\n  name    = %q\n  account = account.%s\n}\n", label, name, name, label)
		}
	}
	source.WriteString(f.rule)
	if err := os.WriteFile(filepath.Join(dir, "main.imap.hcl"), []byte(source.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if f.now == nil {
		f.now = time.Now
	}
	f.stdout.Reset()
	f.stderr.Reset()
	status := Run(t.Context(), args, Env{
		Stdin: f.stdin, Stdout: &f.stdout, Stderr: &f.stderr,
		StdinTerminal: f.terminal, StderrTerminal: f.terminal, Environ: []string{"NO_COLOR=1", "IMAPFORM_STATE_DIR=" + filepath.Join(dir, "state")}, Dir: dir, Now: f.now, Signals: f.signals, Version: "0.1.0",
		Dial: func(_ context.Context, a *config.Account, _ server.Options) (Session, error) {
			return f.dial(a.Label)
		},
	})
	if strings.Contains(f.stdout.String()+f.stderr.String(), "secret-password") {
		t.Error("the password is shown")
	}
	return Status(status)
}

// A transcript is what was written to a stream, also by goroutines that outlive
// their run.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

func (w *transcript) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

func (w *transcript) Reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Reset()
}

func newFake() *fakeAccount { return &fakeAccount{folders: map[mailbox.Name]bool{"INBOX": true}} }
