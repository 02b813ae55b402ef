// Package flow owns the picture of where mail goes: folders as nodes, what rules do as
// edges between them, and how that is written for Mermaid and for Graphviz.
//
// What is done belongs to plan, all other words about it to render. The package
// performs no I/O and reads no clock.
package flow

import (
	"cmp"
	"slices"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/plan"
)

// A Graph is where mail flows in some accounts. The zero value has nothing in it.
type Graph struct {
	Accounts []Account // those with a node, in the order of the plans
}

// An Account is the part of a graph that is one account's.
type Account struct {
	Address string
	Nodes   []Node // sorted by name, with Deleted last
	Edges   []Edge // sorted by where they begin and end
}

// A Node is a folder, or what becomes of messages that are deleted for good.
type Node struct {
	Name    mailbox.Name // once the plan is done
	Deleted bool         // no folder: messages that come here are deleted for good
	Fate    Fate
	Was     mailbox.Name // with FateRename
}

// Fate is what becomes of a folder. The zero value: it stays as it is.
type Fate int

// What becomes of folders.
const (
	FateStay   Fate = iota
	FateCreate      // it is made
	FateRename      // it gets another name
	FateRemove      // it is deleted
)

// An Edge is what the same rules do to messages together.
type Edge struct {
	From, To int // indexes of the account's Nodes; the same: the messages stay
	Kind     Kind
	Rules    []string // addresses, in the order in which they take the messages; empty: a block without one
	Messages int
	Flagged  int // of those messages how many get other flags
}

// Kind is how messages take an edge.
type Kind int

// The ways that messages go.
const (
	KindMove   Kind = iota
	KindCopy        // they stay, too
	KindTrash       // they are moved, to be thrown away
	KindDelete      // for good
	KindFlag        // they stay, with other flags
)

// Of returns the picture of plans. Accounts without a node are left out.
func Of(plans []*plan.Plan) Graph {
	var g Graph
	for _, p := range plans {
		if a := accountOf(p); len(a.Nodes) > 0 {
			g.Accounts = append(g.Accounts, a)
		}
	}
	return g
}

// Empty says that no mail flows, whatever becomes of folders.
func (g Graph) Empty() bool {
	return !slices.ContainsFunc(g.Accounts, func(a Account) bool { return len(a.Edges) > 0 })
}

// What can be read at a glance, and mostText, which is what Mermaid takes at most.
const (
	mostNodes = 40
	mostEdges = 60
	mostText  = 50_000
)

// Readable says whether somebody who looks at the picture would see anything in it.
func (g Graph) Readable() bool {
	nodes, edges := g.Size()
	return nodes <= mostNodes && edges <= mostEdges && len(g.Mermaid()) <= mostText
}

// Size returns the number of nodes and of edges.
func (g Graph) Size() (nodes, edges int) {
	for _, a := range g.Accounts {
		nodes += len(a.Nodes)
		edges += len(a.Edges)
	}
	return nodes, edges
}

// compare orders nodes.
func (n Node) compare(o Node) int {
	if n.Deleted != o.Deleted {
		if n.Deleted {
			return 1
		}
		return -1
	}
	return cmp.Compare(n.Name, o.Name)
}

// compare orders edges of the same account.
func (e Edge) compare(o Edge) int {
	return cmp.Or(cmp.Compare(e.From, o.From), cmp.Compare(e.To, o.To), cmp.Compare(e.Kind, o.Kind), slices.Compare(e.Rules, o.Rules))
}
