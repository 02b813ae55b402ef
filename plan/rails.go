package plan

import (
	"fmt"
	"slices"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/rules"
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
	broken := made.count(p.policy, len(p.removals)+len(p.swept))
	if !p.policy.MoveThenDelete {
		for _, d := range p.deleted {
			broken = append(broken, Broken{
				Rail: "move_then_delete", Allow: "move_then_delete = true",
				Detail: fmt.Sprintf("%s would move %s to a folder where %s then deletes them for good.", d.mover, plural(d.messages, "message"), d.deleter),
			})
		}
	}
	return slices.Concat(broken, made.judgeRules(p.account.Rules), p.judgeProtected())
}

// count holds a plan that removes so many folders against the policy's numbers.
func (p *Plan) count(policy config.Policy, removed int) []Broken {
	var broken []Broken
	add := func(rail, allow, detail string, args ...any) {
		broken = append(broken, Broken{Rail: rail, Allow: allow, Detail: fmt.Sprintf(detail, args...)})
	}
	if n := p.Total(); n > policy.MaxMessages {
		add("max_messages", fmt.Sprintf("max_messages = %d", n), "The plan changes %s; %d are allowed.", plural(n, "message"), policy.MaxMessages)
	}
	if n := p.Summary().Messages.Delete; n > policy.MaxDeleted {
		add("max_deleted", fmt.Sprintf("max_deleted = %d", n), "The plan deletes %s for good; %d are allowed.", plural(n, "message"), policy.MaxDeleted)
	}
	if removed > policy.MaxRemovedFolders {
		add("max_removed_folders", fmt.Sprintf("max_removed_folders = %d", removed), "The plan removes %s; %d are allowed.", plural(removed, "folder"), policy.MaxRemovedFolders)
	}
	return broken
}

// judgeRules holds each rule against its own rail.
func (p *Plan) judgeRules(all []*rules.Rule) []Broken {
	touched := map[string]int{}
	for _, step := range p.Steps {
		if f, ok := step.Op.(File); ok {
			for _, c := range step.Because {
				touched[c.Address] += len(f.Messages)
			}
		}
	}
	var broken []Broken
	for _, r := range all {
		if n := touched[r.Address]; r.MaxMessages > 0 && n > r.MaxMessages {
			broken = append(broken, Broken{
				Rail: "max_messages", Of: r.Address, Allow: fmt.Sprintf("max_messages = %d", n),
				Detail: fmt.Sprintf("%s changes %d messages; its own rail allows %d.", r.Address, n, r.MaxMessages),
			})
		}
	}
	return broken
}
