package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/imapform/imapform/rules"
)

// A loader turns blocks into a Config. What a configuration can refer to are
// nodes; each is resolved when the first reference needs it, so that values come
// into being in the order of their dependencies.
type loader struct {
	src       Source
	files     Files
	report    report
	functions map[string]function.Function
	special   cty.Value // the object of all special uses

	declared map[string]map[string]*node // by root name and label: "folder", "archive"
	mistaken map[string]bool             // addresses of what is declared in a way that was not understood
	order    []*node                     // as declared
	stack    []*node                     // being resolved, each needed by the one before

	given      map[string]given // values of variables
	settings   []*block         // imapform
	policy     *block
	rules      []*block
	ruleLabels map[string]*block
	moved      []*block
	removed    []*block

	accounts       []*declaredAccount
	missingAccount bool                  // reported, or not to be: an account may be what was not understood
	filed          map[*Account][]naming // the folders that rules file mail in
	variables      map[string]*variable
	criteria       map[string]rules.Criterion
}

// A node is something that has a name in expressions.
type node struct {
	address  string // folder.list
	declared hcl.Range
	resolve  func() cty.Value
	state    nodeState
	value    cty.Value
}

type nodeState int

const (
	unresolved nodeState = iota
	resolving
	resolved
)

func newLoader(src Source, files Files) *loader {
	l := &loader{
		src:        src,
		files:      files,
		functions:  functions(src.Dir),
		special:    specialUses(),
		declared:   map[string]map[string]*node{},
		mistaken:   map[string]bool{},
		ruleLabels: map[string]*block{},
		filed:      map[*Account][]naming{},
		variables:  map[string]*variable{},
		criteria:   map[string]rules.Criterion{},
	}
	for _, c := range rules.Criteria() {
		l.criteria[c.Name] = c
	}
	for _, root := range roots {
		l.declared[root] = map[string]*node{}
	}
	return l
}

// declare takes the blocks of a file, in the order of the source.
func (l *loader) declare(blocks []*block) {
	for _, b := range blocks {
		switch b.kind.name {
		case "imapform":
			l.settings = append(l.settings, b)
		case "variable":
			l.declareVariable(b)
		case "locals":
			l.declareLocals(b)
		case "account":
			l.declareAccount(b)
		case "folder":
			l.declareFolder(b)
		case "match":
			l.declareMatch(b)
		case "rule":
			l.declareRule(b)
		case "moved":
			l.moved = append(l.moved, b)
		case "removed":
			l.removed = append(l.removed, b)
		case "policy":
			l.declarePolicy(b)
		}
	}
}

func (l *loader) declarePolicy(b *block) {
	if l.policy != nil {
		l.report.errorAt(b.declared, "Duplicate policy",
			fmt.Sprintf("There is one policy, and it is declared at %s already.", place(l.policy.declared)))
		return
	}
	l.policy = b
}

// node declares a name; false if it is taken.
func (l *loader) node(root, name string, at hcl.Range, resolve func() cty.Value) bool {
	n := &node{address: root + "." + name, declared: at, resolve: resolve}
	if first, ok := l.declared[root][name]; ok {
		l.report.errorAt(at, "Duplicate declaration",
			fmt.Sprintf("%s is declared at %s already.", n.address, place(first.declared)))
		return false
	}
	l.declared[root][name] = n
	l.order = append(l.order, n)
	return true
}

// resolveAll evaluates all that has a name, referred to or not.
func (l *loader) resolveAll() {
	l.given = l.readValues()
	for _, n := range l.order {
		l.valueOf(n, n.declared)
	}
	l.validateVariables()
}

// valueOf is a node's value; of one that hangs on itself, or is wrong, it is
// unknown. The reference is where the value is wanted.
func (l *loader) valueOf(n *node, reference hcl.Range) cty.Value {
	switch n.state {
	case resolved:
		return n.value
	case resolving:
		l.cycle(n, reference)
		return cty.DynamicVal
	}
	n.state = resolving
	l.stack = append(l.stack, n)
	n.value = n.resolve()
	l.stack = l.stack[:len(l.stack)-1]
	n.state = resolved
	return n.value
}

func (l *loader) cycle(n *node, reference hcl.Range) {
	detail := n.address
	for _, via := range l.stack[slices.Index(l.stack, n)+1:] {
		detail += " → " + via.address
	}
	l.report.errorAt(reference, "Circular reference",
		fmt.Sprintf("A value cannot hang on itself: %s → %s.", detail, n.address))
}

// place is where something stands, in words: main.imap.hcl:12.
func place(r hcl.Range) string { return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line) }
