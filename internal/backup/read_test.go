package backup

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A message of which anything was changed is none.
func TestReadRefuses(t *testing.T) {
	sidecar := func(old, new string) func(string) error {
		return func(file string) error {
			text, err := os.ReadFile(sidecarOf(file))
			if err != nil {
				return err
			}
			if !bytes.Contains(text, []byte(old)) {
				t.Errorf("the sidecar holds no %q", old)
			}
			return os.WriteFile(sidecarOf(file), bytes.Replace(text, []byte(old), []byte(new), 1), 0o600)
		}
	}
	for name, c := range map[string]struct {
		change func(file string) error
		says   string
	}{
		"other octets": {func(f string) error {
			return os.WriteFile(f, []byte(strings.Replace(letter, "Hello", "HELLO", 1)), 0o600)
		}, "SHA-256 differs"},
		"fewer octets":         {func(f string) error { return os.Truncate(f, 9) }, "it has 9 octets, and should have 72"},
		"no octets":            {os.Remove, "no such file"},
		"no sidecar":           {func(f string) error { return os.Remove(sidecarOf(f)) }, "what the server knew of it"},
		"a directory":          {func(f string) error { return os.Rename(t.TempDir(), f+"x") }, ""},
		"an empty sidecar":     {func(f string) error { return os.Truncate(sidecarOf(f), 0) }, "not what imapform wrote"},
		"half a sidecar":       {func(f string) error { return os.Truncate(sidecarOf(f), 100) }, "not what imapform wrote"},
		"two sidecars":         {sidecar("}\n", "}\n{}"), "not what imapform wrote"},
		"a newer one":          {sidecar(`"format_version": 1`, `"format_version": 2`), "the version of imapform that wrote it"},
		"one without":          {sidecar(`"format_version": 1`, `"format_version": 0`), "format_version is 0"},
		"an unknown attribute": {sidecar(`"run"`, `"walk"`), "unknown field"},
		"another UID":          {sidecar(`"uid": 42`, `"uid": 43`), "of another message"},
		"a negative UID":       {sidecar(`"uid": 42`, `"uid": -42`), "not what imapform wrote"},
		"another UIDVALIDITY":  {sidecar(`"uidvalidity": 7`, `"uidvalidity": 8`), "of another message"},
		"another size":         {sidecar(`"size": 72`, `"size": 71`), "should have 71"},
		"no size":              {sidecar(`"size": 72`, `"size": 0`), "its size is 0"},
		"another hash":         {sidecar(`"sha256": "`, `"sha256": "00`), "is none"},
		"half a hash":          {sidecar(`"sha256": "`, `"sha256": "", "sha256": "0`), "is none"},
		"no folder":            {sidecar("Lists/Bücher", ""), "its folder"},
		"a folder of two":      {sidecar("Lists/Bücher", `a\r\nb`), "its folder"},
		"no account":           {sidecar("account.work", ""), "its account"},
		"a flag of two":        {sidecar("$Work", `$Work\n`), "its flag"},
		"no date":              {sidecar("2026-01-02T03:04:05+02:00", "0001-01-01T00:00:00Z"), "internal_date"},
		"a date that is none":  {sidecar("2026-01-02", "2026-02-30"), "not what imapform wrote"},
	} {
		t.Run(name, func(t *testing.T) {
			_, file := keep(t, newStore(t))
			if name == "a directory" {
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
				if err := os.Mkdir(file, 0o700); err != nil {
					t.Fatal(err)
				}
				c.says = "no plain file"
			} else if err := c.change(file); err != nil {
				t.Fatal(err)
			}
			m, err := Read(file)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), filepath.Base(file)) {
				t.Errorf("%+v, %v", m, err)
			}
		})
	}
	if _, err := Read(filepath.Join(t.TempDir(), "a.json")); err == nil || !strings.Contains(err.Error(), ".eml") {
		t.Errorf("a sidecar for a message: %v", err)
	}
}

// Names that were written down lead nowhere else.
func TestPathOf(t *testing.T) {
	for _, name := range []string{"", ".", "../a.eml", "a/../../b.eml", "/etc/passwd", "a/..", "..", "a/../.."} {
		if got, err := pathOf("/backups", name); err == nil && !strings.HasPrefix(got, "/backups"+string(filepath.Separator)) && got != "/backups" {
			t.Errorf("%q leads to %q", name, got)
		}
	}
	if got, err := pathOf("/backups", "a/b/7-1-00.eml"); err != nil || got != filepath.FromSlash("/backups/a/b/7-1-00.eml") {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := pathOf("/backups", "../a.eml"); err == nil {
		t.Error("out of the directory")
	}
}

// What is read of a sidecar can be written and read again.
func FuzzSidecar(f *testing.F) {
	s, err := newSidecar(Message{Kept: kept(), At: now}).encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s)
	f.Add([]byte(`{"format_version":1}`))
	f.Add([]byte(`{"format_version":1,"account":"a","folder":"b","uidvalidity":1,"uid":1,"flags":null,"internal_date":"2026-01-02T03:04:05.5+02:00","size":1,"sha256":"","kept":"0001-01-01T00:00:00Z"}`))
	f.Add([]byte("[]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := decode(text)
		if err != nil {
			return
		}
		if m.Size <= 0 || m.UID == 0 || m.UIDValidity == 0 || m.Folder == "" || m.Account == "" || m.Received.IsZero() {
			t.Fatalf("decoded %+v", m)
		}
		written, err := newSidecar(m).encode()
		if err != nil {
			t.Fatalf("%+v cannot be written: %v", m, err)
		}
		if again, err := decode(written); err != nil || again.Size != m.Size || !again.Received.Equal(m.Received) || !again.Flags.Equal(m.Flags) || again.Folder != m.Folder {
			t.Fatalf("%+v, and again %+v, %v", m, again, err)
		}
	})
}
