package plan

import (
	"maps"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// copies is what the planner learns of folders into which rules copy: a message of
// which there is a copy already is not copied again.
type copies struct {
	holds   map[mailbox.Name]map[CopyKey]bool  // by the name after renames
	same    map[mailbox.Name]map[Identity]bool // likewise
	pending map[mailbox.Name]bool              // questions not answered, by the name before renames
	states  []Before                           // of those that were answered
	started bool
}

// ask returns the round of questions on what the destinations of copies hold.
func (c *copies) ask(p *Planner) []Question {
	if c.started {
		return nil
	}
	c.started = true
	c.holds, c.pending = map[mailbox.Name]map[CopyKey]bool{}, map[mailbox.Name]bool{}
	c.same = map[mailbox.Name]map[Identity]bool{}
	var round []Question
	for _, name := range append(p.copyFolders(), p.keptLabels()...) {
		c.holds[name], c.same[name] = map[CopyKey]bool{}, map[Identity]bool{}
		at := p.world.folders[name]
		if at.exists() && at.listed.Messages > 0 {
			c.pending[at.now] = true
			round = append(round, Question{Folder: at.now, Fetch: IdentityParts().Union(message.Parts{Flags: true})})
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

// tell counts a message that is there to stay: one that is marked \Deleted is gone
// at the next EXPUNGE of any client.
func (c *copies) tell(p *Planner, q Question, m *message.Message) {
	p.keep(p.world.byNow[q.Folder], m)
	if m.Known.Covers(q.Fetch) && !m.Flags.Has(imap.FlagDeleted) {
		c.hold(p.world.byNow[q.Folder].name, IdentityOf(m))
	}
}

func (c *copies) hold(folder mailbox.Name, id Identity) {
	c.holds[folder][id.CopyKey()], c.same[folder][id] = true, true
}

func (c *copies) told(q Question, s State) {
	delete(c.pending, q.Folder)
	c.states = append(c.states, newBefore(q.Folder, s))
}

// placed counts the messages that the plan itself moves into those folders.
func (c *copies) placed(p *Planner) {
	for _, v := range p.visits {
		for _, t := range v.taken {
			if _, ok := c.holds[t.way.folder]; ok && t.way.ending == endStays && t.way.folder != v.place.name {
				c.hold(t.way.folder, IdentityOf(&t.m))
			}
		}
	}
}

// make says whether the message must be copied into the folder, and counts the
// copy as made. Of a message that is then deleted for good the folder must hold the
// very same one, not just one of the same Message-ID and date.
func (c *copies) make(folder mailbox.Name, id Identity, deleted bool) bool {
	held := c.holds[folder][id.CopyKey()]
	if deleted {
		held = c.same[folder][id]
	}
	if held {
		return false
	}
	c.hold(folder, id)
	return true
}
