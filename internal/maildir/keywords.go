package maildir

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
)

const (
	keywordsFile    = "dovecot-keywords"
	keywordsLock    = "dovecot-uidlist.lock" // Dovecot's rule: who writes the keywords holds the lock on its UID list
	maxKeywords     = 26
	maxKeywordsSize = 1 << 20 // octets
)

// errDamaged marks what another program wrote and is not understood. It is never taken for empty.
var errDamaged = errors.New("the file is damaged")

// keywords says what the letters a to z stand for in a folder. The zero value knows none.
type keywords struct {
	names  [maxKeywords]string // "": the letter is free
	beyond []string            // lines with higher numbers, which no letter can express; kept as they are
}

// parseKeywords reads Dovecot's format: lines of a number from 0 and a keyword.
func parseKeywords(data []byte) (*keywords, error) {
	kw := new(keywords)
	for n, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if line == "" && len(data) == 0 {
			break
		}
		number, name, ok := strings.Cut(line, " ")
		i, err := strconv.ParseUint(number, 10, 31)
		if !ok || err != nil || name == "" || number != strconv.FormatUint(i, 10) {
			return nil, fmt.Errorf("line %d: %q is no number and keyword: %w", n+1, line, errDamaged)
		}
		if i >= maxKeywords {
			kw.beyond = append(kw.beyond, line)
			continue
		}
		if kw.names[i] != "" {
			return nil, fmt.Errorf("line %d: number %d comes twice: %w", n+1, i, errDamaged)
		}
		kw.names[i] = name
	}
	return kw, nil
}

// format is parseKeywords' inverse.
func (kw *keywords) format() []byte {
	var b bytes.Buffer
	for i, name := range kw.names {
		if name != "" {
			fmt.Fprintf(&b, "%d %s\n", i, name)
		}
	}
	for _, line := range kw.beyond {
		b.WriteString(line + "\n")
	}
	return b.Bytes()
}

// flag returns the keyword that the letter stands for. A name that IMAP cannot express has none.
func (kw *keywords) flag(letter byte) (imap.Flag, bool) {
	if letter < 'a' || letter > 'z' {
		return "", false
	}
	name := kw.names[letter-'a']
	return imap.Flag(name), isKeyword(name)
}

func (kw *keywords) letter(flag imap.Flag) (byte, bool) {
	for i, name := range kw.names {
		if name != "" && strings.EqualFold(name, string(flag)) {
			return 'a' + byte(i), true
		}
	}
	return 0, false
}

// haveAll says whether each of the flags has a letter.
func (kw *keywords) haveAll(flags []imap.Flag) bool {
	return !slices.ContainsFunc(flags, func(f imap.Flag) bool {
		_, ok := letterOf(f, kw)
		return !ok
	})
}

// add gives the keyword a letter: the first that has no name and that no file uses without one, since those files would
// have the keyword at once. It says false if there is none left.
func (kw *keywords) add(flag imap.Flag, used string) bool {
	for i := range kw.names {
		if kw.names[i] == "" && !hasLetter(used, 'a'+byte(i)) {
			kw.names[i] = string(flag)
			return true
		}
	}
	return false
}

// flags returns the keywords in the order of their letters.
func (kw *keywords) flags() []imap.Flag {
	var flags []imap.Flag
	for i := range kw.names {
		if flag, ok := kw.flag('a' + byte(i)); ok {
			flags = append(flags, flag)
		}
	}
	return flags
}

// isKeyword says whether the name is an atom (RFC 9051 section 9).
func isKeyword(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`(){%*"\]`, r)
	})
}

// readKeywords reads the keywords of the folder at dir. A missing file means none.
func readKeywords(dir string) (*keywords, error) {
	data, err := readSmallFile(filepath.Join(dir, keywordsFile), maxKeywordsSize)
	if errors.Is(err, fs.ErrNotExist) {
		return new(keywords), nil
	}
	if err != nil {
		return nil, err
	}
	kw, err := parseKeywords(data)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", filepath.Join(dir, keywordsFile), err)
	}
	return kw, nil
}

// ensureKeywords sees to it that each of the flags has a letter in the folder at dir, and returns the keywords as they
// are then. Letters in used are in file names of the folder. If there are too few letters nothing is written.
func ensureKeywords(dir string, flags []imap.Flag, used string) (*keywords, error) {
	known, err := readKeywords(dir)
	if err != nil {
		return nil, err
	}
	if known.haveAll(flags) {
		return known, nil
	}
	err = withDotlock(filepath.Join(dir, keywordsLock), func(*os.File) error {
		return replaceLocked(filepath.Join(dir, keywordsFile), maxKeywordsSize, func(old []byte) ([]byte, error) {
			if known, err = parseKeywords(old); err != nil {
				return nil, err
			}
			for _, flag := range flags {
				if _, ok := letterOf(flag, known); !ok && !known.add(flag, used) {
					return nil, no(imap.ResponseCodeLimit, "The folder has no letter left for the keyword %s: a Maildir folder can have %d keywords", flag, maxKeywords)
				}
			}
			return known.format(), nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("add keywords in %q: %w", dir, err)
	}
	return known, nil
}
