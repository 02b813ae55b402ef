package flow

import (
	"fmt"
	"strings"
	"unicode"
)

// Mermaid returns the graph as a flowchart for Mermaid, which GitHub, GitLab and
// others draw. Names of folders and rules cannot become anything but text in it.
func (g Graph) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for i, a := range g.Accounts {
		indent := "  "
		if len(g.Accounts) > 1 {
			fmt.Fprintf(&b, "  subgraph a%d[\"%s\"]\n", i, mermaidText(shown(a.Address)))
			indent = "    "
		}
		for j, n := range a.Nodes {
			fmt.Fprintf(&b, "%sn%d_%d%s\n", indent, i, j, n.mermaid())
		}
		if len(g.Accounts) > 1 {
			b.WriteString("  end\n")
		}
	}
	for i, a := range g.Accounts {
		for _, e := range a.Edges {
			fmt.Fprintf(&b, "  n%d_%d %s|\"%s\"| n%d_%d\n", i, e.From, mermaidArrows[e.Kind], mermaidLabel(e.label()), i, e.To)
		}
	}
	b.WriteString(mermaidClasses)
	return b.String()
}

// mermaidArrows: what takes messages away is thick.
var mermaidArrows = map[Kind]string{
	KindMove:   "-->",
	KindCopy:   "-.->",
	KindTrash:  "==>",
	KindDelete: "==>",
	KindFlag:   "-.->",
}

// mermaidClasses colour borders only, so that labels can be read on a light and on a
// dark page.
const mermaidClasses = `  classDef create stroke:#2da44e,stroke-width:2px
  classDef rename stroke:#bf8700,stroke-width:2px
  classDef remove stroke:#cf222e,stroke-width:2px,stroke-dasharray:5
  classDef deleted stroke:#cf222e,stroke-width:3px
`

// mermaid is the node's shape, label and class.
func (n Node) mermaid() string {
	label := mermaidLabel(n.label())
	if n.Deleted {
		return `(["` + label + `"]):::deleted`
	}
	class := map[Fate]string{FateCreate: ":::create", FateRename: ":::rename", FateRemove: ":::remove"}[n.Fate]
	return `["` + label + `"]` + class
}

func mermaidLabel(lines []string) string {
	texts := make([]string, len(lines))
	for i, line := range lines {
		texts[i] = mermaidText(line)
	}
	return strings.Join(texts, "<br>")
}

// mermaidText writes text so that Mermaid takes it for nothing else. Quotation marks
// alone do not do that: it also looks for entities, directives (%%{), Markdown
// (backticks), HTML, formulas ($$) and icons (fa:) within them. So all but letters,
// digits and what is in addresses and paths becomes an entity, which Mermaid writes
// with # for &.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.In(r, unicode.L, unicode.M, unicode.Nd) || strings.ContainsRune(" ./_-,", r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}
