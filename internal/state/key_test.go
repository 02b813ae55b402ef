package state

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func nameOf(t *testing.T, k Key) string {
	t.Helper()
	name, err := k.FileName()
	if err != nil {
		t.Fatalf("%+v: %v", k, err)
	}
	return name
}

func TestKeyRefused(t *testing.T) {
	for _, k := range []Key{
		{},
		{Username: "me"},
		{Host: "h", Maildir: "/m"},
		{Maildir: "m"},
		{Maildir: "./m"},
	} {
		if name, err := k.FileName(); err == nil {
			t.Errorf("%+v is %s", k, name)
		}
	}
}

func TestSameKey(t *testing.T) {
	tree, link := t.TempDir(), filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(tree, link); err != nil {
		t.Fatal(err)
	}
	for _, same := range [][]Key{
		{{Host: "imap.example.org", Port: 993, Username: "me"}, {Host: "IMAP.Example.ORG", Port: 993, Username: "me"}, {Host: "imap.example.org.", Port: 143, Username: "me"}},
		{{Host: "::1", Port: 1143}, {Host: "[0:0:0:0:0:0:0:1]", Port: 1143}},
		{{Host: "127.0.0.1", Port: 1}, {Host: "::ffff:127.0.0.1", Port: 1}},
		{{Maildir: tree}, {Maildir: link}, {Maildir: link + "/"}, {Maildir: link + "/x/.."}, {Maildir: tree, Username: "me", Port: 3}},
		{{Maildir: tree + "/not/yet"}, {Maildir: link + "/not/yet"}, {Maildir: link + "//not/./yet/"}},
	} {
		for _, k := range same[1:] {
			if a, b := nameOf(t, same[0]), nameOf(t, k); a != b {
				t.Errorf("%+v is %s, %+v is %s", same[0], a, k, b)
			}
		}
	}
}

// The tree has the same lock before and after it is made.
func TestKeyOfNewTree(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	k := Key{Maildir: filepath.Join(link, "new", "mail")}
	before := nameOf(t, k)
	if err := os.MkdirAll(k.Maildir, 0o700); err != nil {
		t.Fatal(err)
	}
	if after := nameOf(t, k); after != before {
		t.Errorf("%s is %s now", before, after)
	}
}

func TestOtherKey(t *testing.T) {
	seen := map[string]Key{}
	long := strings.Repeat("x", 300)
	for _, k := range []Key{
		{Host: "h", Port: 993, Username: "me"},
		{Host: "h", Port: 993, Username: "Me"},
		{Host: "h", Port: 993, Username: "me "},
		{Host: "h", Port: 1143, Username: "me"},
		{Host: "g", Port: 993, Username: "me"},
		{Host: "h", Port: 993, Username: ""},
		{Host: "h", Port: 993, Username: "\x00me"},
		{Host: "h", Port: 993, Username: "../../me"},
		{Host: "h", Port: 993, Username: "m\xffe"},
		{Host: "h", Port: 99, Username: "3\x00me"},
		{Host: "h\x00993", Port: 993, Username: "me"},
		{Host: "../h", Port: 993, Username: "me"},
		{Host: long, Port: 993, Username: "me"},
		{Host: long + "x", Port: 993, Username: "me"},
		{Host: "-", Port: 993, Username: "me"},
		{Host: "bücher.example", Port: 993, Username: "me"},
		{Maildir: "/"},
		{Maildir: "/nowhere/Mail"},
		{Maildir: "/nowhere/mail"},
		{Maildir: "/elsewhere/mail"},
	} {
		name := nameOf(t, k)
		if other, ok := seen[name]; ok {
			t.Errorf("%+v and %+v are %s", k, other, name)
		}
		seen[name] = k
		if name != filepath.Base(name) || len(name) > 120 || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-") ||
			strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "" {
			t.Errorf("%+v is %q", k, name)
		}
	}
}

// The names stay as they are: of two versions, one must find the locks and journals of
// the other.
func TestFileNameStays(t *testing.T) {
	if got := nameOf(t, Key{Host: "imap.example.org", Port: 993, Username: "me@example.org"}); got != "imap.example.org-2cce4890c4990b758989f9f2e33ba285" {
		t.Errorf("got %s", got)
	}
}
