package plan

import (
	"fmt"
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// visit is what the planner learns of one folder's messages, round by round.
type visit struct {
	planner *Planner
	place   *place
	fetch   message.Parts // for the next question
	uids    []imap.UID    // for the next question; nil: all messages
	done    bool          // no question is left
	begun   bool          // the first question has been answered: others are about single messages

	state   State
	taken   map[imap.UID]*taken // messages that something happens to, or may
	again   map[imap.UID]bool   // asked about a second time and not told yet
	looked  int
	matched map[*bound]int
	left    map[leftBy]int
	rivals  map[rival]int
	unread  []imap.UID // messages that stay alone because they could not be read
}

// taken is a message with its way; the way is nil as long as parts are missing.
type taken struct {
	m     message.Message
	asked message.Parts
	wants message.Parts // with no way: what must be known first
	way   *way
}

type leftBy struct {
	rule   *bound
	reason string
}

// planVisits decides which folders are looked into: those with mail, where some
// rule looks or which are removed.
func (p *Planner) planVisits() {
	for _, name := range p.world.names() {
		at := p.world.folders[name]
		if !at.exists() || at.listed.Messages == 0 || (len(p.rulesIn(name)) == 0 && at.removed == nil) {
			continue
		}
		p.visits[at.now] = &visit{
			planner: p, place: at, fetch: p.needsFrom(name).Cheap().Union(p.needsKept(at)),
			taken: map[imap.UID]*taken{}, matched: map[*bound]int{}, left: map[leftBy]int{}, rivals: map[rival]int{},
		}
		p.order = append(p.order, at.now)
	}
}

// ask returns the visit's next question.
func (v *visit) ask() (Question, bool) {
	if v.done {
		return Question{}, false
	}
	q := Question{Folder: v.place.now, Fetch: v.fetch}
	if v.begun {
		slices.Sort(v.uids)
		for _, uid := range v.uids {
			q.UIDs.AddNum(uid)
		}
		v.again = map[imap.UID]bool{}
		for _, uid := range v.uids {
			v.again[uid] = true
		}
	}
	return q, true
}

// tell judges a message, and keeps it only if something happens to it.
func (v *visit) tell(q Question, m *message.Message) {
	t := &taken{m: *m, asked: q.Fetch}
	if v.begun {
		known, ok := v.taken[m.UID]
		if !ok || !v.again[m.UID] {
			return // not asked about
		}
		delete(v.again, m.UID)
		known.m.Merge(m)
		known.asked = known.asked.Union(q.Fetch)
		t = known
	} else {
		v.looked++
		v.planner.keep(v.place, m)
	}
	if t.way == nil {
		v.judge(t)
	}
	if t.way == nil || v.matters(t) {
		v.taken[m.UID] = t
	} else {
		delete(v.taken, m.UID)
	}
}

// judge works out the way of a message; where parts are missing it stays nil and
// is worked out again when they have been told.
func (v *visit) judge(t *taken) {
	w := v.planner.follow(&t.m, v.place.name)
	if w.ending == endMissing && !t.asked.Covers(w.missing) {
		t.wants = w.missing.Minus(t.asked)
		return
	}
	t.way = w
	for _, b := range w.matched {
		v.matched[b]++
	}
	for _, l := range w.lacks {
		v.left[l]++
		if !slices.Contains(w.matched, l.rule) {
			v.matched[l.rule]++
		}
	}
	switch w.ending {
	case endMissing, endUnknown:
		v.unread = append(v.unread, t.m.UID)
	case endCircle:
		v.planner.circle(w)
		v.leave(w.matched, "it would come back to where it was")
	}
	w.settle(t.m.Flags, v.place.name)
	for _, r := range w.rivals {
		v.rivals[r]++
	}
	if r := v.place.removed; r != nil && w.ending != endDeleted && w.folder == v.place.name {
		r.stay++
	}
}

func (v *visit) leave(by []*bound, reason string) {
	for _, b := range by {
		v.left[leftBy{b, reason}]++
	}
}

// settle turns a way that has no end into one on which nothing happens.
func (w *way) settle(flags mailbox.Flags, folder mailbox.Name) {
	switch w.ending {
	case endMissing, endUnknown, endCircle:
		*w = way{ending: w.ending, folder: folder, flags: flags, matched: w.matched}
	}
}

// matters says whether anything may happen to the message.
func (v *visit) matters(t *taken) bool {
	w := t.way
	return w.ending == endDeleted || w.folder != v.place.name || !w.flags.Equal(t.m.Flags) || len(w.copies) > 0
}

// told ends a round: it decides whether the folder has to be visited again, for
// parts that judging needs or for what proves the identity of what is changed.
func (v *visit) told(s State) {
	if v.begun {
		if s.UIDValidity != v.state.UIDValidity {
			v.planner.fail(hcl.Range{}, "A folder was replaced while it was read", fmt.Sprintf("The UIDVALIDITY of %q changed. Nothing was changed; make the plan again.", v.place.now))
			v.done = true
			return
		}
		for uid := range v.again { // gone meanwhile
			delete(v.taken, uid)
		}
	} else {
		v.begun, v.state = true, s
	}
	v.next()
	if v.done = len(v.uids) == 0; v.done {
		v.close()
	}
}

// next decides what is asked next: what is cheap before what takes the reading of
// parts, of which the structure comes before texts. Nobody is asked for what only
// others want.
func (v *visit) next() {
	var uids [3][]imap.UID
	var fetch [3]message.Parts
	for uid, t := range v.taken {
		var missing message.Parts
		if t.way == nil {
			missing = t.wants
		}
		missing = missing.Union(IdentityParts().Minus(t.asked))
		for i, parts := range []message.Parts{missing.Cheap(), {Structure: missing.Structure}, {Texts: missing.Texts}} {
			if !parts.Empty() {
				uids[i], fetch[i] = append(uids[i], uid), fetch[i].Union(parts)
				break
			}
		}
	}
	v.uids, v.fetch = nil, message.Parts{}
	for i := range uids {
		if len(uids[i]) > 0 {
			v.uids, v.fetch = uids[i], fetch[i]
			return
		}
	}
}

// close drops what could not be read after all, and refuses a folder whose UIDs
// do not last.
func (v *visit) close() {
	for uid, t := range v.taken {
		if !t.m.Known.Covers(IdentityParts()) {
			v.unread = append(v.unread, uid)
			delete(v.taken, uid)
			if r := v.place.removed; r != nil {
				r.stay++
			}
		}
	}
	if len(v.taken) > 0 && v.state.UIDValidity == 0 {
		v.planner.fail(hcl.Range{}, "Folder has no lasting UIDs", fmt.Sprintf("The server gives no UIDVALIDITY for %q, so that its messages cannot be named safely. Leave the folder out with not_in.", v.place.now))
	}
}

// messages returns what something happens to, by UID.
func (v *visit) messages() []*taken {
	var all []*taken
	for _, uid := range slices.Sorted(maps.Keys(v.taken)) {
		all = append(all, v.taken[uid])
	}
	return all
}
