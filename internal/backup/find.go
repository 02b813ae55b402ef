package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
)

// Find returns the names of what is kept in a directory of a message, for who has not
// noted the one that Keep returned; more than one only if UIDs were given out twice.
// None is no error, nor is a directory that is not there.
func Find(dir, account string, folder mailbox.Name, uidValidity uint32, uid imap.UID) ([]string, error) {
	within := folderOf(apply.Kept{Account: account, Folder: folder})
	entries, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(within)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("look for the backup of message %d of folder %q: %w", uid, folder, err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), fmt.Sprintf("%d-%d-", uidValidity, uid)) && strings.HasSuffix(e.Name(), messageEnding) {
			names = append(names, path.Join(within, e.Name()))
		}
	}
	return names, nil
}
