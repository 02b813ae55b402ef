package config

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/imapform/imapform/rules"
)

// A loading is what the loaders of a configuration and of all its modules share.
type loading struct {
	src        Source
	files      Files // of every directory
	problems   problems
	special    cty.Value                               // the object of all special uses
	criteria   map[string]rules.Criterion              // by their names
	attributes map[string]rules.Attribute              // of messages, by their names
	sources    map[string]source                       // of modules, by directory
	calls      map[string]map[string]function.Function // the functions of each directory
	blindCalls map[string]map[string]function.Function // the same for who must not know what is sensitive
	inputs     *inputs                                 // for the Fingerprint
	loaded     int                                     // instances of modules so far
	stack      []*node                                 // being resolved, each needed by the one before

	partial bool              // something is left out, since a value is not known
	leftOut []hcl.Range       // what hangs on a variable without a value, so that something is left out
	emls    map[string][]byte // messages of tests, by file

	accounts []*Account            // in the order of their declaration
	filed    map[*Account][]naming // the folders that rules file mail in
}

// A loader turns the blocks of a configuration, or of one instance of a module,
// into what a Config holds. What they can refer to are nodes; each is resolved
// when the first reference needs it, so that values come into being in the order
// of their dependencies.
type loader struct {
	*loading
	report    report
	functions map[string]function.Function
	call      *moduleCall // what asks for this module; nil: this is the configuration itself
	each      *instance   // of the call
	path      string      // before each address: module.hygiene["ada"]. with its dot; empty without a call
	dir       string

	declared map[string]map[string]*node // by root name and label: "folder", "archive"
	mistaken map[string]bool             // addresses of what is declared in a way that was not understood
	order    []*node                     // as declared

	given     map[string]given // values of variables
	variables map[string]*variable
	settings  []*block // imapform
	policy    *block
	running   []*block // rules and modules, in the order in which they run
	modules   map[*block]*moduleCall
	labels    map[string]*block // of rules
	moved     []*block
	removed   []*block

	declaredAccounts []*declaredAccount    // by blocks
	handed           map[string][]*Account // to a module, by the name that it has there
	missingAccount   bool                  // reported, or not to be: an account may be what was not understood
}

// A node is something that has a name in expressions.
type node struct {
	address  string // folder.list
	declared hcl.Range
	resolve  func() cty.Value
	state    nodeState
	value    cty.Value
	marked   bool      // something of the value is sensitive
	blind    cty.Value // the value without that, once it was wanted; NilVal: it was not
}

type nodeState int

const (
	unresolved nodeState = iota
	resolving
	resolved
)

// newLoader makes the loader of the configuration itself.
func newLoader(src Source) *loader {
	shared := &loading{
		src:        src,
		files:      Files{},
		special:    specialUses(),
		criteria:   map[string]rules.Criterion{},
		attributes: map[string]rules.Attribute{},
		sources:    map[string]source{},
		calls:      map[string]map[string]function.Function{},
		blindCalls: map[string]map[string]function.Function{},
		inputs:     &inputs{seen: map[digest]digest{}},
		emls:       map[string][]byte{},
		filed:      map[*Account][]naming{},
	}
	for _, c := range rules.Criteria() {
		shared.criteria[c.Name] = c
	}
	for _, a := range rules.Attributes() {
		shared.attributes[a.Name] = a
	}
	return shared.newLoader(src.Dir)
}

// newLoader makes the loader of a directory; that of a module is told its call.
func (shared *loading) newLoader(dir string) *loader {
	if shared.calls[dir] == nil {
		shared.calls[dir] = functions(outside{dir: dir, called: shared.inputName(dir), now: shared.src.Now, inputs: shared.inputs})
	}
	l := &loader{
		loading:   shared,
		report:    report{problems: &shared.problems},
		functions: shared.calls[dir],
		dir:       dir,
		declared:  map[string]map[string]*node{"output": {}},
		mistaken:  map[string]bool{},
		labels:    map[string]*block{},
		modules:   map[*block]*moduleCall{},
		variables: map[string]*variable{},
	}
	for _, root := range roots {
		l.declared[root] = map[string]*node{}
	}
	return l
}

// real says whether what an instance declares will really be there: it will not if
// it, or the module that it stands in, stands for instances of which none is known.
func (l *loader) real(each *instance) bool {
	for ; l.call != nil; l, each = l.call.from, l.each {
		if !each.known() {
			return false
		}
	}
	return each.known()
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
		case "module":
			l.declareModule(b)
		case "output":
			l.declareOutput(b)
		}
	}
}

func (l *loader) declarePolicy(b *block) {
	switch {
	case l.call != nil:
		l.report.errorAt(b.declared, "Policy in a module", "The rails hold for all that a configuration does: they stand in the configuration itself, not in a module.")
	case l.policy != nil:
		l.report.errorAt(b.declared, "Duplicate policy",
			fmt.Sprintf("There is one policy, and it is declared at %s already.", place(l.policy.declared)))
	default:
		l.policy = b
	}
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
	for _, n := range l.order {
		l.valueOf(n, n.declared)
	}
	l.validateVariables()
	for _, b := range l.running {
		if call := l.modules[b]; call != nil {
			for _, child := range call.loaders {
				child.resolveAll()
			}
		}
	}
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
	n.marked = n.value.ContainsMarked()
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
