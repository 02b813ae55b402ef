package server

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/imapform/imapform/internal/mailbox"
)

// A namespace is where a user's own folders lie on the server (RFC 2342): their
// names begin with prefix, decoded, and delim stands between levels. The zero
// delim is NIL: folders have one level.
type namespace struct {
	prefix string
	delim  rune
}

// inInbox says whether all the user's folders lie below INBOX, as with Courier and
// Cyrus: then `INBOX/Lists` and `Lists` are the same folder, called `Lists` here.
func (ns namespace) inInbox() bool {
	return ns.delim != 0 && strings.EqualFold(ns.prefix, string(mailbox.Inbox)+string(ns.delim))
}

// fromWire returns the configuration's name of a folder that the server calls
// wire, with delim between its levels.
func (ns namespace) fromWire(wire string, delim rune) (mailbox.Name, error) {
	if !utf8.ValidString(wire) {
		return "", errors.New("its name is not valid UTF-8")
	}
	if strings.EqualFold(wire, string(mailbox.Inbox)) {
		return mailbox.Inbox, nil
	}
	levels := splitLevels(wire, delim)
	switch rest, inside := ns.cut(wire); {
	case inside:
		levels = splitLevels(rest, delim)
		switch {
		case !strings.EqualFold(levels[0], string(mailbox.Inbox)) || ns.prefix == "":
		case ns.inInbox(): // INBOX.INBOX is not INBOX
			levels = append([]string{string(mailbox.Inbox)}, levels...)
		default:
			return "", fmt.Errorf("below %q its name would be that of INBOX", ns.prefix)
		}
	case strings.EqualFold(levels[0], string(mailbox.Inbox)):
	default:
		return "", errOutside
	}
	for i, level := range levels {
		switch {
		case level == "":
			return "", errors.New("one of its levels has no name")
		case strings.Contains(level, "/"):
			return "", fmt.Errorf("%q, one of its levels, holds %q, which separates levels in a configuration", level, "/")
		}
		levels[i] = norm.NFC.String(level)
	}
	return mailbox.FromLevels(levels), nil
}

// toWire returns what the server calls a folder, or would call it if there were
// one. A folder that is known may have been spelt otherwise by whoever made it.
func (ns namespace) toWire(name mailbox.Name) (string, error) {
	if !utf8.ValidString(string(name)) {
		return "", fmt.Errorf("folder %q: the name is not valid UTF-8", name)
	}
	if name == "" {
		return "", errors.New("a folder without a name")
	}
	if name == mailbox.Inbox {
		return string(mailbox.Inbox), nil
	}
	levels := name.Levels()
	for _, level := range levels {
		switch {
		case level == "":
			return "", fmt.Errorf("folder %q: one of its levels has no name", name)
		case ns.delim != 0 && strings.ContainsRune(level, ns.delim):
			return "", fmt.Errorf("folder %q: its level %q holds %q, which separates levels on this server: choose another name",
				name, level, string(ns.delim))
		}
	}
	if ns.delim == 0 && len(levels) > 1 {
		return "", fmt.Errorf("folder %q: this server has no folders within folders", name)
	}
	prefix := ns.prefix
	if levels[0] == string(mailbox.Inbox) {
		if ns.inInbox() {
			levels = levels[1:]
		} else {
			prefix = ""
		}
	}
	return prefix + strings.Join(levels, string(ns.delim)), nil
}

// canonical returns the one name by which a folder is listed.
func (ns namespace) canonical(name mailbox.Name) mailbox.Name {
	if !ns.inInbox() {
		return name
	}
	rest, below := strings.CutPrefix(string(name), string(mailbox.Inbox)+"/")
	if first, _, _ := strings.Cut(rest, "/"); !below || strings.EqualFold(first, string(mailbox.Inbox)) {
		return name // INBOX.INBOX is not INBOX
	}
	return mailbox.Name(rest)
}

func splitLevels(wire string, delim rune) []string {
	if delim == 0 {
		return []string{wire}
	}
	return strings.Split(wire, string(delim))
}

// cut returns what follows the prefix; false for a name that lies outside. Some
// servers tell INBOX in other letter case here and there.
func (ns namespace) cut(wire string) (string, bool) {
	if n := len(ns.prefix); ns.inInbox() && len(wire) >= n && strings.EqualFold(wire[:n], ns.prefix) {
		return wire[n:], true
	}
	return strings.CutPrefix(wire, ns.prefix)
}
