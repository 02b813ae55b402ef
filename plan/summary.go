package plan

import (
	"fmt"
	"strings"
)

// A Summary counts what a plan does: resources as Terraform counts them, and
// messages.
type Summary struct {
	Add, Change, Destroy int
	Messages             MessageCounts
}

// MessageCounts counts messages by what a plan does to them. A message that is
// moved and flagged counts in both.
type MessageCounts struct {
	Copy, Move, Trash, Delete, Flag int
}

// Total is the number of messages that something is done to, each counted once.
func (p *Plan) Total() int {
	n := 0
	for _, s := range p.Steps {
		if f, ok := s.Op.(File); ok {
			n += len(f.Messages)
		}
	}
	return n
}

// Summary counts the plan. A folder that is created is one to add, with its
// settings; one that is renamed or set, or both, is one to change. A rule with
// work is one to change, one that deletes for good is one to destroy: a plan of
// rules only must not read as if nothing happened.
func (p *Plan) Summary() Summary {
	var s Summary
	changed := map[string]bool{}   // "folder NAME", "rule.x"
	destroyed := map[string]bool{} // addresses of rules
	created := map[string]bool{}
	for _, step := range p.Steps {
		switch op := step.Op.(type) {
		case Create:
			created[string(op.Name)] = true
			s.Add++
		case Rename:
			changed["folder "+string(op.To)] = true
		case Set:
			if !created[string(op.Name)] {
				changed["folder "+string(op.Name)] = true
			}
		case Remove:
			s.Destroy++
		case File:
			s.Messages.count(op)
			for _, cause := range step.Because {
				switch {
				case cause.Address == "": // a removed block: counted by its folder
				case op.Away == AwayPermanent && cause == step.Because[len(step.Because)-1]:
					destroyed[cause.Address] = true
				default:
					changed[cause.Address] = true
				}
			}
		}
	}
	s.Destroy += len(destroyed)
	for address := range changed {
		if !destroyed[address] {
			s.Change++
		}
	}
	return s
}

func (c *MessageCounts) count(f File) {
	n := len(f.Messages)
	c.Copy += n * len(f.Copies)
	switch {
	case f.Away == AwayPermanent:
		c.Delete += n
	case f.Away == AwayMove && f.Trash:
		c.Trash += n
	case f.Away == AwayMove:
		c.Move += n
	}
	for _, m := range f.Messages {
		if f.Away != AwayPermanent && len(m.Add)+len(m.Remove) > 0 {
			c.Flag++
		}
	}
}

// String is the summary as Terraform words it: "Plan: 1 to add, 2 to change, 0 to
// destroy." and, if any, the messages.
func (s Summary) String() string {
	line := fmt.Sprintf("Plan: %d to add, %d to change, %d to destroy.", s.Add, s.Change, s.Destroy)
	if m := s.Messages.words("to copy", "to move", "to trash", "to delete", "to flag"); m != "" {
		line += " Messages: " + m + "."
	}
	return line
}

// words joins the counts that are not zero with a word for each kind, in the order
// of MessageCounts' fields.
func (c MessageCounts) words(kinds ...string) string {
	var parts []string
	for i, n := range []int{c.Copy, c.Move, c.Trash, c.Delete, c.Flag} {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, kinds[i]))
		}
	}
	return strings.Join(parts, ", ")
}
