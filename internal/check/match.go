package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// checkMatches finds rules whose match holds for no message.
func checkMatches(v *view, r *report) {
	for _, x := range v.rules {
		never := rules.Never(x.Match)
		x.dead = x.dead || never
		r.judge(key{kind: neverHolds, about: x.unit()}, never, func() *hcl.Diagnostic {
			return warning(x.Declared, "Match can never hold",
				"What the match of %s asks contradicts itself, so that the rule takes no message. All that stands in a match must hold together; in any { … }, one suffices.", x.Address)
		})
	}
}

// checkStops finds rules that keep mail from later rules only until they have
// changed its flags.
func checkStops(v *view, r *report) {
	for _, x := range v.rules {
		if x.dead || !x.Stop || x.moves || x.Delete != rules.DeleteNone || len(x.AddFlags)+len(x.RemoveFlags) == 0 {
			continue
		}
		r.judge(key{kind: stopsOnce, about: x.unit()}, rules.NeverAfter(x.Match, x.AddFlags, x.RemoveFlags), func() *hcl.Diagnostic {
			return warning(x.Declared, "Rule stops nothing the next time",
				"Once %s has changed the flags (%s), its match does not hold any more: the rules run again, and later ones see the message after all. Match something that stays, or remove stop.",
				x.Address, changes(x.AddFlags, x.RemoveFlags))
		})
	}
}

func changes(add, remove mailbox.Flags) string {
	switch {
	case len(remove) == 0:
		return "adds " + add.String()
	case len(add) == 0:
		return "removes " + remove.String()
	default:
		return "adds " + add.String() + ", removes " + remove.String()
	}
}
