package check

import (
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// checkShadows finds rules that an earlier one leaves nothing to: wherever the later
// one looks the earlier one looks first, it holds whenever the later one does, and
// it ends the pass. Where it leads the message does not matter, since it comes first
// there as well if the later one looks there.
func checkShadows(v *view, r *report) {
	s := shadows{view: v, changed: map[imap.Flag]int{}}
	for _, x := range v.rules {
		sketch := rules.NewSketch(x.Match)
		by := (*rule)(nil)
		if !x.dead && !x.nowhere() {
			by = s.over(x, &sketch)
			x.dead = by != nil
			r.judge(key{kind: shadowed, about: x.unit()}, by != nil, func() *hcl.Diagnostic { return sayShadow(x, by) })
		}
		if by == nil && x.Ends() {
			s.ending = append(s.ending, ending{x, sketch})
		}
		for _, f := range x.AddFlags.With(x.RemoveFlags) {
			s.changed[flagKey(f)] = x.number
		}
	}
}

func sayShadow(x, by *rule) *hcl.Diagnostic {
	return warning(x.Declared, "Rule can never act",
		"%s comes first and leaves nothing to %s: it looks in the same folders, its match holds whenever this one's does, and %s. Put this rule before it, narrow the match there, or remove this rule.",
		by.Address, x.Address, endsBy(by))
}

// endsBy says how a rule ends the pass.
func endsBy(x *rule) string {
	switch {
	case x.Delete == rules.DeletePermanent:
		return "it deletes the message"
	case x.moves:
		return "it moves the message to " + describe(mailbox.PatternOf(x.toRef))
	default:
		return "it says stop"
	}
}

// shadows are the rules so far that later ones are compared with.
type shadows struct {
	view    *view
	ending  []ending
	changed map[imap.Flag]int // the last rule that changes a flag
}

type ending struct {
	*rule
	sketch rules.Sketch
}

// flagKey is the same for all spellings of a flag.
func flagKey(f imap.Flag) imap.Flag { return imap.Flag(strings.ToLower(string(f))) }

// over returns the first rule that leaves nothing to x; nil: there is none.
func (s *shadows) over(x *rule, sketch *rules.Sketch) *rule {
	for i := range s.ending {
		e := &s.ending[i]
		if e.sketch.MayCover(sketch) && e.looksWherever(x) && rules.Covers(e.Match, x.Match) && s.takesAll(e.rule, x) {
			return e.rule
		}
	}
	return nil
}

// takesAll says whether the earlier rule sees messages as the later one does, and
// does end the pass wherever its match holds.
func (s *shadows) takesAll(e, x *rule) bool {
	if reads := e.Match.Reads(); len(reads) > 0 {
		for f, by := range s.changed {
			if by > e.number && reads.Has(f) {
				return false // it may hold only once a rule in between has changed the flag
			}
		}
	}
	if e.MoveBy != nil || len(e.CopyBy) > 0 {
		return false // it leaves alone what it has no folder for
	}
	return !e.moves && e.Delete == rules.DeleteNone || !s.view.protects(x)
}

// protects says whether a rule may look in protected folders, where not everything
// that a rule says may happen.
func (v *view) protects(x *rule) bool {
	return slices.ContainsFunc(v.account.Protected, func(p mailbox.Pattern) bool {
		p = p.Resolve(v.uses)
		return slices.ContainsFunc(x.in, p.Meets)
	})
}
