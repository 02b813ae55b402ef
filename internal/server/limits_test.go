package server

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
)

// Commands are sent no more often than the account says, on all connections together.
// The clock is not the machine's.
func TestPace(t *testing.T) {
	for _, c := range []struct {
		rate     float64
		commands int
		want     time.Duration
	}{
		{0, 1000, 0},
		{2, 1, 0},
		{2, 5, 2 * time.Second},
		{0.5, 4, 6 * time.Second},
		{0.001, 2, 1000 * time.Second},
		{1000, 1001, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := NewLimits(&config.Account{MaxRate: c.rate})
			began := time.Now()
			for range c.commands {
				if err := l.pace(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if took := time.Since(began); took.Round(time.Millisecond) != c.want {
				t.Errorf("%g a second: %d commands took %v, want %v", c.rate, c.commands, took, c.want)
			}
		})
	}
}

func TestPaceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimits(&config.Account{Address: "account.work", MaxRate: 0.001})
		if err := l.pace(t.Context()); err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := l.pace(short)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "max_rate of account.work") {
			t.Errorf("error %v", err)
		}
		because := errors.New("somebody pressed Ctrl-C")
		stopped, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { stop(because) })
		if err := l.pace(stopped); err != because {
			t.Errorf("error %v", err)
		}
	})
}

// piped connects to the script without a network, so that no time passes but a test's.
func piped(t *testing.T, s script, a *config.Account) (*fake, Options) {
	f := &fake{account: a, script: s, asked: map[string]int{}}
	a.Host, a.TLS, a.Username, a.AllowPlaintext = "fake", config.TLSNone, "me", true
	a.Credential = func(context.Context) (string, error) { return "hunter2", nil }
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	return f, Options{Limits: NewLimits(a), Connect: func(context.Context) (net.Conn, error) {
		ours, theirs := net.Pipe()
		serving.Go(func() { f.serve(theirs, greeting) })
		return ours, nil
	}}
}

// Every command waits for its turn, also those that are sent together, the login's and
// those of a second session.
func TestEveryCommandIsPaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &config.Account{Address: "account.work", MaxRate: 0.25, Timeout: 10 * time.Second}
		f, o := piped(t, polite(), a)
		began := time.Now()
		for range 2 {
			s, err := Dial(t.Context(), a, o)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.List(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Open(t.Context(), mailbox.Inbox); err != nil {
				t.Fatal(err)
			}
			if err := s.Logout(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		sent := f.sent("")
		if want := time.Duration(len(sent)-1) * 4 * time.Second; time.Since(began).Round(time.Millisecond) != want || len(sent) < 15 {
			t.Errorf("%d commands took %v, want %v: %q", len(sent), time.Since(began), want, sent)
		}
		s, err := Dial(t.Context(), a, o)
		if err != nil {
			t.Fatal(err)
		}
		hasty, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Logout(hasty); !apply.Lost(err) || len(f.sent("LOGOUT")) != 2 {
			t.Errorf("a logout that has no time to wait: %v", err)
		}
	})
}

// EXPUNGE follows what was seen right before it at once, and what comes after it waits for
// both.
func TestExpungeIsNotPaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &config.Account{Address: "account.work", MaxRate: 0.25, Timeout: 10 * time.Second}
		f, o := piped(t, polite(), a)
		s := listed(t, f, o)
		if _, err := s.Open(t.Context(), mailbox.Inbox); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for i := range 2 {
			if said := s.Changes(t.Context(), []apply.Change{{Kind: apply.ChangeExpunge, UIDs: imap.UIDSetNum(imap.UID(1 + i))}}); said[0].Err != nil {
				t.Fatal(said[0].Err)
			}
			if took := time.Since(began); took > 0 {
				t.Errorf("EXPUNGE waited for %v", took)
			}
		}
		if err := s.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began).Round(time.Millisecond); took != 12*time.Second || len(f.sent("UID EXPUNGE")) != 2 {
			t.Errorf("LOGOUT was sent after %v, and %q", took, f.sent("UID EXPUNGE"))
		}
	})
}

// Of what may not be sent any more nothing is, and the error says why; the connection stays.
func TestChangesAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, rate := range []float64{0, 0.25} {
			a := &config.Account{Address: "account.work", MaxRate: rate, Timeout: 10 * time.Second}
			f, o := piped(t, polite(), a)
			s := listed(t, f, o)
			if _, err := s.Open(t.Context(), mailbox.Inbox); err != nil {
				t.Fatal(err)
			}
			because := errors.New("somebody pressed Ctrl-C")
			ended, end := context.WithCancelCause(t.Context())
			end(because)
			for _, kind := range []apply.ChangeKind{apply.ChangeExpunge, apply.ChangeAdd} {
				said := s.Changes(ended, []apply.Change{
					{Kind: kind, UIDs: imap.UIDSetNum(2), Flags: mailbox.NewFlags(imap.FlagSeen)},
					{Kind: kind, UIDs: imap.UIDSetNum(5), Flags: mailbox.NewFlags(imap.FlagSeen)},
				})
				for _, c := range said {
					if !apply.Lost(c.Err) || !errors.Is(c.Err, because) {
						t.Errorf("%g a second: error %v", rate, c.Err)
					}
				}
			}
			if sent := append(f.sent("UID EXPUNGE"), f.sent("UID STORE")...); len(sent) > 0 || s.conn.Err() != nil {
				t.Errorf("%g a second: sent %q, and the connection: %v", rate, sent, s.conn.Err())
			}
			s.drop()
		}
	})
}

// What a run receives is bounded on all of its connections together, and the octets up
// to there are passed on.
func TestDownloadLimit(t *testing.T) {
	a := &config.Account{Address: "account.work", MaxDownload: 1000}
	l := NewLimits(a)
	read := func() (int64, error) {
		conn, err := l.connect(func() (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				io.WriteString(theirs, strings.Repeat("x", 700)) // nobody reads all of it
				theirs.Close()
			}()
			return ours, nil
		})
		if err != nil {
			return 0, err
		}
		defer conn.Close()
		return io.Copy(io.Discard, conn)
	}
	if n, err := read(); n != 700 || err != nil {
		t.Errorf("read %d octets, %v", n, err)
	}
	for i, want := range []int64{300, 0} {
		n, err := read()
		var limit *DownloadLimitError
		if n != want || !errors.As(err, &limit) || !errors.Is(err, ErrLimit) || apply.Transient(err) {
			t.Errorf("%d: read %d octets, %v", i, n, err)
		}
	}
	wantError(t, &DownloadLimitError{"account.work", 1000}, "max_download of account.work", "1000B", "what was done stays done")
}

// A session that has received too much is lost, and says why; another is not worth a
// try.
func TestDownloadLimitOfSession(t *testing.T) {
	f := newFake(t, greeting, polite().with("LIST", strings.Repeat("* LIST () \"/\" Work\r\n", 100)+"TAG OK done\r\n"))
	f.account.MaxDownload = 1000
	limits := NewLimits(f.account)
	s, err := Dial(t.Context(), f.account, Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.List(t.Context())
	if !apply.Lost(err) || !errors.Is(err, ErrLimit) || apply.Transient(err) || apply.ClassOf(err) != apply.ClassOther {
		t.Errorf("error %v: %q, transient %t", err, apply.ClassOf(err), apply.Transient(err))
	}
	if err := s.Logout(t.Context()); err != nil {
		t.Error(err)
	}
	_, err = Dial(t.Context(), f.account, Options{Limits: limits})
	if !errors.Is(err, ErrLimit) || apply.Transient(err) {
		t.Errorf("error %v", err)
	}
	if logins := f.sent("LOGIN"); len(logins) != 1 {
		t.Errorf("logged in %d times", len(logins))
	}
}

// No more connections are held than the account says; one that is closed or lost, or
// could not be made, is not held.
func TestConnectionLimit(t *testing.T) {
	f := newFake(t, greeting, polite().with("STATUS INBOX", "HANGUP"))
	f.account.MaxConnections = 2
	limits := NewLimits(f.account)
	dial := func() (*Session, error) { return Dial(t.Context(), f.account, Options{Limits: limits}) }
	var all []*Session
	for range 2 {
		s, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	_, err := dial()
	if !errors.Is(err, ErrLimit) || apply.Transient(err) {
		t.Errorf("error %v", err)
	}
	wantError(t, err, "max_connections of account.work allows 2")
	if _, err := all[0].Status(t.Context(), mailbox.Inbox); !apply.Lost(err) {
		t.Fatalf("error %v", err)
	}
	third, err := dial()
	if err != nil {
		t.Fatalf("after one was lost: %v", err)
	}
	if _, err := dial(); !errors.Is(err, ErrLimit) {
		t.Errorf("error %v", err)
	}
	for _, s := range append(all, third) {
		if err := s.Logout(t.Context()); err != nil {
			t.Error(err)
		}
	}
	nobody := *f.account
	nobody.Port = 1
	for range 3 {
		if _, err := Dial(t.Context(), &nobody, Options{Limits: limits}); err == nil || errors.Is(err, ErrLimit) {
			t.Errorf("error %v", err)
		}
	}
	if limits.open != 0 {
		t.Errorf("%d connections count as open", limits.open)
	}
}
