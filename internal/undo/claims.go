package undo

import (
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
)

// claims are the changes that later runs made to something that the run has changed: what
// was turned around again does not count. The zero value: there are none.
type claims struct {
	by    map[string]int // by origin: changes, less those turned around; never 0
	flips int            // all changes
}

// add counts a change, unless it is of the run itself, or of runs of which nothing stands.
func (c *claims) add(r *laterRun) {
	if r.ours() || r.closed {
		return
	}
	if c.by == nil {
		c.by = map[string]int{}
	}
	origin, sign := r.stamp()
	if c.by[origin] += sign; c.by[origin] == 0 {
		delete(c.by, origin)
	}
	c.flips++
}

// stand says whether any of the changes was not turned around.
func (c claims) stand() bool { return len(c.by) > 0 }

// asRun says whether it is, after all changes, as the run left it.
func (c claims) asRun() bool { return c.flips%2 == 0 }

// claim notes that another run has changed flags.
func (m *moved) claim(r *laterRun, flags mailbox.Flags) {
	if !m.ours {
		return
	}
	if m.claims == nil {
		m.claims = map[string]*claims{}
	}
	for _, f := range flags {
		c := m.claims[folded(f)]
		if c == nil {
			c = &claims{}
			m.claims[folded(f)] = c
		}
		c.add(r)
	}
}

// turnable are those of the flags that no later run has changed, but for changes that were
// turned around; contested those of the others that are as the run left them.
func (m *moved) turnable(flags mailbox.Flags) (turnable, contested mailbox.Flags) {
	for _, f := range flags {
		switch c := m.claims[folded(f)]; {
		case c == nil || !c.stand():
			turnable = append(turnable, f)
		case c.asRun():
			contested = append(contested, f)
		}
	}
	return turnable, contested
}

// folded is a flag without regard to letter case (RFC 9051 section 2.3.2).
func folded(f imap.Flag) string { return strings.ToLower(string(f)) }
