package server

import (
	"errors"
	"fmt"
	"iter"

	"github.com/emersion/go-imap/v2"
)

const (
	maxSet    = 8000    // octets of a set in one command: servers cut or refuse longer lines
	maxWindow = 1 << 32 // messages read by one command: all there can be
	maxBurst  = 16      // commands for messages that are sent at once

	maxStructures = 2000 // messages whose texts are read together
)

// checkUIDs refuses a set that could name other messages than those meant: an empty
// one, one with "*", and UIDs that the open folder has not given out yet, for which
// some servers take the last message instead. limit is the highest UID that there
// can be; 0: it is not known.
func checkUIDs(uids imap.UIDSet, limit imap.UID) error {
	if err := givenOut(uids, limit); err != nil {
		return err
	}
	if n := len(uids.String()); n > maxSet {
		return fmt.Errorf("a set of UIDs of %d octets is too long for one command: %d at most", n, maxSet)
	}
	return nil
}

// givenOut is checkUIDs of a set of any length, which more than one command will carry.
func givenOut(uids imap.UIDSet, limit imap.UID) error {
	if err := wellFormed(uids); err != nil {
		return err
	}
	for _, r := range uids {
		if limit != 0 && r.Stop > limit {
			return fmt.Errorf("UID %d has not been given out: the folder's highest can be %d", r.Stop, limit)
		}
	}
	return nil
}

// wellFormed refuses an empty set, and one whose UIDs are not all told.
func wellFormed(uids imap.UIDSet) error {
	if len(uids) == 0 {
		return errors.New("no UID is given")
	}
	if uids.Dynamic() {
		return errors.New(`a set of UIDs must not hold "*" or "$"`)
	}
	for _, r := range uids {
		if r.Start == 0 || r.Stop == 0 || r.Start > r.Stop {
			return fmt.Errorf("the set of UIDs %q is not well-formed", uids)
		}
	}
	return nil
}

// windows cuts a set that is well-formed and not dynamic into sets that one command
// can carry, of at most size messages each.
func windows(uids imap.UIDSet, size int64) iter.Seq[imap.UIDSet] {
	return func(yield func(imap.UIDSet) bool) {
		var (
			window imap.UIDSet
			count  int64
			octets int
		)
		for _, r := range uids {
			for start := int64(r.Start); start <= int64(r.Stop); {
				stop := min(int64(r.Stop), start+size-count-1)
				part := imap.UIDRange{Start: imap.UID(start), Stop: imap.UID(stop)}
				n := len(imap.UIDSet{part}.String()) + 1
				if len(window) > 0 && octets+n > maxSet {
					if !yield(window) {
						return
					}
					window, count, octets = nil, 0, 0
					continue
				}
				window = append(window, part)
				octets += n
				count += stop - start + 1
				start = stop + 1
				if count == size {
					if !yield(window) {
						return
					}
					window, count, octets = nil, 0, 0
				}
			}
		}
		if len(window) > 0 {
			yield(window)
		}
	}
}
