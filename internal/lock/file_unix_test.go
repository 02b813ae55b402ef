//go:build unix && !aix && !solaris

package lock

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	hold(t, dir)
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "locks"): 0o700, lockFile(t, dir): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

// Where no lock can be kept, or somebody else could take it away, the error says what
// to do, and no lock is given.
func TestUnusable(t *testing.T) {
	notDir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(notDir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	// inPlace is a state directory that has something else as lock file.
	inPlace := func(make func(path string) error) func(string) error {
		return func(dir string) error {
			l, err := Acquire(dir, account, "")
			if err != nil {
				return err
			}
			name := l.file.Name()
			return errors.Join(l.Release(), os.Remove(name), make(name))
		}
	}
	for name, c := range map[string]struct {
		dir  string // empty: a new one
		with func(dir string) error
		says string
	}{
		"below a file":           {dir: filepath.Join(notDir, "state"), says: "not a directory"},
		"a file":                 {dir: notDir, says: "not a directory"},
		"where nothing can be":   {dir: "/proc/imapform", says: "/proc/imapform"},
		"writable by all":        {with: func(dir string) error { return os.Chmod(dir, 0o777) }, says: "chmod go-w"},
		"writable by the group":  {with: func(dir string) error { return os.Chmod(dir, 0o770) }, says: "mode 0770"},
		"sticky":                 {with: func(dir string) error { return os.Chmod(dir, 0o777|os.ModeSticky) }, says: "others can write"},
		"locks writable by all":  {with: func(dir string) error { return errors.Join(os.Mkdir(dir+"/locks", 0), os.Chmod(dir+"/locks", 0o707)) }, says: "/locks: others can write"},
		"somebody else's":        {dir: somebodyElses(t), says: "belongs to the user with number"},
		"not writable":           {with: func(dir string) error { return os.Chmod(dir, 0o500) }, says: "permission denied"},
		"a link for a lock":      {with: inPlace(func(path string) error { return os.Symlink(notDir, path) }), says: "symbolic link"},
		"a pipe for a lock":      {with: inPlace(func(path string) error { return syscall.Mkfifo(path, 0o600) }), says: "not a regular file"},
		"a directory for a lock": {with: inPlace(func(path string) error { return os.Mkdir(path, 0o700) }), says: "is a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "not writable" && os.Geteuid() == 0 {
				t.Skip("root can write everywhere")
			}
			dir := c.dir
			if dir == "" {
				dir = filepath.Join(t.TempDir(), "state")
				if err := errors.Join(os.Mkdir(dir, 0o700), c.with(dir)); err != nil {
					t.Fatal(err)
				}
			}
			l, err := Acquire(dir, account, "")
			if l != nil || err == nil {
				t.Fatalf("got %v, %v", l, err)
			}
			if _, held := errors.AsType[*HeldError](err); held {
				t.Errorf("error %v says that it is held", err)
			}
			for _, text := range []string{c.says, "IMAPFORM_STATE_DIR", "-lock=false"} {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("error %v does not say %q", err, text)
				}
			}
		})
	}
}

// somebodyElses is a directory that belongs to another user.
func somebodyElses(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		return "/"
	}
	dir := filepath.Join(t.TempDir(), "theirs")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.Chown(dir, 54321, -1)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A state directory may be a link to one elsewhere.
func TestLinkedDirectory(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := errors.Join(os.Chmod(dir, 0o700), os.Symlink(dir, link)); err != nil {
		t.Fatal(err)
	}
	hold(t, link)
	if _, err := Acquire(dir, account, ""); err == nil {
		t.Error("the same directory has two locks")
	}
}

// What was left by a process that is dead is not said of who holds the lock now.
func TestHeldByNobodyKnown(t *testing.T) {
	dir := t.TempDir()
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	hold(t, dir)
	for name, content := range map[string][]byte{
		"a dead process": line(t, holder{PID: dead.Process.Pid, Host: host}),
		"nothing":        {},
		"half a line":    line(t, holder{PID: 1, Host: "elsewhere"})[:10],
		"something else": []byte("[]\n"),
	} {
		if err := os.WriteFile(lockFile(t, dir), content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Acquire(dir, account, "")
		held, ok := errors.AsType[*HeldError](err)
		if !ok || *held != (HeldError{}) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	// Of another machine's processes nothing can be known.
	if err := os.WriteFile(lockFile(t, dir), line(t, holder{PID: dead.Process.Pid, Host: host + "x"}), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Acquire(dir, account, "")
	if held, ok := errors.AsType[*HeldError](err); !ok || held.PID != dead.Process.Pid {
		t.Errorf("error %v", err)
	}
}

func line(t *testing.T, h holder) []byte {
	t.Helper()
	data, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}

// A lock file that has lost its name is not the lock any more.
func TestIsNamed(t *testing.T) {
	l := hold(t, t.TempDir())
	name := l.file.Name()
	check := func(want bool) {
		t.Helper()
		if same, err := isNamed(l.file, name); same != want || err != nil {
			t.Errorf("got %v, %v", same, err)
		}
	}
	check(true)
	if err := os.Rename(name, name+".away"); err != nil {
		t.Fatal(err)
	}
	check(false)
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	check(false)
	if err := os.Rename(name+".away", name); err != nil {
		t.Fatal(err)
	}
	check(true)
}

// What this process starts while it holds the lock does not keep it.
func TestChildDoesNotKeepIt(t *testing.T) {
	dir := t.TempDir()
	l := hold(t, dir)
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait()
	defer child.Process.Kill()
	if err := l.Release(); err != nil {
		t.Fatal(err)
	}
	hold(t, dir)
}
