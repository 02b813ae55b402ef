package render

import (
	"strings"
)

const (
	planTitle     = "The plan"
	warningsTitle = "Warnings"
)

// planText is the plan as its text is elsewhere, as far as there is room for it.
func (c *comment) planText() string {
	with := c.diffs(c.o.Samples)
	if len(with) == 0 {
		return ""
	}
	if text := folded(planTitle, "diff", strings.Join(with, "\n")); lengthOf(text) <= c.room {
		return text
	}
	var note string
	without := with
	if c.o.Samples > 0 {
		note = "\nSamples are left out, for which there is no room.\n"
		without = c.diffs(0)
	}
	return c.foldedFit(planTitle, "diff", without, "resource", note)
}

// foldedFit is a folded code block of as many of the items as there is room for, and
// what else there is to say of it.
func (c *comment) foldedFit(title, language string, items []string, noun safe, note string) string {
	left := func(n int) string {
		return note + "\n" + string(count(n, "more "+noun)+pick(n == 1, " has", " have")) + " no room here.\n"
	}
	for i, item := range items[1:] {
		items[i+1] = "\n" + item
	}
	if text := folded(title, language, strings.Join(items, "")) + note; lengthOf(text) <= c.room {
		return text
	}
	// As many as fit, of which each may grow by what is escaped in a block.
	room := c.room - lengthOf(folded(title, language, "")+left(len(items)))
	n := 0
	for n < len(items) {
		if room -= lengthOf(strings.ReplaceAll(items[n], "```", `\u0060\u0060\u0060`)); room < 0 {
			break
		}
		n++
	}
	if n == 0 {
		return c.orNothing(left(len(items)))
	}
	return folded(title, language, strings.Join(items[:n], "")) + left(len(items)-n)
}

// diffs are the blocks of the plans as a diff.
func (c *comment) diffs(samples int) []string {
	var all []string
	for _, pl := range c.plans {
		for i, b := range blocksOf(pl, Options{Samples: samples}) {
			p := newPage(Options{})
			if i == 0 && c.several() {
				p.line("# ", clean(pl.Account))
				p.line()
			}
			p.block(b)
			var text strings.Builder
			for line := range strings.Lines(strings.TrimSuffix(p.b.String(), "\n")) {
				text.WriteString(diffLine(line))
			}
			all = append(all, text.String())
		}
	}
	return all
}

// diffLine is a line of a plan with its symbol in the first column, where a diff has
// it: ! is what GitHub colours as a change.
func diffLine(line string) string {
	text := strings.TrimLeft(line, " ")
	indent := line[:len(line)-len(text)]
	if indent == "" || len(text) < 2 || text[1] != ' ' {
		return line
	}
	switch text[0] {
	case '+', '-':
		return text[:1] + indent + text[1:]
	case '~':
		return "!" + indent + text[1:]
	default:
		return line
	}
}

// warnings are what else somebody should know, as they are shown elsewhere.
func (c *comment) warnings() string {
	var notes []Problems
	for _, pl := range c.plans {
		notes = append(notes, Problems{pl.Account, warnings(pl)})
	}
	var items []string
	for _, d := range together(notes, c.several()) {
		p := newPage(Options{Files: c.o.Files})
		p.diagnostic(d)
		items = append(items, p.b.String())
	}
	if len(items) == 0 {
		return ""
	}
	return c.foldedFit(warningsTitle, "text", items, "warning", "")
}
