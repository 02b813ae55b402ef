package server

import (
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/uidset"
)

// A uidSet remembers UIDs that come mostly in ascending order, as servers tell them: it
// takes eight octets for each range of them, and so at most for each message, however
// far apart UIDs are. The zero value is empty.
type uidSet struct {
	ranges []imap.UIDRange       // ascending, apart from each other
	late   map[imap.UID]struct{} // those that came behind a higher one
	count  int
}

// add adds a UID, and is false if it was there already.
func (s *uidSet) add(uid imap.UID) bool {
	if s.has(uid) {
		return false
	}
	s.count++
	last := len(s.ranges) - 1
	switch {
	case last < 0 || uid > s.ranges[last].Stop && uid-s.ranges[last].Stop > 1:
		s.ranges = append(s.ranges, imap.UIDRange{Start: uid, Stop: uid})
	case uid > s.ranges[last].Stop:
		s.ranges[last].Stop = uid
	default:
		if s.late == nil {
			s.late = map[imap.UID]struct{}{}
		}
		s.late[uid] = struct{}{}
	}
	return true
}

func (s *uidSet) has(uid imap.UID) bool {
	n := len(s.ranges)
	if n == 0 || uid > s.ranges[n-1].Stop {
		return false // the usual case
	}
	_, found := slices.BinarySearchFunc(s.ranges, uid, uidset.Compare)
	if !found && s.late != nil {
		_, found = s.late[uid]
	}
	return found
}
