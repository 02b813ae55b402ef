package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
)

// roots are the first words of references to what is declared.
var roots = [...]string{"account", "folder", "local", "match", "module", "var"}

// eval evaluates an expression. What could not be evaluated, which is reported, is
// unknown; so is what hangs on it.
func (l *loader) eval(expr hcl.Expression, each *instance) (cty.Value, *hcl.EvalContext) {
	return l.evalFor(expr, each, false)
}

// evalFor is eval for a value that may be for a credential, and for nothing else.
func (l *loader) evalFor(expr hcl.Expression, each *instance, credential bool) (cty.Value, *hcl.EvalContext) {
	ctx := &hcl.EvalContext{Functions: l.functions}
	refs := expr.Variables()
	if len(refs) > 0 {
		found := l.references(refs, each)
		if found == nil {
			return cty.DynamicVal, ctx
		}
		ctx.Variables = found
	}
	v, diags := l.witnessed(expr, refs, ctx, each, credential)
	for _, d := range diags {
		l.report.add(l.inWords(d, expr, refs, ctx))
	}
	if diags.HasErrors() {
		return cty.DynamicVal, ctx
	}
	return v, ctx
}

// references resolves what an expression refers to; nil if something of it does
// not exist, which is reported.
func (l *loader) references(refs []hcl.Traversal, each *instance) map[string]cty.Value {
	found := map[string]map[string]cty.Value{}
	vars := map[string]cty.Value{}
	ok := true
	for _, ref := range refs {
		root := ref.RootName()
		switch {
		case root == "each" || each.named(root) != nil:
			i := each.named(root)
			ok = l.checkEach(ref, i) && ok
			if i != nil {
				vars[root] = i.object()
			}
		case root == "special":
			name, named := l.member(ref)
			if named && mailbox.Use(name).Attr() == "" {
				l.unknownMember(ref, name, useWords())
				named = false
			}
			ok = ok && named
			vars["special"] = l.special
		case slices.Contains(roots[:], root):
			n := l.referent(ref)
			if n == nil {
				ok = false
				continue
			}
			if found[root] == nil {
				found[root] = map[string]cty.Value{}
			}
			found[root][ref[1].(hcl.TraverseAttr).Name] = l.valueOf(n, ref.SourceRange())
		default:
			l.unknownRoot(ref)
			ok = false
		}
	}
	if !ok {
		return nil
	}
	for root, members := range found {
		vars[root] = cty.ObjectVal(members)
	}
	return vars
}

// referent is the node that a reference names; nil if there is none.
func (l *loader) referent(ref hcl.Traversal) *node {
	name, ok := l.member(ref)
	if !ok {
		return nil
	}
	n := l.declared[ref.RootName()][name]
	if n == nil && l.mistaken[ref.RootName()+"."+name] {
		return &node{state: resolved, value: cty.DynamicVal}
	}
	if n == nil {
		l.unknownMember(ref, name, sortedKeys(l.declared[ref.RootName()]))
	}
	return n
}

// member is the second word of a reference.
func (l *loader) member(ref hcl.Traversal) (string, bool) {
	if len(ref) > 1 {
		if attr, ok := ref[1].(hcl.TraverseAttr); ok {
			return attr.Name, true
		}
	}
	root := ref.RootName()
	l.report.errorAt(ref.SourceRange(), "Invalid reference",
		fmt.Sprintf("%q must be followed by a dot and a name: %s.NAME.", root, root))
	return "", false
}

func (l *loader) unknownMember(ref hcl.Traversal, name string, names []string) {
	root := ref.RootName()
	if root == "account" && l.call != nil {
		if l.missingAccount {
			return // what is handed over is wrong, or not known
		}
		l.report.errorAt(ref[:2].SourceRange(), "Unknown reference",
			fmt.Sprintf("This module is handed no account named %q: the module block at %s says which ones by accounts = { %s = account.… }.%s", name, place(l.call.block.declared), name, l.elsewhere(name, root, names)))
		return
	}
	l.report.errorAt(ref[:2].SourceRange(), "Unknown reference",
		fmt.Sprintf("There is no %s.%s.%s", root, name, l.elsewhere(name, root, names)))
}

// elsewhere suggests a name of the same root, or the same name of another.
func (l *loader) elsewhere(name, root string, names []string) string {
	for _, other := range roots {
		if other != root && l.declared[other][name] != nil {
			return fmt.Sprintf(" Did you mean %s.%s?", other, name)
		}
	}
	if near := Nearest(name, names); near != "" {
		return fmt.Sprintf(" Did you mean %s.%s?", root, near)
	}
	return ""
}

func (l *loader) checkEach(ref hcl.Traversal, each *instance) bool {
	if each == nil {
		l.report.errorAt(ref.SourceRange(), "Invalid reference",
			`"each" has a meaning only in a block that has for_each.`)
		return false
	}
	name, ok := l.member(ref)
	if ok && name != "key" && name != "value" {
		l.unknownMember(ref, name, []string{"key", "value"})
		return false
	}
	return ok
}

func (l *loader) unknownRoot(ref hcl.Traversal) {
	name := ref.RootName()
	if name == messageRoot {
		l.report.errorAt(ref.SourceRange(), "Invalid reference", "\"message\" has a meaning only in where, move_to and copy_to of a rule: there is no message before mail is looked at.")
		return
	}
	detail := fmt.Sprintf("Nothing is called %q here.", name)
	if len(ref) > 1 {
		detail += didYouMean(name, append(roots[:], "each", "special"))
	} else if hint := l.elsewhere(name, "", nil); hint != "" {
		detail += hint
	} else {
		detail += fmt.Sprintf(" If a text is meant, write it in quotes: %q.", name)
	}
	l.report.errorAt(ref[0].SourceRange(), "Unknown reference", detail)
}

func useWords() []string {
	var words []string
	for _, use := range mailbox.Uses() {
		words = append(words, string(use))
	}
	return words
}

// specialUses is the value of "special".
func specialUses() cty.Value {
	tokens := map[string]cty.Value{}
	for _, use := range mailbox.Uses() {
		tokens[string(use)] = cty.StringVal(use.Token())
	}
	return cty.ObjectVal(tokens)
}

// inWords rewrites a diagnostic of HCL where it would show a sensitive value or a
// text that is none for people, or would suggest too much.
func (l *loader) inWords(d *hcl.Diagnostic, expr hcl.Expression, refs []hcl.Traversal, ctx *hcl.EvalContext) *hcl.Diagnostic {
	rewritten := *d
	if extra, ok := hcl.DiagnosticExtra[functionUnknown](d); ok {
		name := extra.CalledFunctionName()
		rewritten.Detail = missingFunction(name)
		rewritten.Expression, rewritten.EvalContext = nil, nil // the same for every instance
		return &rewritten
	}
	hides := sensitiveIn(ctx) || l.callsSensitive(expr)
	if hides && d.EvalContext != ctx { // HCL takes the marks from what the variable of a for expression stands for
		rewritten.Expression, rewritten.EvalContext = expr, ctx
	}
	missing := missingElement(&rewritten, refs, ctx)
	if missing == "" && hides { // what is said to be missing is in nothing sensitive
		rewritten.Detail = "This could not be worked out. Why is not shown, since a sensitive value takes part in it."
		return &rewritten
	}
	switch {
	case d.Summary == "Invalid template interpolation value" && strings.HasSuffix(d.Detail, "have object."):
		rewritten.Detail += " The name of a folder is its attribute: folder.archive.name."
	case missing != "":
		rewritten.Detail = missing
	case strings.Contains(d.Detail, "cty."):
		rewritten.Detail = "The value is not of a kind that can stand here."
	}
	rewritten.Detail = withoutMarks(strings.ReplaceAll(rewritten.Detail, "?.", "?")) // HCL ends what a function says with a full stop
	return &rewritten
}

type functionUnknown interface {
	CalledFunctionName() string
	CalledFunctionNamespace() string
}

// sensitiveIn says whether an expression had a sensitive value in its hands.
func sensitiveIn(ctx *hcl.EvalContext) bool {
	for v := range maps.Values(ctx.Variables) {
		if v.ContainsMarked() {
			return true
		}
	}
	return false
}

var sensitiveCall = regexp.MustCompile(`\bsensitive\s*\(`)

// callsSensitive says whether an expression makes a value sensitive by itself. It
// looks at the source of one of the JSON syntax, which tells nothing else.
func (l *loader) callsSensitive(expr hcl.Expression) bool {
	if native, ok := expr.(hclsyntax.Expression); ok {
		return callsFunction(native, "sensitive")
	}
	return sensitiveCall.Match(l.files.sourceOf(expr.Range()))
}

// withoutMarks writes the tokens of special uses as people do.
func withoutMarks(s string) string {
	for _, use := range mailbox.Uses() {
		s = strings.ReplaceAll(s, use.Token(), "special."+string(use))
		s = strings.ReplaceAll(s, `\x00`+string(use)+`\x00`, "special."+string(use))
	}
	return s
}
