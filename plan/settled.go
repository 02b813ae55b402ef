package plan

import (
	"maps"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/uidset"
)

// settled is messages of a folder to which nothing happens, and what there is to tell of
// them. The zero value: none.
type settled struct {
	uids   imap.UIDSet
	due    map[time.Time]imap.UIDSet // those for which the clock changes the outcome of some rule, by when; to the hour, and not too late
	counts map[*bound]*counts        // of rules that matched any
}

// counts are messages of what a rule came to.
type counts struct {
	matched imap.UIDSet
	left    map[string]imap.UIDSet // by the argument that has no value
	rivals  map[*bound]imap.UIDSet
}

func newCounts() *counts {
	return &counts{left: map[string]imap.UIDSet{}, rivals: map[*bound]imap.UIDSet{}}
}

// noValue begins the reason why a rule leaves messages for want of an argument's value.
const noValue = "no value for "

// add adds a message whose way it is, and for which that holds until then; zero: for ever.
func (s *settled) add(uid imap.UID, w *way, until time.Time) {
	s.uids = uidset.Add(s.uids, uid)
	if !until.IsZero() {
		if s.due == nil {
			s.due = map[time.Time]imap.UIDSet{}
		}
		at := until.UTC().Truncate(time.Hour)
		s.due[at] = uidset.Add(s.due[at], uid)
	}
	for b := range w.takers {
		c := s.of(b)
		c.matched = uidset.Add(c.matched, uid)
	}
	for _, l := range w.lacks {
		c, argument := s.of(l.rule), strings.TrimPrefix(l.reason, noValue)
		c.left[argument] = uidset.Add(c.left[argument], uid)
	}
	for _, r := range w.rivals {
		c := s.of(r.taker)
		c.rivals[r.later] = uidset.Add(c.rivals[r.later], uid)
	}
}

func (s *settled) of(b *bound) *counts {
	if s.counts == nil {
		s.counts = map[*bound]*counts{}
	}
	if s.counts[b] == nil {
		s.counts[b] = newCounts()
	}
	return s.counts[b]
}

// each has all sets of UIDs be other ones. A set that is empty then is left out.
func (s *settled) each(change func(imap.UIDSet) imap.UIDSet) settled {
	changed := settled{uids: change(s.uids), due: eachOf(s.due, change), counts: map[*bound]*counts{}}
	for b, c := range s.counts {
		if matched := change(c.matched); len(matched) > 0 {
			changed.counts[b] = &counts{matched, eachOf(c.left, change), eachOf(c.rivals, change)}
		}
	}
	return changed
}

func eachOf[K comparable](all map[K]imap.UIDSet, change func(imap.UIDSet) imap.UIDSet) map[K]imap.UIDSet {
	changed := map[K]imap.UIDSet{}
	for k, set := range all {
		if set = change(set); len(set) > 0 {
			changed[k] = set
		}
	}
	return changed
}

// sorted is the same, each set sorted.
func (s *settled) sorted() settled { return s.each(uidset.Sorted) }

// among are those of the messages that are in a set, of what is sorted.
func (s *settled) among(set imap.UIDSet) settled {
	return s.each(func(of imap.UIDSet) imap.UIDSet { return uidset.Common(of, set) })
}

// with are these messages and others.
func (s *settled) with(other settled) settled {
	all := settled{uids: uidset.Union(s.uids, other.uids), due: withOf(s.due, other.due), counts: map[*bound]*counts{}}
	for _, some := range []map[*bound]*counts{s.counts, other.counts} {
		for b, c := range some {
			of := all.of(b)
			*of = counts{uidset.Union(of.matched, c.matched), withOf(of.left, c.left), withOf(of.rivals, c.rivals)}
		}
	}
	return all
}

func withOf[K comparable](one, two map[K]imap.UIDSet) map[K]imap.UIDSet {
	all := maps.Clone(one)
	if all == nil {
		all = map[K]imap.UIDSet{}
	}
	for k, set := range two {
		all[k] = uidset.Union(all[k], set)
	}
	return all
}

// dueBy are the messages of which the outcome may be another one by now.
func (s *settled) dueBy(now time.Time) imap.UIDSet {
	var all []imap.UIDSet
	for at, set := range s.due {
		if !at.After(now) {
			all = append(all, set)
		}
	}
	return uidset.Union(all...)
}

// ranges is how much there is to be written.
func (s *settled) ranges() int {
	n := 0
	s.each(func(set imap.UIDSet) imap.UIDSet { n += len(set); return set })
	return n
}
