package check

import (
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
)

// An index finds the rules that may look in a folder without trying each one: by
// what stands before a pattern's first wildcard.
type index struct {
	rules    []*rule
	byPrefix map[mailbox.Name][]lookers
	anywhere []lookers // patterns of a use: that folder may be any
	known    map[string][]looker
}

// lookers are the rules that have a pattern among their folders.
type lookers struct {
	pattern mailbox.Pattern
	rules   []*rule
}

// A looker is a rule that may look in a folder.
type looker struct {
	*rule
	certainly bool
}

func newIndex(rules []*rule) index {
	x := index{rules: rules, byPrefix: map[mailbox.Name][]lookers{}, known: map[string][]looker{}}
	var order []string
	byPattern := map[string]*lookers{}
	for _, r := range rules {
		for _, p := range r.in {
			text := p.String()
			if byPattern[text] == nil {
				byPattern[text] = &lookers{pattern: p}
				order = append(order, text)
			}
			byPattern[text].rules = append(byPattern[text].rules, r)
		}
	}
	for _, text := range order {
		l := *byPattern[text]
		if l.pattern.Use() != "" {
			x.anywhere = append(x.anywhere, l)
			continue
		}
		prefix := l.pattern.Prefix()
		if _, literal := l.pattern.Ref(); prefix == mailbox.Inbox && !literal {
			prefix = "" // where all folders lie below INBOX they go without it
		}
		prefix = prefix.OutOfInbox()
		x.byPrefix[prefix] = append(x.byPrefix[prefix], l)
	}
	return x
}

// in returns the rules that may look in a folder, or in one of a pattern, in their
// order; certainly means in each of them.
func (x *index) in(folder mailbox.Pattern) []looker {
	text := folder.String()
	if found, ok := x.known[text]; ok {
		return found
	}
	var candidates []*rule
	collect := func(all []lookers) {
		for _, l := range all {
			if l.pattern.Meets(folder) {
				candidates = append(candidates, l.rules...)
			}
		}
	}
	if ref, literal := folder.Ref(); !literal || ref.Use != "" {
		candidates = slices.Clone(x.rules)
	} else {
		collect(x.anywhere)
		collect(x.byPrefix[""])
		for name, ok := ref.Name.OutOfInbox(), true; ok; name, ok = name.Parent() {
			collect(x.byPrefix[name])
		}
	}
	slices.SortFunc(candidates, func(a, b *rule) int { return a.number - b.number })
	var found []looker
	for _, r := range slices.Compact(candidates) {
		if certainly, may := r.looksIn(folder); may {
			found = append(found, looker{r, certainly})
		}
	}
	x.known[text] = found
	return found
}
