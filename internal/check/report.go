package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// A report collects what is found.
type report struct {
	units map[key]*unit
	order []*unit
}

// A key names something that is judged perhaps several times, in each account and
// for each instance that it is the same for.
type key struct {
	kind  kind
	about string
	part  int // of what is judged, where several parts may be in vain
}

// A unit is found if it is in vain every time that it is judged.
type unit struct {
	key
	spared bool
	found  *hcl.Diagnostic
}

// kind is what is wrong.
type kind int

const (
	neverHolds kind = iota
	shadowed
	stopsOnce
	leadsRound
	ownFolder
	copiesFiled
	copiesMaybeFiled
	exceptionInVain
	looksNowhere
	movedAway
	misspelt
	severalFiles
)

// judge notes whether something is in vain this time, too, and what to say then.
func (r *report) judge(k key, inVain bool, say func() *hcl.Diagnostic) {
	u := r.units[k]
	if u == nil {
		u = &unit{key: k}
		r.units[k] = u
		r.order = append(r.order, u)
	}
	if !inVain {
		u.spared = true
	}
	if !u.spared && u.found == nil {
		u.found = say()
	}
}

// diagnostics returns what is found, in the order of the source. What is the matter
// with several instances of one block is said of the first.
func (r *report) diagnostics() hcl.Diagnostics {
	type place struct {
		kind    kind
		part    int
		subject hcl.Range
	}
	first := map[place]*hcl.Diagnostic{}
	more := map[*hcl.Diagnostic]int{}
	seen := map[string]bool{}
	var diags hcl.Diagnostics
	for _, u := range r.order {
		if u.spared || u.found == nil {
			continue
		}
		d := u.found
		text := fmt.Sprintf("%s %s %s", d.Subject, d.Summary, d.Detail)
		at := place{u.kind, u.part, *d.Subject}
		switch {
		case seen[text]:
		case first[at] != nil && perInstance(u.kind):
			more[first[at]]++
		default:
			first[at] = d
			diags = append(diags, d)
		}
		seen[text] = true
	}
	for d, n := range more {
		d.Detail += fmt.Sprintf(" The same is so of %s of the block.", plural(n, "other instance"))
	}
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Subject.Filename, b.Subject.Filename), cmp.Compare(a.Subject.Start.Byte, b.Subject.Start.Byte))
	})
	return diags
}

// perInstance says whether what is the matter is the matter with a rule as a whole,
// so that at one place it differs between instances only.
func perInstance(k kind) bool {
	switch k {
	case neverHolds, shadowed, stopsOnce, leadsRound, copiesFiled, copiesMaybeFiled:
		return true
	}
	return false
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

func warning(at hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: &at}
}
