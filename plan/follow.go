package plan

import (
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// way is where the rules lead a message, to its end.
type way struct {
	ending  ending
	folder  mailbox.Name // where it lies then
	at      *place       // of folder; nil: none is known
	flags   mailbox.Flags
	set     mailbox.Flags // flags that some rule set or removed on the way
	copies  []copyTo
	causes  []*cause
	matched []*bound // every rule that matched, each once
	lacks   []leftBy // rules that do not take it for want of a value, each once
	rivals  []rival
	trash   bool   // the last move is a rule's delete = "trash"
	mover   *cause // what moved it last before it is deleted for good
	missing message.Parts
	trace   *tracer // what watches it; nil: nothing does

	protected []mailbox.Name // the protected folders that it lay in or came into
	via       []mailbox.Name // the folders that it came into
}

// begin makes w the way of another message, with what the last one's took of memory.
func (w *way) begin(flags mailbox.Flags, t *tracer) {
	*w = way{
		flags: flags, trace: t,
		copies: w.copies[:0], causes: w.causes[:0], matched: w.matched[:0], lacks: w.lacks[:0], rivals: w.rivals[:0],
		protected: w.protected[:0], via: w.via[:0],
	}
}

// ending says how a way ends. The zero value: the message stays somewhere.
type ending int

const (
	endStays   ending = iota
	endDeleted        // for good
	endMissing        // parts must be known first
	endUnknown        // some rule cannot tell: left alone
	endCircle         // it would come back to where it was: left alone
)

// cause is a rule, or a removed block, that changed something on a way.
type cause struct {
	rule     *bound // nil: a block without an address
	block    string // "moved" or "removed", without a rule
	declared hcl.Range
}

func (c *cause) planned() Cause {
	if c.rule == nil {
		return Cause{Block: c.block, Declared: c.declared}
	}
	return Cause{Address: c.rule.Address, Declared: c.declared}
}

// name is the cause as people know it.
func (c *cause) name() string {
	if c.rule == nil {
		return "the " + c.block + " block at " + c.declared.String()
	}
	return c.rule.Address
}

type copyTo struct {
	folder mailbox.Name
	cause  *cause
}

// maxSteps is the number of passes after which a way is taken for endless.
const maxSteps = 100

// follow works out the way of a message that lies in the folder (a name after
// renames). It holds until the next call.
func (p *Planner) follow(m *message.Message, folder mailbox.Name) *way {
	return p.followed(&p.way, m, folder, nil)
}

// followed is follow with something that watches, and with a way to use.
func (p *Planner) followed(w *way, m *message.Message, folder mailbox.Name, t *tracer) *way {
	w.begin(m.Flags, t)
	p.enter(w, folder)
	w.mover = p.thrownAway(w.at)
	if !m.Known.Flags {
		w.ending = endUnknown
		return w
	}
	if m.Flags.Has(imap.FlagDeleted) {
		return w
	}
	p.cur = *m
	cur := &p.cur
	cur.Folder = folder
	p.seen = p.seen[:0]
	for range maxSteps {
		before := state{w.folder, w.flags}
		again := p.pass(w, cur)
		if !again {
			return w
		}
		if len(p.seen) == 0 {
			p.seen = append(p.seen, before)
		}
		if w.folder != before.folder {
			cur.Saved, cur.Known.Saved = p.now, true
			cur.Folder, cur.UID = w.folder, 0
			if w.folder == folder { // the net effect is no move at all
				cur.Saved, cur.Known.Saved, cur.UID = m.Saved, m.Known.Saved, m.UID
			}
		}
		cur.Flags = w.flags
		after := state{w.folder, w.flags}
		if slices.ContainsFunc(p.seen, after.equal) {
			w.ending = endCircle
			return w
		}
		p.seen = append(p.seen, after)
	}
	w.ending = endCircle
	return w
}

// thrownAway returns the moved block that brings a folder, with its mail, to where
// mail is thrown away; nil: none does.
func (p *Planner) thrownAway(at *place) *cause {
	if at == nil || at.now == "" || at.now == at.name {
		return nil
	}
	for _, hidden := range p.world.patterns.Hidden {
		if (at.name == hidden || at.name.Below(hidden)) && !at.now.Below(hidden) {
			return p.movedBy(at.now)
		}
	}
	return nil
}

// movedBy returns the moved block that gives a folder another name; nil: none does.
func (p *Planner) movedBy(now mailbox.Name) *cause {
	for _, m := range p.account.Moved {
		if now == m.From || now.Below(m.From) {
			return &cause{block: "moved", declared: m.Declared}
		}
	}
	return nil
}

// state is what may not come again on a way.
type state struct {
	folder mailbox.Name
	flags  mailbox.Flags
}

func (s state) equal(other state) bool {
	return s.folder == other.folder && sameFlags(s.flags, other.flags)
}

// sameFlags is Equal, at once where no rule has touched the flags.
func sameFlags(a, b mailbox.Flags) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || a.Equal(b))
}

// pass runs the rules of the folder once over the message; true: something has
// changed, so that rules must run again.
func (p *Planner) pass(w *way, cur *message.Message) (again bool) {
	from, flags := w.folder, w.flags
	candidates := p.candidatesIn(from, w.at)
	here := candidates.rules
	w.trace.begin(p, w)
	places := candidates.of(cur)
	if w.trace != nil {
		places = candidates.all() // somebody wants to see the others, too
	}
	for at, i := range places {
		b := here[i]
		cur.Flags = w.flags
		w.trace.look(p, b, cur)
		truth, missing := b.Match.Judge(cur, p.now)
		p.lasting.judged(b, cur, p.now)
		lacks, to := "where", aim{}
		if truth == rules.True {
			to = p.aimAt(b, cur)
			truth, missing, lacks = to.truth, to.parts, to.lacks
		}
		w.trace.aimed(truth, lacks)
		switch {
		case truth == rules.Unknown && !missing.Empty():
			w.ending, w.missing = endMissing, p.foresee(missing, b, cur, p.rulesIn(from))
			w.trace.ended(p, b, here[i+1:], cur)
			return false
		case truth == rules.Unknown:
			w.ending = endUnknown
			w.trace.ended(p, b, here[i+1:], cur)
			return false
		case truth == rules.NoValue:
			w.lack(b, lacks)
			continue
		case truth == rules.False:
			continue
		}
		w.trace.acted(b, to, cur)
		p.act(w, b, to)
		if b.Ends() {
			p.findRival(w, b, cur, here, places[at+1:])
			w.trace.ended(p, b, here[i+1:], cur)
		}
		if w.ending == endDeleted {
			return false
		}
		if b.Ends() {
			break
		}
	}
	if w.folder == from && sameFlags(w.flags, flags) {
		return p.clear(w)
	}
	return true
}

// foresee adds the tests that later rules want made of a text which is to be read
// now: it is read once, whatever the number of tests.
func (p *Planner) foresee(missing message.Parts, b *bound, m *message.Message, all []*bound) message.Parts {
	if len(missing.Texts) == 0 {
		return missing
	}
	for _, later := range all[slices.Index(all, b)+1:] {
		truth, more := later.Match.Judge(m, p.now)
		p.lasting.judged(later, m, p.now)
		if truth == rules.Unknown {
			missing.Texts = message.Parts{Texts: missing.Texts}.Union(message.Parts{Texts: more.Texts}).Texts
		}
	}
	return missing
}

// lack notes that a rule does not take the message because an argument has no value
// for it.
func (w *way) lack(b *bound, argument string) {
	left := leftBy{b, noValue + argument}
	if !slices.Contains(w.lacks, left) {
		w.lacks = append(w.lacks, left)
	}
}

// takers gives the rules that matched, and those that would take the message if an argument
// had a value for it, each once.
func (w *way) takers(yield func(*bound) bool) {
	for _, b := range w.matched {
		if !yield(b) {
			return
		}
	}
	for i, l := range w.lacks {
		before := slices.ContainsFunc(w.lacks[:i], func(other leftBy) bool { return other.rule == l.rule })
		if !before && !slices.Contains(w.matched, l.rule) && !yield(l.rule) {
			return
		}
	}
}

// act does to the way what the rule does to a message.
func (p *Planner) act(w *way, b *bound, aim aim) {
	if !slices.Contains(w.matched, b) {
		w.matched = append(w.matched, b)
	}
	c := b.cause
	changed := false
	for _, to := range aim.copyTo {
		if !slices.ContainsFunc(w.copies, func(have copyTo) bool { return have.folder == to }) {
			w.copies = append(w.copies, copyTo{to, c})
		}
	}
	if len(b.AddFlags)+len(b.RemoveFlags) > 0 {
		w.set = w.set.With(b.AddFlags).With(b.RemoveFlags)
		flags := w.flags.With(b.AddFlags).Without(b.RemoveFlags)
		changed = !sameFlags(flags, w.flags)
		w.flags = flags
	}
	switch {
	case b.Delete == rules.DeletePermanent:
		w.ending, changed = endDeleted, true
	case aim.moveTo != "" && aim.moveTo != w.folder:
		p.enter(w, aim.moveTo)
		w.trash, w.mover, changed = b.Delete == rules.DeleteTrash, c, true
	}
	if changed {
		w.because(c)
	}
}

func (w *way) because(c *cause) {
	if !slices.ContainsFunc(w.causes, func(have *cause) bool { return have.rule == c.rule && have.declared == c.declared }) {
		w.causes = append(w.causes, c)
	}
}

// clear lets a removed block take what no rule takes from its folder.
func (p *Planner) clear(w *way) (again bool) {
	if w.at == nil || w.at.removed == nil {
		return false
	}
	r := w.at.removed
	c := &cause{block: "removed", declared: r.block.Declared}
	switch r.block.Messages {
	case config.RemoveMove:
		w.trace.cleared(c)
		p.enter(w, r.moveTo)
		w.trash, w.mover = false, c
		w.because(c)
		return true
	case config.RemoveDelete:
		w.trace.cleared(c)
		w.ending = endDeleted
		w.because(c)
	}
	return false
}
