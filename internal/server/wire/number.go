package wire

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// maxNumber is the highest number of a message that is passed on. The library
// never ends enumerating a set with the one above, and no mailbox reaches it.
const maxNumber = 1<<32 - 2

// A numberRange is a range of a sequence-set, as it stands: From may be the
// higher.
type numberRange struct{ From, To uint32 }

func (r numberRange) count() int64 {
	return int64(max(r.From, r.To)) - int64(min(r.From, r.To)) + 1
}

// parseSet reads a set without "*" and counts what it names.
func parseSet(b []byte) (set []numberRange, count int64, ok bool) {
	for part := range bytes.SplitSeq(b, []byte{','}) {
		from, to, isRange := bytes.Cut(part, []byte{':'})
		if !isRange {
			to = from
		}
		m, ok1 := parseNumber(from, maxNumber)
		n, ok2 := parseNumber(to, maxNumber)
		if !ok1 || !ok2 || m == 0 || n == 0 {
			return nil, 0, false
		}
		r := numberRange{uint32(m), uint32(n)}
		count += r.count()
		set = append(set, r)
	}
	return set, count, true
}

// merged returns a set in ascending order without overlaps.
func merged(set []numberRange) []numberRange {
	sorted := make([]numberRange, len(set))
	for i, r := range set {
		sorted[i] = numberRange{min(r.From, r.To), max(r.From, r.To)}
	}
	slices.SortFunc(sorted, func(a, b numberRange) int { return cmp.Compare(a.From, b.From) })
	out := sorted[:0]
	for _, r := range sorted {
		if last := len(out) - 1; last >= 0 && r.From <= out[last].To+1 {
			out[last].To = max(out[last].To, r.To)
			continue
		}
		out = append(out, r)
	}
	return out
}

// distinct reports whether a set of count numbers names none twice.
func distinct(set []numberRange, count int64) bool {
	for _, r := range merged(set) {
		count -= r.count()
	}
	return count == 0
}

// appendSet writes a set in ascending order. The library's time to read one in
// descending order grows with the square of its length.
func appendSet(dst []byte, set []numberRange) []byte {
	for i, r := range merged(set) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendNumber(dst, r.From)
		if r.To > r.From {
			dst = appendNumber(append(dst, ':'), r.To)
		}
	}
	return dst
}

// expand lists the numbers of a set in the order of the wire.
func expand(set []numberRange, count int64) []imap.UID {
	uids := make([]imap.UID, 0, count)
	for _, r := range set {
		for n, left := r.From, r.count(); left > 0; left-- {
			uids = append(uids, imap.UID(n))
			if r.From <= r.To {
				n++
			} else {
				n--
			}
		}
	}
	return uids
}
