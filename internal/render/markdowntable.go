package render

import (
	"slices"
	"strings"
)

// mostAttributes is how many attributes of a resource its row shows.
const mostAttributes = 3

// table is a row for each resource that changes, with those that are destroyed first.
func (c *comment) table() string {
	var destroyed, others []string
	for _, pl := range c.plans {
		for _, b := range blocksOf(pl, Options{}) {
			account := ""
			if c.several() {
				account = " " + code(clean(pl.Account), mostName) + " |"
			}
			if row := b.row(account); b.action == actionDelete {
				destroyed = append(destroyed, row)
			} else {
				others = append(others, row)
			}
		}
	}
	rows := slices.Concat(destroyed, others)
	if len(rows) == 0 {
		return ""
	}
	head := "\n|  | Resource | Change |\n|---|---|---|\n"
	if c.several() {
		head = "\n|  | Account | Resource | Change |\n|---|---|---|---|\n"
	}
	return head + fit(rows, c.room-lengthOf(head), func(n int) string {
		text := count(n, "more resource") + pick(n == 1, " has", " have") + " no room here"
		if lost := n - len(others); lost > 0 {
			text += ", of which " + number(lost) + " will be destroyed"
		}
		return "\n" + string(text) + ".\n"
	})
}

// row is the resource's row; account is the cell behind the first one, if any.
func (b block) row(account string) string {
	resource, change := b.title, safe("")
	if i := strings.LastIndex(string(b.title), willBe); i >= 0 {
		resource, change = b.title[:i], b.title[i+len(willBe):]
	}
	cells := []string{string(change)}
	for _, a := range b.attributes {
		if a.action != actionNone || a.comment != "" {
			cells = append(cells, code(a.words(), 2*mostName))
		}
	}
	if more := len(cells) - 1 - mostAttributes; more > 0 {
		cells = append(cells[:1+mostAttributes], "and "+string(number(more))+" more")
	}
	return "| `" + string(b.action) + "` |" + account + " " + code(resource, mostName) + " | " + strings.Join(cells, "<br>") + " |\n"
}

// willBe stands in a title between a resource and what becomes of it.
const willBe = " will be "

// words are the attribute in one line.
func (a attribute) words() safe {
	value := a.value
	if a.items != nil {
		var items []safe
		for _, i := range a.items {
			text := pick(i.action == actionDelete, "- ", "+ ") + i.value
			if i.comment != "" {
				text += " (" + i.comment + ")"
			}
			items = append(items, text)
		}
		value = join(items, ", ")
	}
	text := a.name + " = " + safe(strings.ReplaceAll(string(value), string(arrow), " -> "))
	if a.comment != "" {
		text += " # " + a.comment
	}
	return text
}
