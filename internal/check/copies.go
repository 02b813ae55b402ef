package check

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// checkCopies finds copies into folders where rules look, which a plan refuses.
func checkCopies(v *view, r *report) {
	for _, x := range v.rules {
		for i, to := range v.copies(x) {
			for _, looker := range v.index.in(to.folder) {
				if k, found := v.filesCopies(looker, to); found {
					r.judge(key{k, x.Address, i}, true, func() *hcl.Diagnostic { return sayFiled(k, x, to, looker.rule) })
					break
				}
			}
		}
	}
}

// A copyTo is where copies go: a folder, or those that a template can name.
type copyTo struct {
	folder  mailbox.Pattern
	written string // for people
	literal bool
}

func (v *view) copies(x *rule) []copyTo {
	var all []copyTo
	for _, ref := range x.CopyTo {
		all = append(all, copyTo{v.folder(ref), describe(mailbox.PatternOf(ref)), true})
	}
	for _, template := range x.CopyBy {
		for _, p := range template.Patterns() {
			all = append(all, copyTo{p.Resolve(v.uses), describe(p), false})
		}
	}
	return all
}

// filesCopies says whether a rule looks where copies go, and how sure that is.
func (v *view) filesCopies(by looker, to copyTo) (kind, bool) {
	switch {
	case by.certainly && to.literal:
		return copiesFiled, true
	case by.certainly, v.seemsToLook(by.rule, to.folder):
		return copiesMaybeFiled, true
	}
	return 0, false
}

func sayFiled(k kind, x *rule, to copyTo, by *rule) *hcl.Diagnostic {
	if k == copiesMaybeFiled {
		return warning(x.ActionRange, "Copies may be filed again",
			"%s makes copies in %s, which the folders of %s cover: a plan refuses that, unless the server says that the copies go where trash, junk or the like is, which patterns leave alone. Leave the folder out there: not_in = [%s].",
			x.Address, to.written, by.Address, to.written)
	}
	d := warning(x.ActionRange, "Copies would be filed again",
		"%s makes copies in %s, where %s looks: a copy that it takes away would be made again by the next run. Leave the folder out there: not_in = [%s].",
		x.Address, to.written, by.Address, to.written)
	d.Severity = hcl.DiagError
	return d
}

// seemsToLook says whether a rule looks in a folder unless the server says that it
// is one which patterns leave alone, and nothing suggests that.
func (v *view) seemsToLook(x *rule, folder mailbox.Pattern) bool {
	if folder.Use() != "" {
		return false
	}
	for name, ok := folder.Prefix(), true; ok; name, ok = name.Parent() {
		if mailbox.WellKnown(name).Hidden() {
			return false
		}
		for use, declared := range v.uses {
			if use.Hidden() && declared == name {
				return false
			}
		}
	}
	return slices.ContainsFunc(x.in, func(p mailbox.Pattern) bool { return p.Contains(folder) }) &&
		!slices.ContainsFunc(x.notIn, func(p mailbox.Pattern) bool { return p.Meets(folder) })
}
