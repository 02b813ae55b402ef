package check

import (
	"slices"
	"strings"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// A view is an account with its folders as far as the configuration tells them.
type view struct {
	account *config.Account
	uses    map[mailbox.Use]mailbox.Name // of the folder blocks
	rules   []*rule
	index   index
}

// A rule is one whose patterns have the declared folders of special uses written
// out.
type rule struct {
	*rules.Rule
	number    int // in the order in which they run
	in, notIn []mailbox.Pattern
	moves     bool
	to        mailbox.Pattern // with moves
	toRef     mailbox.Ref
	dead      bool // it never acts, which is reported by itself
}

func newView(a *config.Account) *view {
	v := &view{account: a, uses: map[mailbox.Use]mailbox.Name{}}
	for _, f := range a.Folders {
		if f.Use != "" {
			v.uses[f.Use] = f.Name
		}
	}
	for i, r := range a.Rules {
		bound := &rule{Rule: r, number: i, in: v.resolve(r.In), notIn: v.resolve(r.NotIn), toRef: r.MoveTo}
		if r.Delete == rules.DeleteTrash {
			bound.toRef = mailbox.Ref{Use: mailbox.UseTrash}
		}
		if bound.moves = bound.toRef != (mailbox.Ref{}); bound.moves {
			bound.to = v.folder(bound.toRef)
		}
		v.rules = append(v.rules, bound)
	}
	v.index = newIndex(v.rules)
	return v
}

func (v *view) resolve(patterns []mailbox.Pattern) []mailbox.Pattern {
	all := make([]mailbox.Pattern, len(patterns))
	for i, p := range patterns {
		all[i] = p.Resolve(v.uses)
	}
	return all
}

// folder is the pattern of just that folder.
func (v *view) folder(r mailbox.Ref) mailbox.Pattern {
	return mailbox.PatternOf(r).Resolve(v.uses)
}

// unit is the same for a rule that several accounts share, and for what several uses
// of a module make of one: but for the instances of its own block.
func (r *rule) unit() string {
	name := r.Type + "." + r.Label
	return r.Declared.String() + " " + r.Address[max(0, strings.LastIndex(r.Address, name)):]
}

// looksIn says whether the rule certainly looks in a folder; may: whether it may.
func (r *rule) looksIn(folder mailbox.Pattern) (certainly, may bool) {
	if slices.ContainsFunc(r.notIn, func(p mailbox.Pattern) bool { return p.Contains(folder) }) {
		return false, false
	}
	for _, p := range r.in {
		may = may || p.Meets(folder)
		certainly = certainly || p.Covers(folder)
	}
	if slices.ContainsFunc(r.notIn, func(p mailbox.Pattern) bool { return p.Meets(folder) }) {
		certainly = false
	}
	return certainly, may
}

// nowhere says whether the rule leaves out all that it names.
func (r *rule) nowhere() bool {
	return !slices.ContainsFunc(r.in, func(p mailbox.Pattern) bool { return !r.leavesOut(p) })
}

// leavesOut says whether the rule certainly looks in nothing of a pattern.
func (r *rule) leavesOut(p mailbox.Pattern) bool {
	return slices.ContainsFunc(r.notIn, func(x mailbox.Pattern) bool { return x.Contains(p) })
}

// looksWherever says whether the rule certainly looks in every folder in which the
// other looks.
func (r *rule) looksWherever(other *rule) bool {
	for _, p := range other.in {
		if !slices.ContainsFunc(r.in, func(q mailbox.Pattern) bool { return q.Covers(p) }) {
			if !other.leavesOut(p) {
				return false
			}
			continue
		}
		for _, x := range r.notIn {
			if x.Meets(p) && !other.leavesOut(x) && !other.leavesOut(p) {
				return false
			}
		}
	}
	return true
}

// describe is a folder as configurations write it: quoted, but for special.….
func describe(p mailbox.Pattern) string {
	if p.Use() != "" && p.Prefix() == "" {
		if _, literal := p.Ref(); literal {
			return p.String()
		}
	}
	return `"` + p.String() + `"`
}
