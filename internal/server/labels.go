package server

import (
	"errors"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
)

// errLabel is why nothing is marked \Deleted in a folder that is a label.
var errLabel = errors.New("folders are labels on this server: what becomes of a message that is deleted in one hangs on the account's settings, " +
	"so that it is done in the server's own trash and junk only")

// checkPurge says why messages of the open folder cannot be deleted. A setting of
// Gmail's has \Deleted take effect at once, so that marking is deleting.
func (s *Session) checkPurge() error {
	if s.known.effect.labels && !s.purges[s.open.name] {
		return errLabel
	}
	return nil
}

// purges are the folders that the server itself names as the trash or junk.
func (l *listing) purges() map[mailbox.Name]bool {
	purges := map[mailbox.Name]bool{}
	for name, e := range l.folders {
		if slices.Contains(e.folder.Uses, mailbox.UseTrash) || slices.Contains(e.folder.Uses, mailbox.UseJunk) {
			purges[name] = true
		}
	}
	return purges
}
