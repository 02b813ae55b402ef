package render

import (
	"slices"
	"strings"

	"github.com/imapform/imapform/plan"
)

// railsRoom is the room for broken rails, so that there is some for destroys.
const railsRoom = maxComment / 3

// caution is what cannot be undone, and why the plan cannot be applied.
func (c *comment) caution() string {
	var b strings.Builder
	b.WriteString(c.removed())
	b.WriteString(c.deleted())
	b.WriteString(c.rails())
	if b.Len() == 0 {
		return ""
	}
	return "\n> [!CAUTION]\n" + b.String()
}

// removed names folders that are destroyed.
func (c *comment) removed() string {
	var names []safe
	for _, pl := range c.plans {
		for _, step := range pl.Steps {
			if op, ok := step.Op.(plan.Remove); ok {
				names = append(names, safe(code(quote(string(op.Name)), mostName)))
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "> - **" + string(count(len(names), "folder")) + " will be destroyed:** " + string(someOf(names)) + "\n"
}

// deleted says who deletes messages for good.
func (c *comment) deleted() string {
	n := 0
	var by []safe
	for _, pl := range c.plans {
		for _, step := range pl.Steps {
			op, ok := step.Op.(plan.File)
			if !ok || op.Away != plan.AwayPermanent {
				continue
			}
			n += len(op.Messages)
			if len(step.Because) > 0 {
				by = appendNew(by, safe(code(causeName(step.Because[len(step.Because)-1]), mostName)))
			}
		}
	}
	if n == 0 {
		return ""
	}
	text := "> - **" + count(n, "message") + " will be deleted for good**"
	if len(by) > 0 {
		text += " by " + someOf(by)
	}
	return string(text) + "\n"
}

// A rail is one that plans break, with the accounts whose plans do.
type rail struct {
	broken   plan.Broken
	accounts []safe
}

// rails are those that are broken, each with what would allow the plan.
func (c *comment) rails() string {
	var all []rail
	place := map[plan.Broken]int{}
	for _, pl := range c.plans {
		for _, b := range pl.Broken {
			i, ok := place[b]
			if !ok {
				i = len(all)
				place[b], all = i, append(all, rail{broken: b})
			}
			all[i].accounts = append(all[i].accounts, safe(code(clean(pl.Account), mostName)))
		}
	}
	if len(all) == 0 {
		return ""
	}
	var items []string
	for _, r := range all {
		items = append(items, r.item(c.several()))
	}
	return "> - **The plan breaks " + string(count(len(all), "rail")) + " and cannot be applied:**\n" +
		fit(items, min(railsRoom, c.room), func(n int) string { return ">   - and " + string(count(n, "more rail")) + "\n" })
}

func (r rail) item(named bool) string {
	b := r.broken
	text := ">   - " + code(clean(b.Rail), mostName) + ": " + code(oneLine(b.Detail), mostText)
	if named {
		text += " This is in " + string(someOf(r.accounts)) + "."
	}
	if b.Subject.Filename != "" {
		text += " See " + code(place(b.Subject), mostName) + "."
	}
	who, line := "the rule", clean(b.Allow)
	switch {
	case b.Allow == "":
		return text + "\n"
	case b.Of == "":
		who, line = "the policy block", "policy { "+line+" }"
	case slices.Contains(r.accounts, safe(code(clean(b.Of), mostName))):
		who = "the account"
	}
	return text + " If that is what you want, " + who + " has to allow it: " + code(line, mostText) + "\n"
}
