package flow

import (
	"maps"
	"slices"
	"strings"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A drawing is an account's part of a graph while it is made.
type drawing struct {
	nodes map[end]*Node
	edges map[edgeKey]*Edge
}

// An end is where an edge begins or ends: a folder's name, or no folder.
type end struct {
	name    mailbox.Name
	deleted bool
}

// edgeKey is the same for messages that are counted together.
type edgeKey struct {
	from, to end
	kind     Kind
	rules    string
}

func accountOf(p *plan.Plan) Account {
	d := drawing{nodes: map[end]*Node{}, edges: map[edgeKey]*Edge{}}
	for i, step := range p.Steps {
		switch op := step.Op.(type) {
		case plan.Rename:
			n := d.node(end{name: renamed(op.To, p.Steps[i+1:])})
			n.Fate = FateRename
			if n.Was == "" {
				n.Was = op.From
			}
		case plan.Create:
			d.node(end{name: op.Name}).Fate = FateCreate
		case plan.Remove:
			d.node(end{name: op.Name}).Fate = FateRemove
		case plan.Set: // moves no mail
		case plan.File:
			d.file(op, rulesOf(step))
		}
	}
	return d.account(p.Account)
}

// renamed is where a folder lies after the renames among the steps.
func renamed(name mailbox.Name, steps []plan.Step) mailbox.Name {
	for _, step := range steps {
		if op, ok := step.Op.(plan.Rename); ok {
			name = name.Rebase(op.From, op.To)
		}
	}
	return name
}

// rulesOf are the addresses of what wants a step, each once.
func rulesOf(step plan.Step) []string {
	var rules []string
	for _, c := range step.Because {
		if c.Address != "" && !slices.Contains(rules, c.Address) {
			rules = append(rules, c.Address)
		}
	}
	return rules
}

// file draws what a step does to messages.
func (d *drawing) file(op plan.File, rules []string) {
	from := end{name: op.Folder}
	flagged := 0
	for _, m := range op.Messages {
		if len(m.Add)+len(m.Remove) > 0 {
			flagged++
		}
	}
	for _, to := range op.Copies {
		d.edge(from, end{name: to}, KindCopy, rules, len(op.Messages), 0)
	}
	switch {
	case op.Away == plan.AwayPermanent:
		d.edge(from, end{deleted: true}, KindDelete, rules, len(op.Messages), 0)
	case op.Away == plan.AwayMove && op.Trash:
		d.edge(from, end{name: op.To}, KindTrash, rules, len(op.Messages), flagged)
	case op.Away == plan.AwayMove:
		d.edge(from, end{name: op.To}, KindMove, rules, len(op.Messages), flagged)
	case flagged > 0:
		d.edge(from, from, KindFlag, rules, flagged, flagged)
	}
}

func (d *drawing) node(at end) *Node {
	if d.nodes[at] == nil {
		d.nodes[at] = &Node{Name: at.name, Deleted: at.deleted}
	}
	return d.nodes[at]
}

func (d *drawing) edge(from, to end, kind Kind, rules []string, messages, flagged int) {
	d.node(from)
	d.node(to)
	key := edgeKey{from, to, kind, strings.Join(rules, "\x00")}
	if d.edges[key] == nil {
		d.edges[key] = &Edge{Kind: kind, Rules: rules}
	}
	d.edges[key].Messages += messages
	d.edges[key].Flagged += flagged
}

// account puts nodes and edges in their order.
func (d *drawing) account(address string) Account {
	a := Account{Address: address}
	ends := slices.SortedFunc(maps.Keys(d.nodes), func(x, y end) int { return d.nodes[x].compare(*d.nodes[y]) })
	place := map[end]int{}
	for i, at := range ends {
		place[at] = i
		a.Nodes = append(a.Nodes, *d.nodes[at])
	}
	for key, e := range d.edges {
		e.From, e.To = place[key.from], place[key.to]
		a.Edges = append(a.Edges, *e)
	}
	slices.SortFunc(a.Edges, Edge.compare)
	return a
}
