package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
)

var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

const letter = "Message-ID: <1@example.org>\r\nFrom: a@example.org\r\nSubject: caf\xe9\r\n\r\nHello"

// kept is what a server knows of the letter.
func kept() apply.Kept {
	return apply.Kept{
		Account: "account.work", Folder: "Lists/Bücher", UIDValidity: 7, UID: 42,
		Flags: mailbox.NewFlags(imap.FlagSeen, "$Work"), Received: time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 7200)), Size: int64(len(letter)),
	}
}

func newStore(t *testing.T) *Store {
	return &Store{Dir: filepath.Join(t.TempDir(), "deep", "backups"), Run: "run-1", Now: func() time.Time { return now }}
}

// sends is a server that sends a text.
func sends(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// keep keeps the letter.
func keep(t *testing.T, s *Store) (name, file string) {
	t.Helper()
	name, err := s.Keep(t.Context(), kept(), sends(letter))
	if err != nil {
		t.Fatal(err)
	}
	return name, filepath.Join(s.Dir, filepath.FromSlash(name))
}

// files are all the files below a directory.
func files(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, path)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return all
}

func TestKeep(t *testing.T) {
	s := newStore(t)
	name, file := keep(t, s)
	got, err := os.ReadFile(file)
	if err != nil || string(got) != letter {
		t.Errorf("%q, %v", got, err)
	}
	sum := sha256.Sum256([]byte(letter))
	want := "account_work-" + "*/Lists_B_cher-*/7-42-" + hex.EncodeToString(sum[:8]) + ".eml"
	if ok, err := filepath.Match(want, name); !ok || err != nil {
		t.Errorf("name %q, want %q", name, want)
	}
	text, err := os.ReadFile(sidecarOf(file))
	if err != nil {
		t.Fatal(err)
	}
	wantText := `{
  "format_version": 1,
  "account": "account.work",
  "folder": "Lists/Bücher",
  "uidvalidity": 7,
  "uid": 42,
  "flags": [
    "$Work",
    "\\Seen"
  ],
  "internal_date": "2026-01-02T03:04:05+02:00",
  "size": 72,
  "sha256": "` + hex.EncodeToString(sum[:]) + `",
  "kept": "2026-05-01T12:00:00Z",
  "run": "run-1"
}
`
	if diff := cmp.Diff(wantText, string(text)); diff != "" {
		t.Errorf("sidecar (- want, + got):\n%s", diff)
	}
	m, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if k := kept(); !m.Received.Equal(k.Received) || !m.Flags.Equal(k.Flags) || m.Folder != k.Folder || m.Account != k.Account ||
		m.UID != k.UID || m.UIDValidity != k.UIDValidity || m.Size != k.Size || !m.At.Equal(now) || m.Run != "run-1" || m.Path != file {
		t.Errorf("read %+v", m)
	}
	if all := files(t, s.Dir); len(all) != 2 {
		t.Errorf("files %q", all)
	}
}

// Mail is for its owner.
func TestModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no such modes")
	}
	s := newStore(t)
	keep(t, s)
	err := filepath.WalkDir(filepath.Dir(s.Dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		want := fs.FileMode(fileMode)
		if d.IsDir() {
			want = dirMode
		}
		if err == nil && info.Mode().Perm() != want {
			t.Errorf("%s: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A message that is kept twice is one, with what was known of it last. Another file in
// its place is left alone.
func TestKeepAgain(t *testing.T) {
	s := newStore(t)
	name, file := keep(t, s)
	k := kept()
	k.Flags = mailbox.NewFlags(imap.FlagFlagged)
	again, err := s.Keep(t.Context(), k, sends(letter))
	if err != nil || again != name {
		t.Fatalf("%q, %v", again, err)
	}
	if m, err := Read(file); err != nil || !m.Flags.Equal(k.Flags) {
		t.Errorf("%+v, %v", m, err)
	}
	for what, change := range map[string]func() error{
		"other octets": func() error { return os.WriteFile(file, []byte(strings.Replace(letter, "Hello", "HELLO", 1)), 0o600) },
		"fewer octets": func() error { return os.Truncate(file, 3) },
		"a directory":  func() error { return errors.Join(os.Remove(file), os.Mkdir(file, 0o700)) },
		"a link to another file": func() error {
			other := filepath.Join(s.Dir, "other")
			return errors.Join(os.Remove(file), os.WriteFile(other, []byte(letter), 0o600), os.Symlink(other, file))
		},
	} {
		t.Run(what, func(t *testing.T) {
			if err := change(); err != nil {
				t.Fatal(err)
			}
			before := len(files(t, s.Dir))
			if name, err := s.Keep(t.Context(), kept(), sends(letter)); err == nil || name != "" || !strings.Contains(err.Error(), "not the message") {
				t.Errorf("%q, %v", name, err)
			}
			if after := len(files(t, s.Dir)); after != before {
				t.Errorf("%d files, and then %d", before, after)
			}
		})
	}
}

// A full disk is one that takes so many octets.
type full struct {
	w    io.Writer
	room int
}

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.room {
		n, _ := f.w.Write(p[:f.room])
		f.room -= n
		return n, syscall.ENOSPC
	}
	f.room -= len(p)
	return f.w.Write(p)
}

// forgetful is a disk that says that it wrote, and wrote something else.
type forgetful struct{ w io.Writer }

func (f forgetful) Write(p []byte) (int, error) {
	return f.w.Write(bytes.Replace(p, []byte("Hello"), []byte("Hullo"), 1))
}

// idle is a disk that says that it wrote, and did not.
type idle struct{}

func (idle) Write(p []byte) (int, error) { return len(p), nil }

func TestKeepRefuses(t *testing.T) {
	gone := errors.New("it is gone")
	for name, c := range map[string]struct {
		change func(*Store, *apply.Kept)
		read   func(io.Writer) error
		is     error
		says   string
	}{
		"a server that fails": {
			read: func(w io.Writer) error { return errors.Join(sends(letter)(w), gone) }, is: gone,
		},
		"a server that fails in between": {
			read: func(w io.Writer) error { return errors.Join(sends(letter[:9])(w), gone) }, is: gone,
		},
		"fewer octets than the server says": {read: sends(letter[:70]), says: "70 octets came of it, and it should have 72"},
		"more octets than the server says":  {read: sends(letter + "!"), says: "73 octets came of it"},
		"no octet":                          {change: func(_ *Store, k *apply.Kept) { k.Size = 0 }, read: sends(""), says: "its size is 0"},
		"a disk that is full at once":       {change: func(s *Store, _ *apply.Kept) { s.through = diskFull(0) }, is: syscall.ENOSPC},
		"a disk that gets full":             {change: func(s *Store, _ *apply.Kept) { s.through = diskFull(30) }, is: syscall.ENOSPC},
		"a disk with room for the message":  {change: func(s *Store, _ *apply.Kept) { s.through = shared(diskFull(len(letter) + 10)) }, is: syscall.ENOSPC},
		"a disk that changes what it keeps": {change: func(s *Store, _ *apply.Kept) { s.through = func(w io.Writer) io.Writer { return forgetful{w} } }, says: "SHA-256 differs"},
		"a disk that keeps nothing":         {change: func(s *Store, _ *apply.Kept) { s.through = func(io.Writer) io.Writer { return idle{} } }, says: "it has 0 octets"},
		"a relative directory":              {change: func(s *Store, _ *apply.Kept) { s.Dir = "backups" }, says: "not an absolute path"},
		"no directory":                      {change: func(s *Store, _ *apply.Kept) { s.Dir = "" }, says: "not an absolute path"},
		"no directory but a file": {change: func(s *Store, _ *apply.Kept) {
			if err := errors.Join(os.MkdirAll(filepath.Dir(s.Dir), 0o700), os.WriteFile(s.Dir, nil, 0o600)); err != nil {
				t.Fatal(err)
			}
		}, is: syscall.ENOTDIR},
		"no account":                {change: func(_ *Store, k *apply.Kept) { k.Account = "" }, says: `its account "" is none`},
		"no folder":                 {change: func(_ *Store, k *apply.Kept) { k.Folder = "" }, says: `its folder "" is none`},
		"no UID":                    {change: func(_ *Store, k *apply.Kept) { k.UID = 0 }, says: "uid or uidvalidity"},
		"no UIDVALIDITY":            {change: func(_ *Store, k *apply.Kept) { k.UIDValidity = 0 }, says: "uid or uidvalidity"},
		"no date":                   {change: func(_ *Store, k *apply.Kept) { k.Received = time.Time{} }, says: "internal_date is missing"},
		"a date that JSON lacks":    {change: func(_ *Store, k *apply.Kept) { k.Received = time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC) }, says: "year"},
		"a folder that is no UTF-8": {change: func(_ *Store, k *apply.Kept) { k.Folder = "B\xfccher" }, says: "folder"},
		"a flag that is no UTF-8":   {change: func(_ *Store, k *apply.Kept) { k.Flags = mailbox.Flags{"B\xfccher"} }, says: "flag"},
		"flags that are none":       {change: func(_ *Store, k *apply.Kept) { k.Flags = mailbox.Flags{"b", "a", "b"} }, says: "cannot be written down"},
		"an end that came before": {change: func(s *Store, _ *apply.Kept) {
			s.Dir = filepath.Join(filepath.Dir(s.Dir), "cancelled")
		}, is: context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			s, k := newStore(t), kept()
			if c.change != nil {
				c.change(s, &k)
			}
			if c.read == nil {
				c.read = sends(letter)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.is == context.Canceled {
				cancel()
			}
			got, err := s.Keep(ctx, k, c.read)
			if err == nil || got != "" || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q, %v", got, err)
			}
			if !filepath.IsAbs(s.Dir) {
				return
			}
			for _, file := range files(t, s.Dir) {
				if file == s.Dir {
					continue
				}
				// A message without a sidecar may be there, but a whole one.
				if got, err := os.ReadFile(file); err != nil || string(got) != letter || name != "a disk with room for the message" {
					t.Errorf("%s is left: %q, %v", file, got, err)
				}
				if _, err := Read(file); err == nil {
					t.Errorf("%s can be read", file)
				}
			}
		})
	}
}

func diskFull(room int) func(io.Writer) io.Writer {
	return func(w io.Writer) io.Writer { return &full{w, room} }
}

// shared has all files of a disk share its room.
func shared(disk func(io.Writer) io.Writer) func(io.Writer) io.Writer {
	one := disk(nil).(*full)
	return func(w io.Writer) io.Writer {
		one.w = w
		return one
	}
}

// A disk that is really full. Where nothing is said to be, it is not tried.
func TestDevFull(t *testing.T) {
	device, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer device.Close()
	s := newStore(t)
	s.through = func(io.Writer) io.Writer { return device }
	if name, err := s.Keep(t.Context(), kept(), sends(letter)); !errors.Is(err, syscall.ENOSPC) || name != "" {
		t.Errorf("%q, %v", name, err)
	}
}

// A directory in which nothing can be made.
func TestKeepNoRights(t *testing.T) {
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("who runs this may do anything")
	}
	s := newStore(t)
	if err := os.MkdirAll(s.Dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Keep(t.Context(), kept(), sends(letter)); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error %v", err)
	}
}

// Nothing of what a folder is called leads out of the directory, or to another's files.
func TestHostileNames(t *testing.T) {
	s := newStore(t)
	outside := filepath.Join(filepath.Dir(s.Dir), "outside")
	if err := os.MkdirAll(outside, 0o700); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, folder := range hostile {
		k := kept()
		k.Folder = mailbox.Name(folder)
		name, err := s.Keep(t.Context(), k, sends(letter))
		if err != nil {
			t.Errorf("%q: %v", folder, err)
			continue
		}
		file, err := pathOf(s.Dir, name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Read(file)
		if err != nil || m.Folder != k.Folder {
			t.Errorf("%q: read %+v, %v", folder, m, err)
		}
		if strings.Count(name, "/") != 2 || len(filepath.Base(filepath.Dir(file))) > 60 {
			t.Errorf("%q: name %q", folder, name)
		}
		fold := strings.ToLower(name)
		if other, taken := seen[fold]; taken {
			t.Errorf("%q and %q are both %q", folder, other, name)
		}
		seen[fold] = folder
	}
	if got := files(t, outside); len(got) > 0 {
		t.Errorf("files %q", got)
	}
	if got := files(t, filepath.Dir(s.Dir)); len(got) != 2*len(hostile) {
		t.Errorf("%d files for %d folders", len(got), len(hostile))
	}
}

var hostile = []string{
	"INBOX", "inbox", "Inbox", "a/b", "a_b", "a.b", `a\b`, "..", "../..", "../../outside", "/etc/passwd", "~", "CON", "con", "NUL.txt", "a:b", "a|b?",
	"trailing ", "trailing.", "trailing", ".hidden", "-rf", "é", "e\u0301", "\u202egpj.exe", strings.Repeat("ü", 300), strings.Repeat("ü", 301), "$(reboot)", "`", "%2e%2e",
}

// A link in the place of a directory is not followed out of the store.
func TestLinkedDirectory(t *testing.T) {
	s := newStore(t)
	outside := t.TempDir()
	dir := filepath.Join(s.Dir, filepath.FromSlash(folderOf(kept())))
	if err := errors.Join(os.MkdirAll(filepath.Dir(dir), 0o700), os.Symlink(outside, dir)); err != nil {
		t.Skip(err)
	}
	if name, err := s.Keep(t.Context(), kept(), sends(letter)); err == nil {
		t.Errorf("kept as %q", name)
	}
	if got := files(t, outside); len(got) > 0 {
		t.Errorf("files %q", got)
	}
}
