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
	twins   map[mailbox.Name]map[Identity]int  // what destinations of moves hold, by the name after renames
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
	c.twins = map[mailbox.Name]map[Identity]int{}
	var round []Question
	ask := func(name mailbox.Name) {
		at := p.world.folders[name]
		if at.exists() && at.listed.Messages > 0 && !c.pending[at.now] {
			c.pending[at.now] = true
			round = append(round, Question{Folder: at.now, Fetch: IdentityParts().Union(message.Parts{Flags: true})})
		}
	}
	for _, name := range append(p.copyFolders(), p.keptLabels()...) {
		c.holds[name], c.same[name] = map[CopyKey]bool{}, map[Identity]bool{}
		ask(name)
	}
	for _, name := range p.moveFolders() {
		c.twins[name] = map[Identity]int{}
		ask(name)
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

// moveFolders are the folders into which messages might be moved by copying them: there
// may be a copy of each already, made by a run that was cut short before it deleted the
// message.
func (p *Planner) moveFolders() []mailbox.Name {
	if !p.listing.MovesByCopy || p.listing.Labels {
		return nil
	}
	wanted := map[mailbox.Name]bool{}
	for _, v := range p.visits {
		for _, t := range v.taken {
			if t.way.ending == endStays && t.way.folder != v.place.name {
				wanted[t.way.folder] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(wanted))
}

// stays says whether the plan leaves a message in its folder: one that leaves stands for
// no other.
func (p *Planner) stays(folder mailbox.Name, uid imap.UID) bool {
	v := p.visits[folder]
	if v == nil || v.taken[uid] == nil {
		return true
	}
	w := v.taken[uid].way
	return w != nil && w.ending == endStays && w.folder == v.place.name
}

// finishes says whether a message that is to be moved to the folder by copying it is
// there already. A copy stands for one message.
func (c *copies) finishes(folder mailbox.Name, id Identity) bool {
	if c.twins[folder][id] == 0 {
		return false
	}
	c.twins[folder][id]--
	return true
}

func (c *copies) asked(folder mailbox.Name) bool { return c.pending[folder] }

// tell counts a message that is there to stay: one that is marked \Deleted is gone
// at the next EXPUNGE of any client.
func (c *copies) tell(p *Planner, q Question, m *message.Message) {
	p.keep(p.world.byNow[q.Folder], m)
	if m.Known.Covers(q.Fetch) && !m.Flags.Has(imap.FlagDeleted) {
		folder, id := p.world.byNow[q.Folder].name, IdentityOf(m)
		c.hold(folder, id)
		if c.twins[folder] != nil && p.stays(q.Folder, m.UID) {
			c.twins[folder][id]++
		}
	}
}

func (c *copies) hold(folder mailbox.Name, id Identity) {
	if c.holds[folder] == nil {
		return
	}
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
				c.hold(t.way.folder, t.identity)
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
