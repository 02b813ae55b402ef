package render

import "strings"

// An action is what happens to a resource or an attribute, as its symbol.
type action string

// The symbols of a plan, in the order of the legend.
const (
	actionCreate action = "+"
	actionUpdate action = "~"
	actionDelete action = "-"
	actionNone   action = " " // shown, unchanged
)

var legend = []struct {
	action action
	words  safe
}{
	{actionCreate, "create"},
	{actionUpdate, "update in-place (current -> planned)"},
	{actionDelete, "destroy"},
}

// A block is a resource of a plan as it is shown.
type block struct {
	action     action
	title      safe   // "rule.x will be applied to 41 messages"
	comments   []safe // below the title
	kind, name safe   // rule "x"
	attributes []attribute
	notes      []safe   // comments within the block, after the attributes
	samples    [][]safe // rows of columns
	table      safe     // above the samples
	hidden     safe     // below the samples
}

// An attribute is a line of a block, or several where it is a list.
type attribute struct {
	action  action
	name    safe
	value   safe
	comment safe
	items   []item
}

// An item is an element of a list.
type item struct {
	action  action
	value   safe
	comment safe
}

func (p *page) block(b block) {
	p.line("  ", p.bold("# "+b.title))
	for _, c := range b.comments {
		p.line("  # (", c, ")")
	}
	p.line("  ", p.symbol(b.action), " ", b.kind, " ", b.name, " {")
	longest := 0
	for _, a := range b.attributes {
		longest = max(longest, len(a.name))
	}
	for _, a := range b.attributes {
		p.attribute(a, longest)
	}
	for i, note := range b.notes {
		if i == 0 && len(b.attributes) > 0 {
			p.line()
		}
		p.line("        ", p.dim("# "+note))
	}
	p.samples(b)
	p.line("    }")
	p.line()
}

func (p *page) attribute(a attribute, longest int) {
	head := "      " + p.symbol(a.action) + " " + pad(a.name, longest) + " = "
	if a.items == nil {
		p.line(head, p.change(a.value), p.trailing(a.comment))
		return
	}
	p.line(head, "[")
	for _, i := range a.items {
		p.line("          ", p.symbol(i.action), " ", i.value, ",", p.trailing(i.comment))
	}
	p.line("        ]")
}

func (p *page) samples(b block) {
	if len(b.samples) == 0 {
		return
	}
	var widths []int
	for _, row := range b.samples {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], columns(cell))
		}
	}
	if len(b.attributes)+len(b.notes) > 0 {
		p.line()
	}
	p.line("        ", p.dim("# "+b.table))
	for _, row := range b.samples {
		cells := make([]safe, len(row))
		for i, cell := range row {
			cells[i] = cell
			if i < len(row)-1 {
				cells[i] = pad(cell, widths[i])
			}
		}
		p.line("      ", p.symbol(b.action), " ", join(cells, "  "))
	}
	if b.hidden != "" {
		p.line("        ", p.dim("# ("+b.hidden+")"))
	}
}

// change colours the arrow of "a -> b".
func (p *page) change(value safe) safe {
	from, to, ok := strings.Cut(string(value), string(arrow))
	if !ok {
		return value
	}
	return safe(from) + p.yellow(" -> ") + safe(to)
}

// arrow stands between two values until they are written: " -> " may be part of
// either.
const arrow safe = "\x00"

func becomes(from, to safe) safe { return from + arrow + to }

func (p *page) trailing(comment safe) safe {
	if comment == "" {
		return ""
	}
	return " " + p.dim("# "+comment)
}

func (p *page) symbol(a action) safe {
	switch a {
	case actionCreate:
		return p.green("+")
	case actionUpdate:
		return p.yellow("~")
	case actionDelete:
		return p.red("-")
	default:
		return " "
	}
}
