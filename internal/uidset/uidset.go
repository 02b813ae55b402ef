// Package uidset counts, compares and combines sets of UIDs without listing them, which a
// range could make endless. A set that it is given is sorted, as Sorted returns one: its
// ranges are well-formed (RFC 9051 section 9, "uid-set", without "*"), in ascending order
// and apart from each other. What sets may be sent, and in how many commands, is not its
// business.
package uidset

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// Sorted returns well-formed ranges as a sorted set.
func Sorted(set imap.UIDSet) imap.UIDSet {
	ranges := slices.SortedFunc(slices.Values(set), func(a, b imap.UIDRange) int { return cmp.Compare(a.Start, b.Start) })
	var all imap.UIDSet
	for _, r := range ranges {
		if last := len(all) - 1; last >= 0 && (r.Start <= all[last].Stop || r.Start-all[last].Stop == 1) {
			all[last].Stop = max(all[last].Stop, r.Stop)
		} else {
			all = append(all, r)
		}
	}
	return all
}

// Of returns UIDs, in any order and none of them 0, as a sorted set. What imap.UIDSetNum
// makes of them is the same, but it makes room for each in the middle of the others, which
// takes long for many.
func Of(uids []imap.UID) imap.UIDSet {
	if !slices.IsSorted(uids) {
		uids = slices.Sorted(slices.Values(uids))
	}
	var set imap.UIDSet
	for i, uid := range uids {
		if i == 0 || uid != uids[i-1] {
			set = Add(set, uid)
		}
	}
	return set
}

// Add adds a UID to a set, which is sorted afterwards only if no higher UID was in it.
func Add(set imap.UIDSet, uid imap.UID) imap.UIDSet {
	if last := len(set) - 1; last >= 0 && uid-set[last].Stop == 1 {
		set[last].Stop = uid
		return set
	}
	return append(set, imap.UIDRange{Start: uid, Stop: uid})
}

// Count is how many UIDs are in a set.
func Count(set imap.UIDSet) int64 {
	var n int64
	for _, r := range set {
		n += int64(r.Stop) - int64(r.Start) + 1
	}
	return n
}

// Union are the UIDs that are in any of the sets.
func Union(sets ...imap.UIDSet) imap.UIDSet { return Sorted(slices.Concat(sets...)) }

// Common are the UIDs that are in both sets.
func Common(a, b imap.UIDSet) imap.UIDSet {
	var both imap.UIDSet
	for len(a) > 0 && len(b) > 0 {
		if start, stop := max(a[0].Start, b[0].Start), min(a[0].Stop, b[0].Stop); start <= stop {
			both = append(both, imap.UIDRange{Start: start, Stop: stop})
		}
		if a[0].Stop < b[0].Stop {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return both
}

// Without are the UIDs that are in the first set, and not in the other.
func Without(set, other imap.UIDSet) imap.UIDSet {
	var rest imap.UIDSet
	for _, r := range set {
		for len(other) > 0 && other[0].Stop < r.Start {
			other = other[1:]
		}
		start, whole := r.Start, false
		for _, o := range other {
			if o.Start > r.Stop {
				break
			}
			if o.Start > start {
				rest = append(rest, imap.UIDRange{Start: start, Stop: o.Start - 1})
			}
			if whole = o.Stop >= r.Stop; whole {
				break
			}
			start = o.Stop + 1
		}
		if !whole {
			rest = append(rest, imap.UIDRange{Start: start, Stop: r.Stop})
		}
	}
	return rest
}

// Within says whether all of a set is in another.
func Within(set, other imap.UIDSet) bool {
	for _, r := range set {
		i, found := slices.BinarySearchFunc(other, r.Start, Compare)
		if !found || other[i].Stop < r.Stop {
			return false
		}
	}
	return true
}

// UpTo are the UIDs of a set that are at most highest.
func UpTo(set imap.UIDSet, highest imap.UID) imap.UIDSet {
	var some imap.UIDSet
	for _, r := range set {
		if r.Start <= highest {
			some = append(some, imap.UIDRange{Start: r.Start, Stop: min(r.Stop, highest)})
		}
	}
	return some
}

// Above are the UIDs of a set that are more than highest.
func Above(set imap.UIDSet, highest imap.UID) imap.UIDSet {
	var some imap.UIDSet
	for _, r := range set {
		if r.Stop > highest {
			some = append(some, imap.UIDRange{Start: max(r.Start, highest+1), Stop: r.Stop})
		}
	}
	return some
}

// Has says whether a UID is in a set.
func Has(set imap.UIDSet, uid imap.UID) bool {
	_, found := slices.BinarySearchFunc(set, uid, Compare)
	return found
}

// Compare says where a range lies, seen from a UID: 0 if the UID is in it.
func Compare(r imap.UIDRange, uid imap.UID) int {
	switch {
	case r.Stop < uid:
		return -1
	case r.Start > uid:
		return 1
	}
	return 0
}

// Highest is the highest UID of a set; 0: it is empty.
func Highest(set imap.UIDSet) imap.UID {
	if len(set) == 0 {
		return 0
	}
	return set[len(set)-1].Stop
}

// Parse reads what String of a sorted set has written.
func Parse(text string) (imap.UIDSet, error) {
	if text == "" {
		return nil, errors.New("a set of UIDs is empty")
	}
	var set imap.UIDSet
	for part := range strings.SplitSeq(text, ",") {
		r, err := parseRange(part)
		if err != nil {
			return nil, err
		}
		if last := len(set) - 1; last >= 0 && (r.Start <= set[last].Stop || r.Start-set[last].Stop == 1) {
			return nil, fmt.Errorf("the UIDs %q come behind higher ones", part)
		}
		set = append(set, r)
	}
	return set, nil
}

func parseRange(text string) (imap.UIDRange, error) {
	first, last, isRange := strings.Cut(text, ":")
	if !isRange {
		last = first
	}
	start, err := strconv.ParseUint(first, 10, 32)
	if err != nil {
		return imap.UIDRange{}, fmt.Errorf("%q are no UIDs", text)
	}
	stop, err := strconv.ParseUint(last, 10, 32)
	if err != nil || start == 0 || stop < start || isRange && start == stop {
		return imap.UIDRange{}, fmt.Errorf("%q are no UIDs", text)
	}
	return imap.UIDRange{Start: imap.UID(start), Stop: imap.UID(stop)}, nil
}
