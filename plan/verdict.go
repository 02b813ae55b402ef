package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/uidset"
)

// A verdict says of one folder which of its messages nothing happens to, and what there is
// to tell of that. As long as the folders' names and the rules are the same it holds for
// each of these that has not changed, until its time is up.
type verdict struct {
	folder  mailbox.Name // as it is on the server now
	state   State        // as listed, and as visited
	made    time.Time    // when the first of these messages was judged
	last    time.Time    // and the last
	settled settled
	open    imap.UIDSet // the other messages of the folder, which are to be judged again
}

// state is what a listing says of a folder by which it shows whether anything in it has
// changed.
func (f Folder) state() State {
	return State{UIDValidity: f.UIDValidity, UIDNext: f.UIDNext, Messages: f.Messages, HighestModSeq: f.HighestModSeq}
}

// known are all messages that the folder had.
func (w *verdict) known() imap.UIDSet { return uidset.Union(w.settled.uids, w.open) }

// Recall takes over, right after New, what Verdicts returned for an earlier plan, which
// must have been of the same account and policy, by the same program. Of folders that are
// as they were then nothing is asked any more, of others only what has changed. What holds
// no longer, and what cannot be read, counts for nothing.
func (p *Planner) Recall(content []byte) {
	if p.diags.HasErrors() {
		return
	}
	all, err := p.readVerdicts(content)
	if err != nil {
		return // to judge anew is always right
	}
	for _, was := range all {
		if v := p.visits[was.folder]; v.mayLast() && was.holds(v.place.listed.state(), p.now) {
			v.recall(was)
		}
	}
}

// Verdicts returns, once there is a plan, what Recall can take over for the next one;
// false: nothing.
func (p *Planner) Verdicts() ([]byte, bool) {
	if p.diags.HasErrors() {
		return nil, false
	}
	var all []*verdict
	for _, name := range p.order {
		if found := p.visits[name].verdict(); found != nil {
			all = append(all, found)
		}
	}
	if len(all) == 0 {
		return nil, false
	}
	return p.writeVerdicts(all)
}

// mayLast says whether there may be a verdict on the folder at all: the server tells
// whether anything has changed in it, nothing is done with the folder as a whole, and what
// lies in it need not be known for the sake of others.
func (v *visit) mayLast() bool {
	return v.place.listed.HighestModSeq > 0 && v.place.removed == nil && !v.planner.keeps(v.place)
}

// longest bounds for how long a verdict is believed: were one wrong, whatever the reason,
// it would not stay. And what is remembered of a folder's messages, which is forgotten if
// no plan uses it, is used now and then.
const longest = 30 * 24 * time.Hour

// holds says whether a verdict is of use for the folder as it is listed now.
func (w *verdict) holds(listed State, now time.Time) bool {
	was := w.state
	return !now.Before(w.last) && now.Sub(w.made) < longest && listed.UIDValidity == was.UIDValidity &&
		(listed == was || listed.UIDNext >= was.UIDNext && listed.HighestModSeq > was.HighestModSeq)
}

// recall has the visit ask only about messages that may be another matter now. If there
// are none it is made what it would come to.
func (v *visit) recall(was *verdict) {
	v.anew = uidset.Union(was.open, was.settled.dueBy(v.planner.now))
	if v.since = was; was.state == v.place.listed.state() && len(v.anew) == 0 {
		v.done, v.begun, v.state = true, true, was.state
		v.count(was.settled)
	}
}

// count counts messages that are not judged again.
func (v *visit) count(s settled) {
	number := func(set imap.UIDSet) int { return int(uidset.Count(set)) }
	v.looked += number(s.uids)
	for b, c := range s.counts {
		v.matched[b] += number(c.matched)
		for argument, set := range c.left {
			v.left[leftBy{b, noValue + argument}] += number(set)
		}
		for later, set := range c.rivals {
			v.rivals[rival{b, later}] += number(set)
		}
	}
}

// toldSince is told where of the messages that are in the folder only those were told that
// are to be judged.
func (v *visit) toldSince(s State, there imap.UIDSet) {
	rest := v.since.settled.among(uidset.Without(uidset.Sorted(there), uidset.Sorted(v.news)))
	v.count(rest)
	v.settled = v.settled.with(rest)
	v.told(s)
}

// openUIDs are the messages that something happens to, or may.
func (v *visit) openUIDs() imap.UIDSet {
	return uidset.Of(slices.AppendSeq(slices.Clone(v.unread), maps.Keys(v.taken)))
}

// maxRanges bounds what is remembered of a folder, to a few megabytes.
const maxRanges = 200_000

// verdict returns what can be remembered of the visit; nil: nothing. The folder must have
// been listed as it was when it was opened, so that the listing can be believed. What was
// read may be of a later state, but then the next listing tells another one.
func (v *visit) verdict() *verdict {
	listed := v.place.listed.state()
	if !v.done || v.lasting.not || !v.mayLast() || v.state != listed {
		return nil
	}
	found := &verdict{folder: v.place.now, state: listed, made: v.planner.now, last: v.planner.now, open: v.openUIDs()}
	switch was := v.since; {
	case was == nil:
	case was.state == v.state && len(v.anew) == 0:
		return was
	default:
		found.made = was.made
	}
	found.settled = v.settled.sorted()
	found.settled = found.settled.among(uidset.Without(found.settled.uids, found.open)) // of which some could not be read
	if found.settled.ranges() > maxRanges || found.check(v) != nil {
		return nil
	}
	return found
}

// check returns why this is no verdict on the folder of a visit; nil: it may be one.
func (w *verdict) check(v *visit) error {
	s := w.settled
	if w.last.Before(w.made) {
		return fmt.Errorf("it is on %q at %s, before %s", w.folder, w.last, w.made)
	}
	if both := uidset.Common(s.uids, w.open); len(both) > 0 {
		return fmt.Errorf("nothing happens to messages %s of %q, and they are to be judged again", both, w.folder)
	}
	if n := uidset.Count(s.uids) + uidset.Count(w.open); n != int64(w.state.Messages) || uidset.Highest(w.known()) >= w.state.UIDNext {
		return fmt.Errorf("it is on %d messages of %q, of which there are %d", n, w.folder, w.state.Messages)
	}
	for at, set := range s.due {
		if !uidset.Within(set, s.uids) || !at.Equal(at.Truncate(time.Hour)) {
			return fmt.Errorf("messages %s of %q are due at %s", set, w.folder, at)
		}
	}
	here := v.planner.rulesIn(v.place.name)
	for b, c := range s.counts {
		if !slices.Contains(here, b) {
			return fmt.Errorf("rule %d does not look into %q", b.index, w.folder)
		}
		if !uidset.Within(c.matched, s.uids) {
			return fmt.Errorf("rule %d takes messages %s of %q", b.index, c.matched, w.folder)
		}
		for argument, set := range c.left {
			if !slices.Contains([]string{"where", "move_to", "copy_to"}, argument) || !uidset.Within(set, c.matched) {
				return fmt.Errorf("rule %d leaves messages %s of %q for want of %q", b.index, set, w.folder, argument)
			}
		}
		for later, set := range c.rivals {
			if later.index <= b.index || !slices.Contains(here, later) || !uidset.Within(set, c.matched) {
				return fmt.Errorf("rule %d has a rival %d for messages %s of %q", b.index, later.index, set, w.folder)
			}
		}
	}
	return nil
}

// worldSum is the same where rules mean the same: of all of the listing but what tells
// whether something has changed within a folder.
func (p *Planner) worldSum() string {
	if p.sum != "" {
		return p.sum
	}
	l := p.listing
	l.Folders = slices.Clone(l.Folders)
	for i := range l.Folders {
		f := &l.Folders[i]
		f.UIDValidity, f.UIDNext, f.Messages, f.HighestModSeq = 0, 0, 0, 0
	}
	h := sha256.New()
	fmt.Fprintf(h, "%#v", l) // so that a field which is added counts without a word here
	p.sum = hex.EncodeToString(h.Sum(nil))
	return p.sum
}

// byIndex are rules in their order.
func byIndex[V any](all map[*bound]V) []*bound {
	return slices.SortedFunc(maps.Keys(all), func(a, b *bound) int { return a.index - b.index })
}
