package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// circle is a way round on which messages would go for ever.
type circle struct {
	rules    []*bound
	messages int
}

// circle counts a message whose way leads round.
func (p *Planner) circle(w *way) {
	key := addresses(w.matched)
	c := p.circles[key]
	if c == nil {
		c = &circle{rules: slices.Clone(w.matched)}
		p.circles[key] = c
	}
	c.messages++
}

func addresses(rules []*bound) string {
	words := make([]string, len(rules))
	for i, b := range rules {
		words[i] = b.Address
	}
	return strings.Join(words, ", ")
}

// circleNotes tell of ways round, with the rules that make them.
func (p *Planner) circleNotes() {
	for _, key := range slices.Sorted(maps.Keys(p.circles)) {
		c := p.circles[key]
		subject := hcl.Range{}
		if len(c.rules) > 0 {
			subject = c.rules[0].Declared
		}
		p.note(subject, "Rules lead round in a circle", fmt.Sprintf(
			"%s would come back to where they were, by %s. They are left alone. Narrow one of these rules, or end the way with stop = true.",
			plural(c.messages, "message"), strings.Join(p.legs(c.rules), ", ")))
	}
}

// legs describe each rule of a circle with where it leads.
func (p *Planner) legs(rules []*bound) []string {
	legs := make([]string, len(rules))
	for i, b := range rules {
		legs[i] = b.Address
		if b.moveTo != "" {
			legs[i] += fmt.Sprintf(" (to %q)", b.moveTo)
		}
		if len(b.AddFlags) > 0 {
			legs[i] += fmt.Sprintf(" (adds %s)", b.AddFlags)
		}
		if len(b.RemoveFlags) > 0 {
			legs[i] += fmt.Sprintf(" (removes %s)", b.RemoveFlags)
		}
	}
	return legs
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
