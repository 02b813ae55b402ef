package mailbox

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Inbox is the folder that every account has (RFC 9051 section 5.1).
const Inbox Name = "INBOX"

// A Name is a folder's name in canonical form: levels separated by "/", in
// Unicode's NFC, a first level that is INBOX in any letter case written INBOX.
// Two folders are the same exactly if their names are equal. The zero value
// names no folder.
type Name string

// ParseName turns what somebody wrote into a Name. It fails on what no server
// could hold or what IMAP could not address safely; the error says what to do.
func ParseName(s string) (Name, error) {
	levels, err := parseLevels(s, "")
	if err != nil {
		return "", err
	}
	return FromLevels(levels), nil
}

// parseLevels checks the levels of a name, and puts them in NFC. Those of the
// wildcards that are allowed stay as they are.
func parseLevels(s, wildcards string) ([]string, error) {
	if !utf8.ValidString(s) {
		return nil, errors.New("a folder name must be valid UTF-8")
	}
	if strings.TrimSpace(s) == "" {
		return nil, errors.New("a folder name must not be empty")
	}
	for _, r := range s {
		switch {
		case (r == '*' || r == '%') && !strings.ContainsRune(wildcards, r):
			return nil, fmt.Errorf("a folder name must not contain %q: IMAP takes it for a wildcard", r)
		case unicode.IsControl(r):
			return nil, fmt.Errorf("a folder name must not contain control characters such as %U", r)
		case r == utf8.RuneError:
			return nil, errors.New("a folder name must not contain U+FFFD, the mark of text that was not valid UTF-8")
		}
	}
	levels := strings.Split(norm.NFC.String(s), "/")
	for _, level := range levels {
		if strings.TrimSpace(level) == "" {
			return nil, fmt.Errorf("the folder name %q has an empty level: write one %q between levels and none at the ends", s, "/")
		}
	}
	return levels, nil
}

// FromLevels joins levels to a Name. The levels must be valid; a name from a
// server may hold anything but "/" in a level.
func FromLevels(levels []string) Name {
	if len(levels) > 0 && strings.EqualFold(levels[0], string(Inbox)) {
		levels = append([]string{string(Inbox)}, levels[1:]...)
	}
	return Name(strings.Join(levels, "/"))
}

// Levels returns the name's levels, outermost first.
func (n Name) Levels() []string { return strings.Split(string(n), "/") }

// Parent returns the name one level up; false for a name of one level.
func (n Name) Parent() (Name, bool) {
	i := strings.LastIndexByte(string(n), '/')
	if i < 0 {
		return "", false
	}
	return n[:i], true
}

// Below says whether the name lies strictly below the other.
func (n Name) Below(other Name) bool {
	return len(n) > len(other) && strings.HasPrefix(string(n), string(other)) && n[len(other)] == '/'
}

// Rebase returns where the name lies once from has been renamed to to; a name
// that is neither from nor below it stays what it is.
func (n Name) Rebase(from, to Name) Name {
	switch {
	case n == from:
		return to
	case n.Below(from):
		return to + n[len(from):]
	default:
		return n
	}
}

// Depth is the number of the name's levels.
func (n Name) Depth() int { return strings.Count(string(n), "/") + 1 }

// Fold is a key that is equal for names that differ only in letter case or
// normalisation, which some servers and file systems take for one folder.
func (n Name) Fold() string {
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(string(n))))
}
