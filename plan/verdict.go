package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/imapform/imapform/internal/mailbox"
)

// A verdict says of one folder that its visit came to nothing, and what there is to tell
// of that: nothing happens to any of its messages, each of which could be judged. As long
// as the folder, the other folders' names and the rules are the same, and until its time
// is up, the next visit would come to the same.
type verdict struct {
	folder  mailbox.Name // as it is on the server now
	state   State        // as listed, and as visited
	made    time.Time
	lasting lasting            // none that is to get no verdict
	counts  map[*bound]*counts // of rules that matched
}

// state is what a listing says of a folder by which it shows whether anything in it has
// changed.
func (f Folder) state() State {
	return State{UIDValidity: f.UIDValidity, UIDNext: f.UIDNext, Messages: f.Messages, HighestModSeq: f.HighestModSeq}
}

// counts are of what a rule came to in a folder.
type counts struct {
	matched int
	left    map[string]int // by the argument that has no value
	rivals  map[*bound]int
}

func newCounts(matched int) *counts {
	return &counts{matched: matched, left: map[string]int{}, rivals: map[*bound]int{}}
}

// noValue begins the reason why a rule leaves messages for want of an argument's value.
const noValue = "no value for "

// Recall takes over, right after New, what Verdicts returned for an earlier plan, which
// must have been of the same account and policy, by the same program. Of folders that are
// as they were then nothing is asked any more. What holds no longer, and what cannot be
// read, counts for nothing.
func (p *Planner) Recall(content []byte) {
	if p.diags.HasErrors() {
		return
	}
	known, err := p.readVerdicts(content)
	if err != nil {
		return // to judge anew is always right
	}
	for _, was := range known {
		v := p.visits[was.folder]
		if v.mayLast() && was.state == v.place.listed.state() && was.lasting.holds(was.made, p.now) {
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

// recall makes the visit what it would come to.
func (v *visit) recall(was *verdict) {
	v.recalled, v.done, v.begun = was, true, true
	v.state, v.looked = was.state, int(was.state.Messages)
	for b, n := range was.counts {
		v.matched[b] = n.matched
		for argument, n := range n.left {
			v.left[leftBy{b, noValue + argument}] = n
		}
		for later, n := range n.rivals {
			v.rivals[rival{b, later}] = n
		}
	}
}

// verdict returns what can be remembered of the visit; nil: nothing. The folder must have
// been listed as it was when it was opened, so that the listing can be believed. What was
// read may be of a later state, but then the next listing tells another one.
func (v *visit) verdict() *verdict {
	listed := v.place.listed.state()
	switch {
	case v.recalled != nil:
		return v.recalled
	case !v.done, v.lasting.not, !v.mayLast(), len(v.taken) > 0, len(v.unread) > 0:
		return nil
	case v.state != listed, v.looked != int(listed.Messages):
		return nil
	}
	found := &verdict{folder: v.place.now, state: listed, made: v.planner.now, lasting: v.lasting, counts: v.counts()}
	if found.check(v) != nil {
		return nil
	}
	return found
}

// counts are of all rules that the visit counted anything of.
func (v *visit) counts() map[*bound]*counts {
	all := map[*bound]*counts{}
	of := func(b *bound) *counts {
		if all[b] == nil {
			all[b] = newCounts(v.matched[b])
		}
		return all[b]
	}
	for b := range v.matched {
		of(b)
	}
	for by, n := range v.left {
		of(by.rule).left[strings.TrimPrefix(by.reason, noValue)] = n
	}
	for r, n := range v.rivals {
		of(r.taker).rivals[r.later] = n
	}
	return all
}

// check returns why this is no verdict on the folder of a visit; nil: it may be one.
func (w *verdict) check(v *visit) error {
	here := v.planner.rulesIn(v.place.name)
	looked := int(w.state.Messages)
	for b, c := range w.counts {
		if !slices.Contains(here, b) {
			return fmt.Errorf("rule %d does not look into %q", b.index, w.folder)
		}
		if c.matched < 1 || c.matched > looked {
			return fmt.Errorf("rule %d takes %d of %d messages", b.index, c.matched, looked)
		}
		for argument, n := range c.left {
			if !slices.Contains([]string{"where", "move_to", "copy_to"}, argument) || n < 1 || n > c.matched {
				return fmt.Errorf("rule %d leaves %d messages for want of %q", b.index, n, argument)
			}
		}
		for later, n := range c.rivals {
			if later.index <= b.index || !slices.Contains(here, later) || n < 1 || n > c.matched {
				return fmt.Errorf("rule %d has a rival %d for %d messages", b.index, later.index, n)
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
