package plan

import (
	"maps"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// copies is what the planner learns of folders into which rules copy: a message of
// which there is a copy already is not copied again.
type copies struct {
	holds   map[mailbox.Name]map[CopyKey]bool // by the name after renames
	pending map[mailbox.Name]bool             // questions not answered, by the name before renames
	states  []Before                          // of those that were answered
	started bool
}

// ask returns the round of questions on what the destinations of copies hold.
func (c *copies) ask(p *Planner) []Question {
	if c.started {
		return nil
	}
	c.started = true
	c.holds, c.pending = map[mailbox.Name]map[CopyKey]bool{}, map[mailbox.Name]bool{}
	var round []Question
	for _, name := range p.copyFolders() {
		c.holds[name] = map[CopyKey]bool{}
		at := p.world.folders[name]
		if at.exists() && at.listed.Messages > 0 {
			c.pending[at.now] = true
			round = append(round, Question{Folder: at.now, Fetch: IdentityParts()})
		}
	}
	c.placed(p)
	return round
}

// copyFolders are the folders into which a message might be copied.
func (p *Planner) copyFolders() []mailbox.Name {
	wanted := map[mailbox.Name]bool{}
	for _, v := range p.visits {
		for _, t := range v.taken {
			for _, to := range t.way.copies {
				wanted[to.folder] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(wanted))
}

func (c *copies) asked(folder mailbox.Name) bool { return c.pending[folder] }

func (c *copies) tell(p *Planner, q Question, m *message.Message) {
	if m.Known.Covers(IdentityParts()) {
		c.holds[p.world.byNow[q.Folder].name][IdentityOf(m).CopyKey()] = true
	}
}

func (c *copies) told(q Question, s State) {
	delete(c.pending, q.Folder)
	c.states = append(c.states, newBefore(q.Folder, s))
}

// placed counts the messages that the plan itself moves into those folders.
func (c *copies) placed(p *Planner) {
	for _, v := range p.visits {
		for _, t := range v.taken {
			if held, ok := c.holds[t.way.folder]; ok && t.way.ending == endStays && t.way.folder != v.place.name {
				held[IdentityOf(&t.m).CopyKey()] = true
			}
		}
	}
}

// make says whether the message must be copied into the folder, and counts the
// copy as made.
func (c *copies) make(folder mailbox.Name, id Identity) bool {
	if c.holds[folder][id.CopyKey()] {
		return false
	}
	c.holds[folder][id.CopyKey()] = true
	return true
}
