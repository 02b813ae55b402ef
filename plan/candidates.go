package plan

import (
	"encoding/binary"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// candidates finds, of the rules that look into a folder, those that may take a
// message, without judging each one: most ask for an address or a list that the
// message has or has not.
type candidates struct {
	rules   []*bound
	always  []int // those without keys, by their place among the rules
	looks   []rules.Look
	finders []*rules.Finder // of the looks: places among the rules
	found   []int           // for reuse
}

func newCandidates(all []*bound) *candidates {
	c := &candidates{rules: all}
	for i, b := range all {
		if !b.keyed {
			c.always = append(c.always, i)
		}
		for _, key := range b.keys {
			c.add(key, i)
		}
	}
	return c
}

func (c *candidates) add(key rules.Key, i int) {
	at := slices.Index(c.looks, key.Look)
	if at < 0 {
		at = len(c.looks)
		c.looks, c.finders = append(c.looks, key.Look), append(c.finders, key.Look.Finder())
	}
	c.finders[at].Add(key, i)
}

// of returns the places of the rules that have to be judged, in their order. The
// result holds until the next call.
func (c *candidates) of(m *message.Message) []int {
	c.found = append(c.found[:0], c.always...)
	for _, f := range c.finders {
		told := false
		if c.found, told = f.Find(m, c.found); !told {
			return c.all()
		}
	}
	if len(c.found) > len(c.always) {
		slices.Sort(c.found)
		c.found = slices.Compact(c.found)
	}
	return c.found
}

func (c *candidates) all() []int {
	c.found = c.found[:0]
	for i := range c.rules {
		c.found = append(c.found, i)
	}
	return c.found
}

// forgetMail lets go of what the candidates remember of the mail that was told. There
// may be as many of them as folders, and the mail of one is often of other people.
func (p *Planner) forgetMail() {
	for _, c := range p.shared {
		for _, f := range c.finders {
			f.Forget()
		}
	}
}

// candidatesIn are those of the rules that look into a folder, of which the place may be
// known. Folders into which the same rules look share them.
func (p *Planner) candidatesIn(folder mailbox.Name, at *place) *candidates {
	if at != nil && at.candidates != nil {
		return at.candidates
	}
	here := p.rulesIn(folder)
	var same []byte
	for _, b := range here {
		same = binary.AppendUvarint(same, uint64(b.index))
	}
	c, ok := p.shared[string(same)]
	if !ok {
		c = newCandidates(here)
		p.shared[string(same)] = c
	}
	if at != nil {
		at.candidates = c
	}
	return c
}
