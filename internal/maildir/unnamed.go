package maildir

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/utf7"
)

// unnamed are the directories that are folders but for their names, which another encoding has made (.Entwürfe, .R&D) or
// which mean INBOX (.inbox.Sub): no command can address them. They are listed, so that people learn of them, and nothing
// is done that would tear them from the folders that they belong to.
type unnamed []string

// unnamed finds them.
func (t *Tree) unnamed() (unnamed, error) {
	entries, err := os.ReadDir(t.dir)
	if err != nil {
		return nil, fmt.Errorf("list the folders: %w", err)
	}
	var dirs unnamed
	for _, e := range entries {
		if _, ok := nameOfDir(e.Name()); ok || !strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if exists, err := isFolder(t.pathOfDir(e.Name())); err != nil {
			return nil, fmt.Errorf("list the folders: %w", err)
		} else if exists {
			dirs = append(dirs, e.Name())
		}
	}
	return dirs, nil
}

// unnamedData is what LIST says of a directory without a name. IMAP has no response for it; with a delimiter that is no
// character a client takes it for a folder that cannot be told, which is the truth.
func unnamedData(dir string) *imap.ListData {
	return &imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrNoSelect}, Delim: utf8.RuneError, Mailbox: dir}
}

// checkNoTwin refuses the name of a folder that is there already under a directory name of another encoding: there would
// be two of what people take for one.
func (u unnamed) checkNoTwin(name string) error {
	for _, dir := range u {
		if slices.Contains(meanings(dir), name) {
			return no(imap.ResponseCodeCannot, "The directory %+q is that folder under a name in the wrong encoding; rename the directory to %q first", dir, dirName(name))
		}
	}
	return nil
}

// checkNoneBelow refuses what would be done to the folder and all below it, if one of those has no name.
func (u unnamed) checkNoneBelow(name string, code imap.ResponseCode) error {
	for _, dir := range u {
		if isDirBelow(dir, name) {
			return no(code, "The directory %+q is a folder below %q under a name in the wrong encoding; rename or remove the directory first", dir, name)
		}
	}
	return nil
}

// isDirBelow says whether a directory without a name lies below the folder.
func isDirBelow(dir, name string) bool {
	if name != inbox && strings.HasPrefix(dir, dirName(name)+".") {
		return true
	}
	return slices.ContainsFunc(meanings(dir), func(m string) bool { return isBelow(m, name) })
}

// meanings returns the folder names that a directory's name can have been meant for: as it stands, and decoded from a
// modified UTF-7 that is not quite right.
func meanings(dir string) []string {
	plain := strings.ReplaceAll(strings.TrimPrefix(dir, "."), ".", string(delimiter))
	names := []string{foldInbox(plain)}
	if decoded, err := utf7.DecodeLoosely(plain); err == nil && decoded != plain {
		names = append(names, foldInbox(decoded))
	}
	return names
}
