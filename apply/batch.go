package apply

import (
	"slices"

	"github.com/emersion/go-imap/v2"
)

// The bounds of one command.
const (
	maxChanged = 500   // messages that it changes: what is unknown if its answer never comes
	maxOctets  = 8_000 // of its UID set: some servers drop longer lines
)

// batches cuts messages into sets for one command each, in ascending order.
func batches(uids []imap.UID, most int) [][]imap.UID {
	uids = slices.Sorted(slices.Values(uids))
	var all [][]imap.UID
	for len(uids) > 0 {
		var set []imap.UID
		set, uids = cut(uids, most)
		all = append(all, set)
	}
	return all
}

// cut takes the first messages, as many as one command can name.
func cut(uids []imap.UID, most int) (set, rest []imap.UID) {
	n := min(most, len(uids))
	for len(imap.UIDSetNum(uids[:n]...).String()) > maxOctets {
		n /= 2
	}
	return uids[:n:n], uids[n:]
}
