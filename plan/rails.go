package plan

import (
	"fmt"
	"slices"
)

// deletedLater counts messages that one rule moves and another then deletes.
type deletedLater struct {
	mover, deleter string
	messages       int
}

// deletedAfterMove tells which messages of a step would be moved to where they are
// then deleted for good.
func deletedAfterMove(g *group) []deletedLater {
	if g.mover == nil {
		return nil
	}
	return []deletedLater{{g.mover.name(), g.causes[len(g.causes)-1].name(), len(g.step.Messages)}}
}

// judge holds a plan against the policy's rails.
func (p *Planner) judge(made *Plan) []Broken {
	var broken []Broken
	add := func(rail, allow, detail string, args ...any) {
		broken = append(broken, Broken{Rail: rail, Allow: allow, Detail: fmt.Sprintf(detail, args...)})
	}
	counts := made.Summary().Messages
	if n := made.Total(); n > p.policy.MaxMessages {
		add("max_messages", fmt.Sprintf("max_messages = %d", n), "The plan changes %d messages; %d are allowed.", n, p.policy.MaxMessages)
	}
	if n := counts.Delete; n > p.policy.MaxDeleted {
		add("max_deleted", fmt.Sprintf("max_deleted = %d", n), "The plan deletes %d messages for good; %d are allowed.", n, p.policy.MaxDeleted)
	}
	if n := len(p.removals) + len(p.swept); n > p.policy.MaxRemovedFolders {
		add("max_removed_folders", fmt.Sprintf("max_removed_folders = %d", n), "The plan removes %d folders; %d are allowed.", n, p.policy.MaxRemovedFolders)
	}
	if !p.policy.MoveThenDelete {
		for _, d := range p.deleted {
			add("move_then_delete", "move_then_delete = true", "%s would move %s to a folder where %s then deletes them for good.", d.mover, plural(d.messages, "message"), d.deleter)
		}
	}
	return slices.Concat(broken, p.judgeRules(made), p.judgeProtected())
}

// judgeRules holds each rule against its own rail.
func (p *Planner) judgeRules(made *Plan) []Broken {
	touched := map[string]int{}
	for _, step := range made.Steps {
		if f, ok := step.Op.(File); ok {
			for _, c := range step.Because {
				touched[c.Address] += len(f.Messages)
			}
		}
	}
	var broken []Broken
	for _, b := range p.rules {
		if n := touched[b.Address]; b.MaxMessages > 0 && n > b.MaxMessages {
			broken = append(broken, Broken{
				Rail: "max_messages", Of: b.Address, Allow: fmt.Sprintf("max_messages = %d", n),
				Detail: fmt.Sprintf("%s changes %d messages; its own rail allows %d.", b.Address, n, b.MaxMessages),
			})
		}
	}
	return broken
}
