package cache

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imapform/imapform/internal/state"
)

func keepVerdicts(t testing.TB, a *Account, key, content string) {
	t.Helper()
	if err := a.KeepVerdicts(key, []byte(content)); err != nil {
		t.Fatal(err)
	}
}

func noVerdicts(t testing.TB, a *Account, key, why string) {
	t.Helper()
	if content, ok := a.Verdicts(key); ok || content != nil {
		t.Errorf("the verdicts under %q are %q: %s", key, content, why)
	}
}

func someVerdicts(t testing.TB, a *Account, key, want string) {
	t.Helper()
	if content, ok := a.Verdicts(key); !ok || string(content) != want {
		t.Errorf("the verdicts under %q are %q, %t, want %q", key, content, ok, want)
	}
}

func TestVerdicts(t *testing.T) {
	a := open(t, t.TempDir())
	noVerdicts(t, a, "", "nobody has kept any")
	noVerdicts(t, a, "a", "nobody has kept any")
	keepVerdicts(t, a, "a", "one")
	again := open(t, filepath.Dir(a.dir))
	someVerdicts(t, again, "a", "one")
	noVerdicts(t, again, "A", "it is another key")
	noVerdicts(t, again, "ab", "it is another key")
	noVerdicts(t, again, "", "it is another key")
	keepVerdicts(t, again, "b", "two")
	someVerdicts(t, a, "b", "two")
	noVerdicts(t, a, "a", "there are others by now")
	keepVerdicts(t, a, "", "")
	someVerdicts(t, a, "", "")
	checkLeft(t, a, 1)
}

// The file of another account does not count, even in its place.
func TestVerdictsOfAnother(t *testing.T) {
	a := open(t, t.TempDir())
	other, err := Open(filepath.Dir(a.dir), state.Key{Host: "imap.example.org", Port: 993, Username: "you"}, noon)
	if err != nil {
		t.Fatal(err)
	}
	keepVerdicts(t, other, "a", "theirs")
	noVerdicts(t, a, "a", "they are another account's")
	if err := os.Rename(other.verdictsPath(), a.verdictsPath()); err != nil {
		t.Fatal(err)
	}
	noVerdicts(t, a, "a", "they are another account's")
	if filepath.Base(a.verdictsPath()) == filepath.Base(other.verdictsPath()) {
		t.Error("the name tells which file of an account it is")
	}
}

func TestForgettingVerdicts(t *testing.T) {
	a := open(t, t.TempDir())
	s := State{UIDValidity: 7, UIDNext: 2, Messages: 1}
	remember(t, a, "A", s, common(), mail(t, 1))
	remember(t, a, "B", s, common(), mail(t, 1))
	keepVerdicts(t, a, "a", "one")
	if err := a.Drop("A"); err != nil {
		t.Error(err)
	}
	noVerdicts(t, a, "a", "a folder was dropped")
	recall(t, a, "B")
	keepVerdicts(t, a, "a", "one")
	if err := a.Drop("nothing"); err != nil {
		t.Error(err)
	}
	noVerdicts(t, a, "a", "a folder was dropped, of which nothing was remembered")
	keepVerdicts(t, a, "a", "one")
	if err := a.DropAll(); err != nil {
		t.Error(err)
	}
	noVerdicts(t, a, "a", "all was dropped")
	checkLeft(t, a, 0)
	if err := os.Mkdir(a.verdictsPath(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(a.verdictsPath(), "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.Drop("A"); err == nil {
		t.Error("verdicts that cannot be removed are forgotten")
	}
}

// A folder may be called anything, and is no verdicts.
func TestVerdictsAreNoFolder(t *testing.T) {
	a := open(t, t.TempDir())
	keepVerdicts(t, a, "a", "one")
	if err := os.Rename(a.verdictsPath(), a.path("A")); err != nil {
		t.Fatal(err)
	}
	forgotten(t, a, "A", "the file is one of verdicts")
	remember(t, a, "A", State{UIDValidity: 7, UIDNext: 2, Messages: 1}, common(), mail(t, 1))
	if err := os.Rename(a.path("A"), a.verdictsPath()); err != nil {
		t.Fatal(err)
	}
	noVerdicts(t, a, "a", "the file is a folder's")
	noVerdicts(t, a, "", "the file is a folder's")
}

// No octet can change, come or go without the file counting as none.
func TestDamagedVerdicts(t *testing.T) {
	a := open(t, t.TempDir())
	keepVerdicts(t, a, "key", "content")
	whole, err := os.ReadFile(a.verdictsPath())
	if err != nil {
		t.Fatal(err)
	}
	put := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(a.verdictsPath(), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := readVerdicts(whole, a.key, "key"); !ok {
		t.Fatal("it does not count as it is")
	}
	for i := range whole {
		damaged := [][]byte{whole[:i], append(bytes.Clone(whole[:i]), whole[i+1:]...), slices.Insert(bytes.Clone(whole), i, 0)}
		for bit := range 8 {
			b := bytes.Clone(whole)
			b[i] ^= 1 << bit
			damaged = append(damaged, b)
		}
		for _, b := range damaged {
			if content, ok := readVerdicts(b, a.key, "key"); ok {
				t.Errorf("%d octets count as %q, of which octet %d is another one, or is missing, or is one too many", len(b), content, i)
			}
		}
	}
	put(whole[:len(whole)/2])
	noVerdicts(t, a, "key", "it is cut off")
	put(nil)
	noVerdicts(t, a, "key", "it is empty")
	put(append(bytes.Clone(whole), 0))
	noVerdicts(t, a, "key", "there is one octet more")
	put(append(bytes.Clone(whole), whole...))
	noVerdicts(t, a, "key", "it is there twice")
	put(whole)
	someVerdicts(t, a, "key", "content")
	if err := os.Remove(a.verdictsPath()); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(a.verdictsPath(), 0o700); err != nil {
		t.Fatal(err)
	}
	noVerdicts(t, a, "key", "it is a directory")
	if a.KeepVerdicts("key", nil) == nil {
		t.Error("a directory is replaced")
	}
	checkLeft(t, a, 1)
}

// signed is a file with a checksum that is right, of whatever octets.
func signed(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(bytes.Clone(b), crc32.Checksum(b, castagnoli))
}

func TestNonsenseOfVerdicts(t *testing.T) {
	head := func(texts ...string) (b []byte) {
		for _, text := range texts {
			b = appendText(b, text)
		}
		return b
	}
	if content, ok := readVerdicts(signed(head(verdictsMagic, "account", "key", "content")), "account", "key"); !ok || string(content) != "content" {
		t.Fatalf("what makes sense: %q, %t", content, ok)
	}
	for name, b := range map[string][]byte{
		"nothing":                 nil,
		"another version":         head("imapform verdicts 0", "account", "key", "content"),
		"a folder's magic":        head(magic, "account", "key", "content"),
		"another account":         head(verdictsMagic, "other", "key", "content"),
		"another key":             head(verdictsMagic, "account", "other", "content"),
		"no content":              head(verdictsMagic, "account", "key"),
		"more behind the content": head(verdictsMagic, "account", "key", "content", ""),
		"content that is cut":     append(head(verdictsMagic, "account", "key"), 9, 'x'),
		"endless content":         append(head(verdictsMagic, "account", "key"), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1),
		"too much content":        head(verdictsMagic, "account", "key", strings.Repeat("x", maxVerdicts)),
	} {
		if content, ok := readVerdicts(signed(b), "account", "key"); ok {
			t.Errorf("%s counts: %q", name, content)
		}
	}
}

// What is too large, or cannot be written, leaves what was there before, and no file.
func TestVerdictsThatAreNotKept(t *testing.T) {
	a := open(t, t.TempDir())
	keepVerdicts(t, a, "a", "one")
	around := len(appendVerdicts(nil, a.key, "a", nil)) + 3 // the length takes more octets
	largest := make([]byte, maxVerdicts-around)
	if err := a.KeepVerdicts("a", make([]byte, len(largest)+1)); err == nil {
		t.Error("too many octets are kept")
	}
	someVerdicts(t, a, "a", "one")
	checkLeft(t, a, 1)
	keepVerdicts(t, a, "a", string(largest))
	someVerdicts(t, a, "a", string(largest))
	if err := os.Truncate(a.verdictsPath(), 10*maxVerdicts); err != nil {
		t.Fatal(err)
	}
	noVerdicts(t, a, "a", "the file is too large")
	if err := os.RemoveAll(a.dir); err != nil {
		t.Fatal(err)
	}
	if a.KeepVerdicts("a", nil) == nil {
		t.Error("a directory that is gone is written to")
	}
	noVerdicts(t, a, "a", "its directory is gone")
}

func TestVerdictsInADirectoryForReading(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write to every directory")
	}
	a := open(t, t.TempDir())
	keepVerdicts(t, a, "a", "one")
	if err := os.Chmod(a.dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if a.KeepVerdicts("a", []byte("two")) == nil {
		t.Error("it is written to")
	}
	someVerdicts(t, a, "a", "one")
	if a.Drop("A") == nil {
		t.Error("something is dropped from it")
	}
	if err := os.Chmod(a.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	checkLeft(t, a, 1)
}

func TestPrivateVerdicts(t *testing.T) {
	a := open(t, t.TempDir())
	keepVerdicts(t, a, "a", "one")
	info, err := os.Stat(a.verdictsPath())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if name := info.Name(); !isHidden(name) {
		t.Errorf("the name is %s", name)
	}
}

func TestPruneVerdicts(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir)
	age := func(path string, days int) {
		t.Helper()
		at := noon.Add(-time.Duration(days) * 24 * time.Hour)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	again := func() {
		age(filepath.Join(dir, pruned), 2)
		open(t, dir)
	}
	keepVerdicts(t, a, "a", "one")
	age(a.verdictsPath(), 89)
	noVerdicts(t, a, "b", "it is another key")
	if info, err := os.Stat(a.verdictsPath()); err != nil || info.ModTime().Equal(noon) {
		t.Errorf("what cannot be used is in use: %v", err)
	}
	someVerdicts(t, a, "a", "one")
	if info, err := os.Stat(a.verdictsPath()); err != nil || !info.ModTime().Equal(noon) {
		t.Errorf("it was used just now: %v", err)
	}
	again()
	someVerdicts(t, a, "a", "one")
	age(a.verdictsPath(), 91)
	torn := a.verdictsPath() + unwritten + "123"
	if err := os.WriteFile(torn, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	age(torn, 2)
	again()
	noVerdicts(t, a, "a", "nobody has used them for 91 days")
	checkLeft(t, a, 0)
}

// What counts is as it was kept, and under no other key.
func FuzzVerdicts(f *testing.F) {
	f.Add(appendVerdicts(nil, "account", "key", []byte("content")), "other")
	f.Add([]byte("imapform"), "")
	f.Fuzz(func(t *testing.T, b []byte, other string) {
		if n := len(b) - 4; n > 0 {
			b = signed(b[:n])
		}
		content, ok := readVerdicts(b, "account", "key")
		if !ok {
			return
		}
		if again, ok := readVerdicts(appendVerdicts(nil, "account", "key", content), "account", "key"); !ok || !bytes.Equal(again, content) {
			t.Fatalf("%q was %q", again, content)
		}
		if other != "key" {
			if _, ok := readVerdicts(b, "account", other); ok {
				t.Fatalf("it counts under %q", other)
			}
		}
	})
}
