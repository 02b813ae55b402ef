package mailbox

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// Flags is a set of flags and keywords, sorted, each once: system flags in RFC
// 9051's spelling (`\Seen`), keywords as written. Letter case does not count
// (RFC 9051 section 2.3.2). The zero value is the empty set. A Flags is never
// changed in place.
type Flags []imap.Flag

// NewFlags makes the set of the given flags. `\Recent` is left out: it belongs to
// a session, not to a message.
func NewFlags(flags ...imap.Flag) Flags {
	set := make(Flags, 0, len(flags))
	for _, f := range flags {
		if f = canonicalFlag(f); f != `\Recent` {
			set = append(set, f)
		}
	}
	slices.SortStableFunc(set, compareFlags) // of two spellings the first stays
	return slices.CompactFunc(set, func(a, b imap.Flag) bool { return compareFlags(a, b) == 0 })
}

var systemFlags = []imap.Flag{
	imap.FlagAnswered, imap.FlagDeleted, imap.FlagDraft, imap.FlagFlagged, imap.FlagSeen, `\Recent`,
}

func canonicalFlag(f imap.Flag) imap.Flag {
	if !strings.HasPrefix(string(f), `\`) {
		return f
	}
	for _, known := range systemFlags {
		if strings.EqualFold(string(f), string(known)) {
			return known
		}
	}
	return f
}

// compareFlags compares without regard to the case of ASCII letters, and without
// allocating: rules do it for every message.
func compareFlags(a, b imap.Flag) int {
	for i := range min(len(a), len(b)) {
		if c := cmp.Compare(lower(a[i]), lower(b[i])); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Has says whether the flag is in the set.
func (fs Flags) Has(f imap.Flag) bool {
	_, found := slices.BinarySearchFunc(fs, canonicalFlag(f), compareFlags)
	return found || fs.every()
}

// With returns the set with the others added.
func (fs Flags) With(others Flags) Flags {
	return NewFlags(append(slices.Clone(fs), others...)...)
}

// Without returns the set with the others removed.
func (fs Flags) Without(others Flags) Flags {
	return slices.DeleteFunc(slices.Clone(fs), others.Has)
}

// Common returns the flags that are in both sets.
func (fs Flags) Common(other Flags) Flags {
	if fs.every() {
		return other
	}
	return slices.DeleteFunc(slices.Clone(fs), func(f imap.Flag) bool { return !other.Has(f) })
}

// Equal says whether both sets hold the same flags.
func (fs Flags) Equal(other Flags) bool {
	return slices.EqualFunc(fs, other, func(a, b imap.Flag) bool { return compareFlags(a, b) == 0 })
}

// String joins the flags with spaces, as people write them.
func (fs Flags) String() string {
	words := make([]string, len(fs))
	for i, f := range fs {
		words[i] = FlagWord(f)
	}
	return strings.Join(words, " ")
}

// FlagWord is a flag as configurations write it: "seen", "$Invoice".
func FlagWord(f imap.Flag) string {
	if word, ok := strings.CutPrefix(string(canonicalFlag(f)), `\`); ok {
		return strings.ToLower(word)
	}
	return string(f)
}

// wrongFlags are words that people try, and what they should say instead.
var wrongFlags = map[string]string{
	"deleted": `"deleted" cannot be set or removed by a rule: say delete = "trash" or delete = "permanent"`,
	"recent":  `"recent" belongs to the server: no client can change it`,
	"read":    `there is no flag "read": say "seen"`,
	"unread":  `there is no flag "unread": say seen = false to match it, or "seen" in remove_flags to set it`,
	"unseen":  `there is no flag "unseen": say seen = false to match it, or "seen" in remove_flags to set it`,
	"starred": `there is no flag "starred": say "flagged"`,
}

// ParseFlag turns what somebody wrote into a flag: a system flag in any case, with
// or without its backslash, or a keyword (RFC 9051 section 2.3.2).
func ParseFlag(s string) (imap.Flag, error) {
	if s == "" {
		return "", errors.New("a flag must not be empty")
	}
	word := strings.ToLower(strings.TrimPrefix(s, `\`))
	if hint, ok := wrongFlags[word]; ok {
		return "", errors.New(hint)
	}
	if f := canonicalFlag(imap.Flag(`\` + word)); slices.Contains(systemFlags, f) {
		return f, nil
	}
	if strings.HasPrefix(s, `\`) {
		return "", fmt.Errorf("there is no system flag %q: the ones that rules can use are seen, flagged, answered and draft", s)
	}
	for _, r := range s {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`(){%*"\]`, r) {
			return "", fmt.Errorf("the keyword %q contains %q: a keyword is ASCII without spaces and without any of ( ) { %% * \" \\ ]", s, r)
		}
	}
	return imap.Flag(s), nil
}

// everyFlag stands for all flags there are. No server can send it: a flag is never
// empty (RFC 9051 section 9).
const everyFlag imap.Flag = ""

// EveryFlag is the set of all flags and keywords: it has each, and what it has in
// common with a set is that set.
func EveryFlag() Flags { return Flags{everyFlag} }

func (fs Flags) every() bool { return len(fs) > 0 && fs[0] == everyFlag }
