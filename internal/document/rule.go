package document

import (
	"slices"

	"github.com/imapform/imapform/plan"
)

// A rule is all that a plan does because of one.
type rule struct {
	address       string
	messages      int
	deletes       bool // messages for good
	before, after *Values
}

// rulesOf are the rules of a plan that do something, in the order in which they run.
func rulesOf(p *plan.Plan) []ResourceChange {
	var all []ResourceChange
	for _, r := range rulesAtWork(p) {
		r.before.Messages, r.after.Messages = &r.messages, &r.messages
		change := changeOf(ActionUpdate, r.before, r.after)
		if r.deletes {
			change = changeOf(ActionDelete, r.before, nil)
		}
		resource, ok := resourceOf(p.Account, r.address, change)
		if !ok || resource.Type != TypeRule { // no planner makes such a plan, but a file may hold it
			resource = unnamed(p.Account, TypeRule, r.address, change)
			resource.Block = r.address
		}
		all = append(all, resource)
	}
	return all
}

func rulesAtWork(p *plan.Plan) []*rule {
	var works []*rule
	byAddress := map[string]*rule{}
	for _, step := range p.Steps {
		file, ok := step.Op.(plan.File)
		if !ok {
			continue
		}
		for i, c := range step.Because {
			again := slices.ContainsFunc(step.Because[:i], func(earlier plan.Cause) bool { return earlier.Address == c.Address })
			if c.Address == "" || again { // a block without an address: a folder's
				continue
			}
			r := byAddress[c.Address]
			if r == nil {
				r = &rule{address: c.Address, before: &Values{}, after: &Values{}}
				byAddress[c.Address] = r
				works = append(works, r)
			}
			r.add(step, file)
		}
	}
	inOrder(works, p.Matched)
	return works
}

// inOrder sorts rules as they run.
func inOrder(works []*rule, matched []plan.Matched) {
	place := func(r *rule) int {
		i := slices.IndexFunc(matched, func(m plan.Matched) bool { return m.Rule == r.address })
		if i < 0 {
			return len(matched)
		}
		return i
	}
	slices.SortStableFunc(works, func(a, b *rule) int { return place(a) - place(b) })
}

// add counts a step that the rule is a cause of.
func (r *rule) add(step plan.Step, f plan.File) {
	n := len(f.Messages)
	r.messages += n
	addTo(&r.before.Folders, string(f.Folder), n)
	switch f.Away {
	case plan.AwayPermanent:
		if step.Because[len(step.Because)-1].Address == r.address {
			r.deletes = true
		}
	case plan.AwayMove:
		addTo(&r.after.Folders, string(f.To), n)
	default:
		addTo(&r.after.Folders, string(f.Folder), n)
	}
	for _, to := range f.Copies {
		addTo(&r.after.Copies, string(to), n)
	}
	for flag, n := range added(f) {
		addTo(&r.after.FlagsAdded, flag, n)
	}
	for flag, n := range removed(f) {
		addTo(&r.after.FlagsRemoved, flag, n)
	}
}

func addTo(counts *map[string]int, key string, n int) {
	if *counts == nil {
		*counts = map[string]int{}
	}
	(*counts)[key] += n
}
