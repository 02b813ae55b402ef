package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// checkCircles finds rules on which every message that the first takes from some
// folder comes back to it.
func checkCircles(v *view, r *report) {
	found := map[string]bool{}
	for _, x := range v.rules {
		for _, from := range x.in {
			if _, literal := from.Ref(); !literal || x.dead {
				continue
			}
			way, ok := v.round(x, from)
			if !ok || found[wayKey(way)] {
				continue
			}
			found[wayKey(way)] = true
			r.judge(key{kind: leadsRound, about: x.Address}, true, func() *hcl.Diagnostic {
				return warning(x.Declared, "Rules lead round in a circle",
					"Every message that %s takes from %s would come back there, by %s. A plan leaves such messages alone. Narrow one of these rules, or remove it.",
					x.Address, describe(from), strings.Join(legs(way), ", "))
			})
		}
	}
}

// wayKey is the same wherever on a circle it begins.
func wayKey(way []*rule) string {
	numbers := make([]int, len(way))
	for i, x := range way {
		numbers[i] = x.number
	}
	slices.Sort(numbers)
	return fmt.Sprint(numbers)
}

func legs(way []*rule) []string {
	all := make([]string, len(way))
	for i, x := range way {
		all[i] = fmt.Sprintf("%s (to %s)", x.Address, describe(mailbox.PatternOf(x.toRef)))
	}
	return all
}

// What a way is followed for, at most. Real circles are short.
const (
	maxLegs     = 10
	maxRuledOut = 50 // rules that must be shown to let the message pass
)

// A traveller is a message that a rule takes, of which nothing is known but that the
// rule's match holds.
type traveller struct {
	view     *view
	first    *rule
	way      []*rule
	changed  mailbox.Flags // that may be other ones on the next round
	read     mailbox.Flags // on which the way hangs
	ruledOut int
}

// round follows the messages that the rule takes from the folder; false: it is not
// certain that they come back.
func (v *view) round(first *rule, from mailbox.Pattern) ([]*rule, bool) {
	if certainly, _ := first.looksIn(from); !certainly {
		return nil, false
	}
	t := traveller{view: v, first: first}
	next := first
	for range maxLegs {
		at := next.to
		if !next.moves || !t.passes(next) || same(at, from) && next == first {
			return nil, false
		}
		t.way = append(t.way, next)
		if same(at, from) {
			return t.way, t.comesAgain(from)
		}
		ok := false
		if next, ok = t.taker(at); !ok || same(next.to, at) || slices.Contains(t.way, next) {
			return nil, false
		}
	}
	return nil, false
}

func same(p, q mailbox.Pattern) bool { return p.Contains(q) && q.Contains(p) }

// passes notes what a rule reads and changes; false: its outcome may hang on more
// than on flags and what the message always is.
func (t *traveller) passes(x *rule) bool {
	t.read = t.read.With(x.Match.Reads())
	t.changed = t.changed.With(x.AddFlags).With(x.RemoveFlags)
	switch {
	case x.Match.Needs().Saved, x.Match.Mentions("where"):
		return false
	case x.MoveBy != nil, len(x.CopyBy) > 0: // it leaves alone what it has no folder for
		return false
	default:
		return x.Delete == rules.DeleteNone || len(t.view.account.Protected) == 0
	}
}

// taker is the rule that ends the pass in a folder, if that is certain.
func (t *traveller) taker(at mailbox.Pattern) (*rule, bool) {
	for _, x := range t.view.index.in(at) {
		switch {
		case !x.Ends():
			if !t.passes(x.rule) {
				return nil, false
			}
		case x.certainly && rules.Covers(x.Match, t.first.Match):
			return x.rule, true
		default:
			t.ruledOut++
			t.read = t.read.With(x.Match.Reads())
			if t.ruledOut > maxRuledOut || !rules.Never(rules.All(x.Match, t.first.Match)) {
				return nil, false
			}
		}
	}
	return nil, false
}

// comesAgain says whether the first rule takes the message again once it is back:
// what came before it did not take it the first time.
func (t *traveller) comesAgain(from mailbox.Pattern) bool {
	for _, x := range t.view.index.in(from) {
		if x.number < t.first.number && !t.passes(x.rule) {
			return false
		}
	}
	return len(t.changed.Common(t.read)) == 0
}

// checkOwnFolders finds rules that move mail to where it lies.
func checkOwnFolders(v *view, r *report) {
	for _, x := range v.rules {
		if !x.moves || x.dead {
			continue
		}
		stays := !slices.ContainsFunc(x.in, func(p mailbox.Pattern) bool { return !same(p, x.to) })
		r.judge(key{kind: ownFolder, about: x.Declared.String()}, stays, func() *hcl.Diagnostic {
			return warning(x.ActionRange, "Mail is moved to where it lies",
				"%s looks in no folder but %s, which is where it moves mail, so that nothing moves. Correct one of the two; if it is only to keep mail from later rules, say stop = true instead.",
				x.Address, describe(mailbox.PatternOf(x.toRef)))
		})
	}
}
