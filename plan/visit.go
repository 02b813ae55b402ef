package plan

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/uidset"
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
	highest imap.UID // that was told in answer to the first question
	matched map[*bound]int
	left    map[leftBy]int
	rivals  map[rival]int
	unread  []imap.UID // messages that stay alone because they could not be read

	lasting lasting     // of the message that is judged; its not is that of the visit
	settled settled     // the messages that nothing happens to
	since   *verdict    // on the folder as it was before; nil: all is to be told
	news    imap.UIDSet // messages that were told since then, in any order
	anew    imap.UIDSet // messages that are to be judged again, though they have not changed since
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
		v := &visit{
			planner: p, place: at, fetch: withIdentity(p.needsFrom(name).Cheap().Union(p.needsKept(at)), at.listed.Messages),
			taken: map[imap.UID]*taken{}, matched: map[*bound]int{}, left: map[leftBy]int{}, rivals: map[rival]int{},
		}
		if !v.mayLast() {
			v.lasting.end()
		}
		p.visits[at.now] = v
		p.order = append(p.order, at.now)
	}
}

// smallFolder is the number of messages up to which what proves their identity is
// asked of all of them at once though rules need no header field. That is some 250
// octets each, so that those of a thousand take about as long on an ordinary line as
// the round trip of a second question. In a larger folder, rules that go by flags,
// dates and sizes would have all headers read for the sake of the few that they take.
const smallFolder = 1000

// withIdentity is what is asked of all messages of a folder that holds so many. Where
// header fields are read anyway, those which prove the identity of what is changed
// cost less than a second round for them.
func withIdentity(needs message.Parts, messages uint32) message.Parts {
	if len(needs.Fields) == 0 && messages > smallFolder {
		return needs
	}
	return needs.Union(identityParts)
}

// ask returns the visit's next question.
func (v *visit) ask() (Question, bool) {
	if v.done {
		return Question{}, false
	}
	q := Question{Folder: v.place.now, Fetch: v.fetch}
	if was := v.since; was != nil && !v.begun {
		q.Since = &Since{State: was.state, Known: was.known(), Again: v.anew}
	}
	if v.begun {
		q.UIDs = uidset.Of(v.uids)
		v.again = map[imap.UID]bool{}
		for _, uid := range v.uids {
			v.again[uid] = true
		}
	}
	return q, true
}

// tell judges a message, and keeps it only if something happens to it.
func (v *visit) tell(q Question, m *message.Message) {
	if v.begun {
		v.tellMore(q, m)
		return
	}
	v.looked++
	again := m.UID <= v.highest
	v.highest = max(v.highest, m.UID)
	v.planner.keep(v.place, m)
	if v.since != nil {
		v.news = uidset.Add(v.news, m.UID)
	}
	v.lasting.until = time.Time{}
	w, wants := v.judge(m, q.Fetch)
	if w != nil && !v.matters(w, m.Flags) {
		if again { // it may be told a second time, otherwise
			delete(v.taken, m.UID)
		}
		v.settle(m.UID, w)
		return
	}
	t := &taken{uid: m.UID}
	v.taken[m.UID] = t
	v.advance(t, m, w, q.Fetch, wants)
}

// tellMore adds what was asked for of a single message.
func (v *visit) tellMore(q Question, m *message.Message) {
	t, ok := v.taken[m.UID]
	if !ok || !v.again[m.UID] {
		return // not asked about
	}
	delete(v.again, m.UID)
	known := &t.open.m
	known.Merge(m)
	asked := t.open.asked.Union(q.Fetch)
	if t.way != nil {
		v.advance(t, known, t.way, asked, message.Parts{})
		return
	}
	v.lasting.until = t.open.until // by which it was decided what is asked
	w, wants := v.judge(known, asked)
	if w != nil && !v.matters(w, known.Flags) {
		delete(v.taken, m.UID)
		v.settle(m.UID, w)
		return
	}
	v.advance(t, known, w, asked, wants)
}

// settle notes that nothing happens to a message, as far as that will be remembered.
func (v *visit) settle(uid imap.UID, w *way) {
	if v.lasting.not {
		return
	}
	until := v.lasting.until
	if until.Sub(v.planner.now) > longest {
		until = time.Time{}
	}
	v.settled.add(uid, w, until)
}

// advance keeps of a message what there is to know of it.
func (v *visit) advance(t *taken, m *message.Message, w *way, asked, wants message.Parts) {
	once := &v.planner.once
	if w != nil && w != t.way {
		t.way = once.way(w)
	}
	if t.way != nil && m.Known.Covers(identityParts) {
		t.settle(m, once)
		return
	}
	t.open = &open{*m.Clone(), asked, wants, v.lasting.until}
}

// judge works out the way of a message, which holds until the next one's; nil: parts
// are missing without which it cannot be told.
func (v *visit) judge(m *message.Message, asked message.Parts) (*way, message.Parts) {
	v.planner.lasting = &v.lasting
	w := v.planner.follow(m, v.place.name)
	if w.ending == endMissing && !asked.Covers(w.missing) {
		return nil, w.missing.Minus(asked)
	}
	for b := range w.takers {
		v.matched[b]++
	}
	for _, l := range w.lacks {
		v.left[l]++
	}
	switch w.ending {
	case endMissing, endUnknown:
		v.unread = append(v.unread, m.UID)
	case endCircle:
		v.planner.circle(w)
		v.lasting.end()
		v.leave(w.matched, "it would come back to where it was")
	}
	w.settle(m.Flags, v.place.name)
	for _, r := range w.rivals {
		v.rivals[r]++
	}
	if r := v.place.removed; r != nil && w.ending != endDeleted && w.folder == v.place.name {
		r.stay++
	}
	return w, message.Parts{}
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

// matters says whether anything may happen to a message with those flags.
func (v *visit) matters(w *way, flags mailbox.Flags) bool {
	return w.ending == endDeleted || w.folder != v.place.name || !sameFlags(w.flags, flags) || len(w.copies) > 0
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
		v.planner.forgetMail()
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
		if t.open == nil {
			continue
		}
		missing := t.open.wants.Union(identityParts.Minus(t.open.asked))
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
		if t.open != nil {
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
