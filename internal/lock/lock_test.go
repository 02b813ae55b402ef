package lock

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/imapform/imapform/internal/state"
)

var account = state.Key{Host: "imap.example.org", Port: 993, Username: "me@example.org"}

// hold takes the lock until the test ends, unless it is released before.
func hold(t *testing.T, dir string) *Lock {
	t.Helper()
	l, err := Acquire(dir, account, "imapform apply")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Release(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	})
	return l
}

// lockFile is the one lock file in a state directory.
func lockFile(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "locks", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("lock files %q, %v", files, err)
	}
	return files[0]
}

func TestAcquire(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "yet")
	before := time.Now().Truncate(time.Second)
	first := hold(t, dir)
	for range 2 {
		l, err := Acquire(dir, account, "imapform apply")
		held, ok := errors.AsType[*HeldError](err)
		if !ok || l != nil {
			t.Fatalf("the lock was given twice: %v, %v", l, err)
		}
		if host, _ := os.Hostname(); held.PID != os.Getpid() || held.Host != host || held.Since.Before(before) || held.Command != "imapform apply" {
			t.Errorf("held by %+v", held)
		}
	}
	file := lockFile(t, dir)
	made, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(file, "me@") || !strings.Contains(file, "imap.example.org-") {
		t.Errorf("the file's name is %s", file)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.Stat(file); err != nil || !os.SameFile(made, left) || left.Size() != 0 {
		t.Errorf("the file was not left alone: %v, %v", left, err)
	}
	if err := first.Release(); err == nil {
		t.Error("the lock can be released twice")
	}
	hold(t, dir)
	if err := first.Release(); err == nil {
		t.Error("a lock that was released can be released again")
	}
	if _, err := Acquire(dir, account, ""); err == nil {
		t.Error("releasing an old lock has released the new one")
	}
}

// Other accounts are not kept from anything.
func TestAcquireOthers(t *testing.T) {
	dir := t.TempDir()
	hold(t, dir)
	l, err := Acquire(dir, state.Key{Host: account.Host, Port: account.Port, Username: "you@example.org"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Release(); err != nil {
		t.Error(err)
	}
}

// However many want it, one has it at a time, and each gets it.
func TestAcquireWaitInTurn(t *testing.T) {
	dir := t.TempDir()
	var inside, turns atomic.Int32
	synctest.Test(t, func(t *testing.T) {
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				l, err := AcquireWait(t.Context(), dir, account, "imapform apply")
				if err != nil {
					t.Error(err)
					return
				}
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d have the lock", n)
				}
				time.Sleep(time.Second)
				inside.Add(-1)
				turns.Add(1)
				if err := l.Release(); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	})
	if turns.Load() != 20 {
		t.Errorf("%d had it", turns.Load())
	}
}

func TestAcquireWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		first, err := Acquire(dir, account, "imapform apply")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		_, err = AcquireWait(ctx, dir, account, "")
		held, ok := errors.AsType[*HeldError](err)
		if !ok || !errors.Is(err, context.DeadlineExceeded) || held.PID != os.Getpid() || !strings.Contains(err.Error(), "waited for 5s") {
			t.Errorf("error %v", err)
		}
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("to give up took %v", took)
		}

		stopped, stop := context.WithCancelCause(t.Context())
		why := errors.New("stopped")
		stop(why)
		if _, err := AcquireWait(stopped, dir, account, ""); !errors.Is(err, why) {
			t.Errorf("error %v", err)
		}

		time.AfterFunc(time.Second, func() {
			if err := first.Release(); err != nil {
				t.Error(err)
			}
		})
		start = time.Now()
		second, err := AcquireWait(t.Context(), dir, account, "")
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < time.Second || took > 2*time.Second {
			t.Errorf("to get it took %v", took)
		}
		if err := second.Release(); err != nil {
			t.Error(err)
		}
		// With nothing to wait for, a context that has ended does not matter.
		third, err := AcquireWait(stopped, dir, account, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := third.Release(); err != nil {
			t.Error(err)
		}
	})
}

// An error that is none of another's holding it is not waited for to go away.
func TestAcquireWaitFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := AcquireWait(ctx, filepath.Join(file, "state"), account, ""); err == nil || ctx.Err() != nil {
		t.Errorf("error %v", err)
	}
}

// An account that has no file name has no lock.
func TestAcquireNobody(t *testing.T) {
	for _, key := range []state.Key{{}, {Host: "h", Maildir: "/m"}, {Maildir: "m"}} {
		if l, err := Acquire(t.TempDir(), key, ""); err == nil || l != nil || !strings.HasPrefix(err.Error(), "lock an account: ") {
			t.Errorf("%+v: %v, %v", key, l, err)
		}
	}
}

// The names of lock files stay: two versions at once must find the same.
func TestFileName(t *testing.T) {
	dir := t.TempDir()
	hold(t, dir)
	if got, want := filepath.Base(lockFile(t, dir)), "imap.example.org-"; !strings.HasPrefix(got, want) || !strings.HasSuffix(got, ".lock") {
		t.Errorf("got %s", got)
	}
}

const childVariable = "IMAPFORM_TEST_HOLD_LOCK_IN"

// TestChild is not a test, but what other processes do in TestKilled.
func TestChild(t *testing.T) {
	dir := os.Getenv(childVariable)
	if dir == "" {
		t.Skip("it runs in a process of its own")
	}
	if _, err := Acquire(dir, account, "imapform apply"); err != nil {
		t.Fatal(err)
	}
	os.Stdout.WriteString("held\n")
	io.Copy(io.Discard, os.Stdin) // until it is killed, or its parent has ended
}

// The lock of a process that is killed is free at once.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // the second finds what the first has left
		child := exec.Command(os.Args[0], "-test.run=^TestChild$")
		child.Env = append(os.Environ(), childVariable+"="+dir)
		in, err := child.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		said := make([]byte, 5)
		if _, err := io.ReadFull(out, said); err != nil || string(said) != "held\n" {
			t.Errorf("the child says %q, %v", said, err)
		}
		_, err = Acquire(dir, account, "")
		held, ok := errors.AsType[*HeldError](err)
		if !ok || held.PID != child.Process.Pid || held.Command != "imapform apply" {
			t.Errorf("error %v", err)
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := child.Wait(); err == nil {
			t.Error("the child ended by itself")
		}
		if left, err := os.ReadFile(lockFile(t, dir)); err != nil || len(left) == 0 {
			t.Errorf("it leaves %q, %v: this test proves nothing about what is left", left, err)
		}
	}
	hold(t, dir)
}
