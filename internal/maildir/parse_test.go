package maildir

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

func FuzzUIDList(f *testing.F) {
	for _, seed := range []string{
		"", "\n", "imapform-uidlist 1 V5 N3 C2\n+1 a\n+2 b\n", "imapform-uidlist 1 V5 N3 C2\n+1 a\n+2 b\n-1\n+7 c\n+8 unfinished",
		"imapform-uidlist 1 V5 N1 C0\n+4294967295 a\n", "imapform-uidlist 1 V5 N3 C2\n+1 a\n", "imapform-uidlist 1 V5 N2 C1\n+1 \"a\\nb\"\n",
		"imapform-uidlist 1 V5 N2 C1\n-1\n", "imapform-uidlist 1 V-5 N+2 C1\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := parseUIDList(data)
		if err != nil {
			if !needsNewList(err) {
				t.Fatalf("%v is not damage", err)
			}
			return
		}
		seen := make(map[imap.UID]bool)
		for key, uid := range l.uids {
			if uid == 0 || uid >= l.next || seen[uid] || key == "" {
				t.Fatalf("key %q has UID %d, next is %d", key, uid, l.next)
			}
			seen[uid] = true
		}
		again, err := parseUIDList(l.format())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%q", err, l.format())
		}
		if again.validity != l.validity || again.next != l.next || len(again.uids) != len(l.uids) {
			t.Fatalf("%+v became %+v", l, again)
		}
		for key, uid := range l.uids {
			if again.uids[key] != uid {
				t.Fatalf("key %q had UID %d and has %d", key, uid, again.uids[key])
			}
		}
	})
}

func FuzzSubscriptions(f *testing.F) {
	for _, seed := range []string{"", "A.B\n", "V\t2\n\nA\tB\n", "V\t2\n", "\n\n", "&AOk-\ninbox\nINBOX\n", "+/B\n", "no newline"} {
		f.Add([]byte(seed), "A/B")
	}
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		s := parseSubscriptions(data)
		if again := parseSubscriptions(s.format()); again.newer != s.newer || !slices.Equal(again.lines, s.lines) {
			t.Fatalf("%+v became %+v", s, again)
		}
		name, err := folderName(name)
		if err != nil {
			return
		}
		others := s.names()
		delete(others, name)
		with := parseSubscriptions(s.with(name, true).format())
		without := parseSubscriptions(with.with(name, false).format())
		if !with.names()[name] || without.names()[name] {
			t.Fatalf("%q: %+v with, %+v without", name, with, without)
		}
		for other := range others {
			if !with.names()[other] || !without.names()[other] {
				t.Fatalf("%q was lost: %+v, %+v", other, with, without)
			}
		}
	})
}

func FuzzKeywords(f *testing.F) {
	for _, seed := range []string{"", "0 a\n1 b\n", "25 z\n26 beyond\n", "0 a\n0 b\n", "x\n", "00 a\n", "-1 a\n", "0 \n", "0 a", "\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		kw, err := parseKeywords(data)
		if err != nil {
			return
		}
		again, err := parseKeywords(kw.format())
		if err != nil || again.names != kw.names || !slices.Equal(again.beyond, kw.beyond) {
			t.Fatalf("%q became %q, %v", kw.format(), again.format(), err)
		}
		for _, flag := range kw.flags() {
			if _, ok := kw.letter(flag); !ok {
				t.Fatalf("keyword %q has no letter", flag)
			}
		}
	})
}

func FuzzFileName(f *testing.F) {
	for _, seed := range []string{"", "1.a:2,", "1.a,U=5:2,FS", "1.a,S=1,W=2:2,Sab,rest", "1.a:1,x", "a:2,b:2,S", ",U=", ",U=5,S=2", "1.a,U=x:2,"} {
		f.Add(seed, "Sa")
	}
	f.Fuzz(func(t *testing.T, name, letters string) {
		n := parseFileName(name)
		if n.String() != name {
			t.Fatalf("%q became %q", name, n)
		}
		if strings.ContainsAny(letters, ",:/") {
			return
		}
		flagged := parseFileName(n.withFlags(letters).String())
		if flagged.key() != n.key() || flagged.rest != n.rest {
			t.Fatalf("%q with %q is %q: another message", name, letters, flagged)
		}
		for _, letter := range []byte(letters) {
			if !hasLetter(flagged.flags, letter) {
				t.Fatalf("%q lost %q of %q", flagged, letter, letters)
			}
		}
		if there := n.elsewhere(); strings.Contains(there.base, ",U=") || there.flags != n.flags {
			t.Fatalf("elsewhere %q is %q", name, there)
		}
	})
}

func FuzzFolderName(f *testing.F) {
	for _, seed := range []string{"A", "A/B", "inbox/x", "é & ü/&", "日本", "a.b", "/", "", "\U0001F600", "~", "a\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, err := folderName(s)
		if err == nil && name != inbox {
			if back, ok := nameOfDir(dirName(name)); !ok || back != name {
				t.Fatalf("%q is in %q, which is %q, %v", name, dirName(name), back, ok)
			}
		}
		if name, ok := nameOfDir("." + s); ok && dirName(name) != "."+s {
			t.Fatalf("directory %q is %q, which is in %q", "."+s, name, dirName(name))
		}
	})
}

func FuzzCRLF(f *testing.F) {
	for _, seed := range []string{"", "\n", "\r\n", "\r\r\n", "a\nb\r\n\r", "\n\n", strings.Repeat("x\n", 50)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		wire := toCRLF(data)
		if int64(len(wire)) != wireSize(data, 0) {
			t.Fatalf("%q: %d octets, size %d", data, len(wire), wireSize(data, 0))
		}
		if !bytes.Equal(toCRLF(wire), wire) || !bytes.Equal(bytes.ReplaceAll(wire, []byte("\r\n"), []byte("\n")), bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))) {
			t.Fatalf("%q became %q", data, wire)
		}
		var stored bytes.Buffer
		n, w, err := storeLF(&stored, bytes.NewReader(data))
		if err != nil || n != int64(stored.Len()) || w != int64(len(toCRLF(stored.Bytes()))) {
			t.Fatalf("%q stored as %q: %d, %d, %v", data, stored.Bytes(), n, w, err)
		}
		name := filepath.Join(t.TempDir(), "m")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if size, err := fileWireSize(name); err != nil || size != int64(len(wire)) {
			t.Fatalf("%q: size in the file %d, %v", data, size, err)
		}
	})
}

func TestUIDListGrowsAndShrinks(t *testing.T) {
	dir := t.TempDir()
	l := &uidList{validity: 7, next: 1, uids: make(map[string]imap.UID)}
	if err := l.write(dir); err != nil {
		t.Fatal(err)
	}
	for i := range 3000 {
		came := string(rune('a'+i%26)) + strings.Repeat("x", i%7) + "\n\"" + time.Duration(i).String()
		var went []string
		for key := range l.uids {
			if i > 10 {
				went = append(went, key)
			}
			break
		}
		if err := l.change(dir, []string{came}, went); err != nil {
			t.Fatal(err)
		}
		if i%100 != 0 {
			continue
		}
		read, err := readUIDList(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		if read.next != l.next || read.size != l.size || len(read.uids) != len(l.uids) {
			t.Fatalf("round %d: wrote %d %d %d, read %d %d %d", i, l.next, l.size, len(l.uids), read.next, read.size, len(read.uids))
		}
	}
	if l.next != 3001 || l.size > 200_000 {
		t.Errorf("next %d, %d octets", l.next, l.size)
	}
}

func TestDotlocks(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.lock")
	for what, content := range map[string]string{"dead maker": "999999999:", "old": "1:elsewhere"} {
		host, err := os.Hostname()
		if err != nil {
			t.Fatal(err)
		}
		if what == "dead maker" {
			content += host
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if what == "old" {
			long := time.Now().Add(-time.Hour)
			if err := os.Chtimes(name, long, long); err != nil {
				t.Fatal(err)
			}
		}
		called := false
		if err := withDotlock(name, func(*os.File) error { called = true; return nil }); err != nil || !called {
			t.Errorf("%s: %v, called %v", what, err, called)
		}
	}
	if err := os.WriteFile(name, []byte("1:elsewhere"), 0o600); err != nil {
		t.Fatal(err)
	}
	if staleDotlock(name, "here") != nil {
		t.Error("a lock that may be held is taken for stale")
	}
}
