package apply

import (
	"slices"

	"github.com/emersion/go-imap/v2"
)

// The bounds of one command.
const (
	maxChanged = 500    // messages that it changes: what is unknown if its answer never comes
	maxFetched = 10_000 // messages that it asks about
	maxOctets  = 8_000  // of its UID set: some servers drop longer lines
)

// batches cuts messages into sets for one command each, in ascending order.
func batches(uids []imap.UID, most int) [][]imap.UID {
	uids = slices.Sorted(slices.Values(uids))
	var all [][]imap.UID
	for len(uids) > 0 {
		n := min(most, len(uids))
		for len(imap.UIDSetNum(uids[:n]...).String()) > maxOctets {
			n /= 2
		}
		all = append(all, uids[:n:n])
		uids = uids[n:]
	}
	return all
}
