package maildir

import (
	"strings"

	"github.com/emersion/go-imap/v2"
)

// systemFlags are the flags that Maildir has capital letters for. "P" (passed) is not among them: Dovecot leaves it
// alone, and $Forwarded is an ordinary keyword there, as it is here.
var systemFlags = [...]struct {
	letter byte
	flag   imap.Flag
}{
	{'D', imap.FlagDraft},
	{'F', imap.FlagFlagged},
	{'R', imap.FlagAnswered},
	{'S', imap.FlagSeen},
	{'T', imap.FlagDeleted},
}

// flagsOf returns the flags that the letters stand for, in their order. Letters without a meaning are passed over.
func flagsOf(letters string, kw *keywords) []imap.Flag {
	flags := make([]imap.Flag, 0, len(letters))
	for _, letter := range []byte(letters) {
		if flag, ok := flagOf(letter, kw); ok {
			flags = append(flags, flag)
		}
	}
	return flags
}

func flagOf(letter byte, kw *keywords) (imap.Flag, bool) {
	for _, s := range systemFlags {
		if s.letter == letter {
			return s.flag, true
		}
	}
	return kw.flag(letter)
}

// letterOf returns the letter that stands for the flag in the folder with these keywords. Flags are compared without
// regard to case (RFC 9051 section 2.3.2).
func letterOf(flag imap.Flag, kw *keywords) (byte, bool) {
	for _, s := range systemFlags {
		if strings.EqualFold(string(s.flag), string(flag)) {
			return s.letter, true
		}
	}
	return kw.letter(flag)
}

func hasLetter(letters string, letter byte) bool { return strings.IndexByte(letters, letter) >= 0 }

// otherLetters returns those of the letters that stand for no flag.
func otherLetters(letters string, kw *keywords) string {
	var other []byte
	for _, letter := range []byte(letters) {
		if _, ok := flagOf(letter, kw); !ok {
			other = append(other, letter)
		}
	}
	return string(other)
}

// changedLetters applies a STORE to the letters of a file name. All flags of the command have letters already. Letters
// that stand for no flag stay, whatever the command.
func changedLetters(letters string, store *imap.StoreFlags, kw *keywords) string {
	var named []byte
	for _, flag := range store.Flags {
		if letter, ok := letterOf(flag, kw); ok {
			named = append(named, letter)
		}
	}
	switch store.Op {
	case imap.StoreFlagsAdd:
		return letters + string(named)
	case imap.StoreFlagsDel:
		var kept []byte
		for _, letter := range []byte(letters) {
			if !hasLetter(string(named), letter) {
				kept = append(kept, letter)
			}
		}
		return string(kept)
	default:
		return otherLetters(letters, kw) + string(named)
	}
}

// checkFlags refuses flags that cannot be stored: system flags other than the five, which RFC 9051 section 2.3.2
// reserves, and \Recent and \* , which are no flags to store.
func checkFlags(flags []imap.Flag) error {
	for _, flag := range flags {
		if _, known := letterOf(flag, &keywords{}); !known && (flag == "" || flag[0] == '\\') {
			return no(imap.ResponseCodeCannot, "The flag %s cannot be stored", flag)
		}
	}
	return nil
}

// A letterSet is a set of flag letters.
type letterSet [256]bool

func (s *letterSet) add(letters string) {
	for _, letter := range []byte(letters) {
		s[letter] = true
	}
}

// String returns the letters in order.
func (s *letterSet) String() string {
	var letters []byte
	for letter, ok := range s {
		if ok {
			letters = append(letters, byte(letter))
		}
	}
	return string(letters)
}

// usedLetters returns all letters that are in file names of the folder at dir. It gives no UIDs, so that it can be asked
// while messages are on their way.
func usedLetters(dir string) (string, error) {
	places, err := readPlaces(dir, false, nil)
	if err != nil {
		return "", err
	}
	var used letterSet
	for _, p := range places {
		used.add(parseFileName(p.name).flags)
	}
	return used.String(), nil
}
