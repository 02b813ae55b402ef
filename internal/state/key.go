package state

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"path/filepath"
	"strings"
)

// A Key says which account it is: that of a host, port and user, or a local tree. Two
// ways of writing one host are one, and so are ports 143 and 993, on which a server
// has the same mail (RFC 8314 section 3.2). User names are compared as they are.
type Key struct {
	Host     string
	Port     int
	Username string
	Maildir  string // absolute; empty: Host is set
}

// FileName is the account's name among files, still to get an ending: something of the
// host or the tree for people who look, and a hash of everything, in which the user's
// name is hidden. It is the same for all ways of writing the account.
func (k Key) FileName() (string, error) {
	readable, whole, err := k.canonical()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(whole))
	return tame(readable) + "-" + hex.EncodeToString(sum[:16]), nil
}

// canonical returns what is readable of the key, and the same text for all ways of
// writing it, different from that of all others.
func (k Key) canonical() (readable, whole string, err error) {
	switch {
	case (k.Host == "") == (k.Maildir == ""):
		return "", "", errors.New("an account has either a host or a maildir")
	case k.Maildir != "" && !filepath.IsAbs(k.Maildir):
		return "", "", fmt.Errorf("the maildir %q is not an absolute path", k.Maildir)
	case k.Maildir != "":
		path, err := resolve(filepath.Clean(k.Maildir))
		if err != nil {
			return "", "", fmt.Errorf("follow the path of the maildir: %w", err)
		}
		return filepath.Base(path), "maildir\x00" + path, nil
	}
	host, port := canonicalHost(k.Host), k.Port
	if port == 143 {
		port = 993
	}
	return host, fmt.Sprintf("imap\x00%s\x00%d\x00%s", host, port, k.Username), nil
}

// canonicalHost compares as the DNS does (RFC 4343), and addresses as numbers.
func canonicalHost(host string) string {
	if address, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return address.Unmap().String()
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// resolve is the path without links, also of a tree that is still to be made.
func resolve(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return real, err
	}
	parent := filepath.Dir(path)
	if parent == path {
		return path, nil
	}
	real, err = resolve(parent)
	return filepath.Join(real, filepath.Base(path)), err
}

// maxReadable keeps file names below what file systems allow.
const maxReadable = 60

// tame leaves of a text what every file system takes, and shell users do not mind.
func tame(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '_'
	}, text)
	return cmp.Or(strings.TrimLeft(text[:min(len(text), maxReadable)], ".-"), "account")
}
