package flow

import (
	"fmt"
	"strings"
)

// DOT returns the graph in the language of Graphviz. Names of folders and rules cannot
// become anything but text in it.
func (g Graph) DOT() string {
	var b strings.Builder
	b.WriteString("digraph imapform {\n  rankdir=LR\n  node [shape=box]\n")
	for i, a := range g.Accounts {
		indent := "  "
		if len(g.Accounts) > 1 {
			fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=%s\n", i, dotText([]string{shown(a.Address)}))
			indent = "    "
		}
		for j, n := range a.Nodes {
			fmt.Fprintf(&b, "%sn%d_%d [label=%s%s]\n", indent, i, j, dotText(n.label()), n.dot())
		}
		if len(g.Accounts) > 1 {
			b.WriteString("  }\n")
		}
	}
	for i, a := range g.Accounts {
		for _, e := range a.Edges {
			fmt.Fprintf(&b, "  n%d_%d -> n%d_%d [label=%s%s]\n", i, e.From, i, e.To, dotText(e.label()), dotEdges[e.Kind])
		}
	}
	b.WriteString("}\n")
	return b.String()
}

var dotEdges = map[Kind]string{
	KindMove:   "",
	KindCopy:   ", style=dashed",
	KindTrash:  ", color=red",
	KindDelete: ", color=red, style=bold",
	KindFlag:   ", style=dotted",
}

// dot are the node's attributes besides its label.
func (n Node) dot() string {
	if n.Deleted {
		return ", shape=oval, color=red"
	}
	return map[Fate]string{
		FateCreate: ", color=darkgreen",
		FateRename: ", color=orange",
		FateRemove: ", color=red, style=dashed",
	}[n.Fate]
}

// dotText is lines as a string. Graphviz reads HTML entities also within quotation
// marks, and \N, \G and others as names.
func dotText(lines []string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;")
	texts := make([]string, len(lines))
	for i, line := range lines {
		texts[i] = escape.Replace(line)
	}
	return `"` + strings.Join(texts, `\n`) + `"`
}
