package maildir

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

// holdLock takes the tree's lock as another process would, which never lets go.
func holdLock(t *testing.T, tree *Tree) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(tree.dir, lockFile), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	if ok, err := tryFlock(f); !ok || err != nil {
		t.Fatalf("hold the lock: %v, %v", ok, err)
	}
}

func TestLockIsNotWaitedForEndlessly(t *testing.T) {
	tree, _ := inTree(t)
	tree.lock.wait = 50 * time.Millisecond
	holdLock(t, tree)
	start := time.Now()
	err := answer(tree.create("X", nil))
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("to give up took %v", took)
	}
	if known, ok := errors.AsType[*imap.Error](err); !ok || known.Code != imap.ResponseCodeInUse {
		t.Errorf("got %v, want [INUSE]", err)
	}
}

// A command that waits for the lock does not keep the tree from being closed.
func TestCloseEndsWaiting(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mail")
	if err := Create(dir); err != nil {
		t.Fatal(err)
	}
	tree, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	holdLock(t, tree)
	conn, err := tree.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Read(make([]byte, 4096)); err != nil { // the greeting
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("1 CREATE X\r\n")); err != nil {
		t.Fatal(err)
	}
	for tree.lock.mu.TryLock() { // until the command waits
		tree.lock.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	start := time.Now()
	if err := tree.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("to close took %v", took)
	}
}

// A lock that was made after another was found to be stale is not broken.
func TestFreshDotlockIsNotBroken(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "x.lock")
	write := func(text string, when time.Time) os.FileInfo {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, when, when); err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(name)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	stale := write("1:elsewhere", time.Now().Add(-time.Hour))
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	fresh := write("2:elsewhere", time.Now())
	if err := breakDotlock(name, stale); err != nil {
		t.Fatal(err)
	}
	if there, err := os.Lstat(name); err != nil || !os.SameFile(there, fresh) {
		t.Errorf("the fresh lock is gone: %v", err)
	}
	if err := breakDotlock(name, fresh); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if err := breakDotlock(name, fresh); err != nil { // another has broken it
		t.Error(err)
	}
}

// What would be replaced by a lock that is somebody else's now is left alone.
func TestLostDotlockReplacesNothing(t *testing.T) {
	name := filepath.Join(t.TempDir(), "subscriptions")
	if err := os.WriteFile(name, []byte("mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := replaceLocked(name, 100, func([]byte) ([]byte, error) {
		lock := name + ".lock"
		return []byte("new\n"), errors.Join(os.Rename(lock, lock+".away"), os.WriteFile(lock, []byte("2:elsewhere"), 0o600))
	})
	if !errors.Is(err, errLocked) {
		t.Errorf("got %v, want %v", err, errLocked)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "mine\n" {
		t.Errorf("the file holds %q, %v", got, err)
	}
}
