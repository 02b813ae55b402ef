package plan

import (
	"cmp"
	"slices"

	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// rival is a rule that would have taken a message elsewhere if another, before it,
// had not taken it.
type rival struct{ taker, later *bound }

// findRival looks for the next rule that would have taken the message elsewhere, among
// those of the rules at places that may. What it would have to be told first is not
// asked for.
func (p *Planner) findRival(w *way, b *bound, m *message.Message, all []*bound, places []int) {
	if b.Delete == rules.DeleteNone && !b.Moves() {
		return
	}
	for _, i := range places {
		later := all[i]
		if later.Delete == rules.DeleteNone && !later.Moves() {
			continue
		}
		p.lasting.judged(later, m, p.now)
		if truth, _ := later.Match.Judge(m, p.now); truth != rules.True {
			continue
		}
		to := p.aimAt(later, m)
		if to.truth != rules.True || sameEnd(b, later) && to.moveTo == w.folder {
			continue
		}
		if found := (rival{b, later}); !slices.Contains(w.rivals, found) {
			w.rivals = append(w.rivals, found)
		}
		return
	}
}

func sameEnd(a, b *bound) bool {
	return (a.Delete == rules.DeletePermanent) == (b.Delete == rules.DeletePermanent)
}

// rivalsOf counts what later rules would have taken of a rule's messages.
func (v *visit) rivalsOf(b *bound) []Rival {
	var all []rival
	for r := range v.rivals {
		if r.taker == b {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b rival) int { return cmp.Compare(a.later.index, b.later.index) })
	var found []Rival
	for _, r := range all {
		found = append(found, Rival{r.later.Address, v.rivals[r]})
	}
	return found
}
