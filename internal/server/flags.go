package server

import (
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// parseFlagList reads the flags of a response code, as sent: "(\Seen $Work \*)".
func parseFlagList(s string) []imap.Flag {
	var flags []imap.Flag
	for _, word := range strings.Fields(strings.Trim(s, "()")) {
		flags = append(flags, readFlag(word))
	}
	return flags
}

// flagList writes flags for a command of our own, as checkFlags lets them through.
func flagList(flags mailbox.Flags) string {
	words := make([]string, len(flags))
	for i, f := range flags {
		words[i] = string(f)
	}
	return "(" + strings.Join(words, " ") + ")"
}

// readFlag forgives what some servers do to flags: a doubled backslash.
func readFlag(word string) imap.Flag {
	if strings.HasPrefix(word, `\\`) {
		word = word[1:]
	}
	return imap.Flag(word)
}

// checkFlags refuses what could not be sent as flags: the library would close the
// connection.
func checkFlags(flags mailbox.Flags) error {
	if len(flags) == 0 {
		return fmt.Errorf("no flag is given")
	}
	for _, f := range flags {
		word := strings.TrimPrefix(string(f), `\`)
		if word == "" || f == `\Recent` {
			return fmt.Errorf("the flag %q cannot be changed", f)
		}
		for i := 0; i < len(word); i++ {
			if ch := word[i]; ch <= ' ' || ch >= 0x7f || strings.IndexByte(`(){%*"\]`, ch) >= 0 {
				return fmt.Errorf("the flag %q holds %q, which no flag can", f, ch)
			}
		}
	}
	return nil
}
