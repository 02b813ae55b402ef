package rules

import (
	"fmt"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
)

// A Problem is something wrong with a rule as a whole.
type Problem struct {
	Argument string // the one to mark: "remove_flags"; empty: the block
	Summary  string
	Detail   string // what to do
}

// arrivalCriteria ask how old a message is, which says nothing about how long it
// has been where it lies. What where speaks of comes first: it mentions criteria that
// ask for the same.
var arrivalCriteria = []string{
	"message.received", "message.sent",
	"older_than", "newer_than", "received_before", "received_since", "sent_before", "sent_since",
}

// Check finds what is wrong with the rule in itself, whatever else is declared.
func (r *Rule) Check() []Problem {
	var problems []Problem
	if r.Match == nil {
		problems = append(problems, Problem{"", "Missing match", "Every rule has a match block. To take every message, say match { everything = true }."})
	}
	if r.Moves() && r.Delete != DeleteNone {
		problems = append(problems, Problem{"delete", "Two ends for one message", "A rule has either move_to or delete. To keep a copy of what is deleted, use copy_to."})
	}
	for _, flag := range r.AddFlags {
		if r.RemoveFlags.Has(flag) {
			problems = append(problems, Problem{"remove_flags", "Flag added and removed",
				fmt.Sprintf("The flag %q is both in add_flags and in remove_flags.", mailbox.FlagWord(flag))})
		}
	}
	if !r.Moves() && r.Delete == DeleteNone && !r.Stop && len(r.CopyTo)+len(r.CopyBy)+len(r.AddFlags)+len(r.RemoveFlags) == 0 {
		problems = append(problems, Problem{"", "Rule without an action", "The rule does nothing: it needs one of move_to, copy_to, delete, add_flags, remove_flags and stop."})
	}
	if r.MaxMessages < 0 {
		problems = append(problems, Problem{"max_messages", "Negative number of messages", "max_messages must not be negative."})
	}
	return append(problems, r.checkArrival()...)
}

// checkArrival refuses to delete for good by a date that moving a message does not
// change: what was thrown away today may have arrived years ago.
func (r *Rule) checkArrival() []Problem {
	if r.Match == nil || r.Delete != DeletePermanent || r.ByArrival || r.Match.Mentions("in_folder_for") {
		return nil
	}
	i := slices.IndexFunc(arrivalCriteria, r.Match.Mentions)
	if i < 0 {
		return nil
	}
	return []Problem{{"delete", "Permanent delete by arrival", fmt.Sprintf(
		"%s asks when a message arrived or was sent, which says nothing about how long it has been in this folder: mail that was thrown away a minute ago may be years old. "+
			"Say in_folder_for instead, or by_arrival = true if that is what you want.", arrivalCriteria[i])}}
}
