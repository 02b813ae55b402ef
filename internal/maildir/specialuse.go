package maildir

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
)

const specialUseFile = "imapform-specialuse"

// codeUseAttr refuses a special use (RFC 6154 section 3).
const codeUseAttr = imap.ResponseCode("USEATTR")

// specialUses are the uses that a folder can be created for (RFC 6154 section 2, RFC 8457). \All and \Flagged are not
// among them: those are views of other folders' messages.
var specialUses = [...]imap.MailboxAttr{
	imap.MailboxAttrArchive, imap.MailboxAttrDrafts, imap.MailboxAttrJunk, imap.MailboxAttrSent,
	imap.MailboxAttrTrash, imap.MailboxAttrImportant,
}

func checkSpecialUse(use []imap.MailboxAttr) error {
	for _, attr := range use {
		if !slices.Contains(specialUses[:], attr) {
			return no(codeUseAttr, "No folder can be created with the use %s", attr)
		}
	}
	return nil
}

// writeSpecialUse remembers the uses of the folder at dir. No use, no file.
func writeSpecialUse(dir string, use []imap.MailboxAttr) error {
	if len(use) == 0 {
		return nil
	}
	var b strings.Builder
	for _, attr := range use {
		b.WriteString(string(attr) + "\n")
	}
	return replaceFile(filepath.Join(dir, specialUseFile), []byte(b.String()))
}

func readSpecialUse(dir string) ([]imap.MailboxAttr, error) {
	name := filepath.Join(dir, specialUseFile)
	data, err := readSmallFile(name, 1000)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var use []imap.MailboxAttr
	for line := range strings.Lines(string(data)) {
		attr := imap.MailboxAttr(strings.TrimSuffix(line, "\n"))
		if checkSpecialUse([]imap.MailboxAttr{attr}) != nil {
			return nil, fmt.Errorf("read %q: %w", name, errDamaged)
		}
		use = append(use, attr)
	}
	return use, nil
}
