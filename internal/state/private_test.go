//go:build unix && !aix && !solaris

package state

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What somebody else could write to is refused with the reason.
func TestMakePrivateRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	mode := func(mode os.FileMode) string {
		dir := filepath.Join(t.TempDir(), "state")
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, mode)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	theirs := "/"
	if os.Geteuid() == 0 {
		theirs = mode(0o700)
		if err := os.Chown(theirs, 54321, -1); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct{ dir, says string }{
		"a file":               {file, "not a directory"},
		"below a file":         {filepath.Join(file, "a", "b"), "not a directory"},
		"where nothing can be": {"/proc/imapform/a", "/proc/imapform"},
		"writable by all":      {mode(0o777), "chmod go-w"},
		"by the group":         {mode(0o770), "mode 0770"},
		"sticky":               {mode(0o777 | os.ModeSticky), "others can write"},
		"somebody else's":      {theirs, "belongs to the user with number"},
	} {
		if err := MakePrivate(c.dir); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, which should say %q", name, err, c.says)
		}
	}
}

func TestMakePrivate(t *testing.T) {
	base := t.TempDir()
	link := filepath.Join(base, "link")
	if err := os.Symlink("elsewhere", link); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(base, "elsewhere"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Join(base, "a", "b", "c"), filepath.Join(base, "a"), filepath.Join(link, "d") + "/"} {
		for range 2 {
			if err := MakePrivate(dir); err != nil {
				t.Fatal(err)
			}
		}
		if info, err := os.Stat(dir); err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", dir, info, err)
		}
	}
	// One that others may read was there before, and is left so.
	if err := MakePrivate(link); err != nil {
		t.Error(err)
	}
}

func TestSyncDir(t *testing.T) {
	if err := SyncDir(t.TempDir()); err != nil {
		t.Error(err)
	}
	if err := SyncDir(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
