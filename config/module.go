package config

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// moduleArguments are those that a module block has by itself: every other one is
// the value of a variable.
var moduleArguments = []Argument{moduleSource, moduleAccounts, forEach}

var (
	moduleSource   = Argument{Name: "source", Value: "a directory", Doc: "where the module's files are, relative to the file that says it: it begins with \"./\" or \"../\", and is a string without references", Required: true}
	moduleAccounts = Argument{Name: "accounts", Value: "a map of accounts", Doc: "the accounts that the module is for, by the name that each has there, as in { main = account.work }", Default: "the only account"}
)

// maxModuleDepth is how deep modules may use modules.
const maxModuleDepth = 20

// maxModules is how many instances of modules there may be: modules that use modules
// multiply, and would fill the memory.
const maxModules = 50_000

// A source is a directory of a module, read once however often it is used.
type source struct {
	files Files
	diags hcl.Diagnostics
}

// A moduleCall is a module block, with a loader for each of its instances.
type moduleCall struct {
	block     *block
	from      *loader // of the configuration or module that the block stands in
	dir       string
	called    string // the directory, as seen from the configuration's
	instances []*instance
	loaders   []*loader
}

// declareModule makes the module known as module.NAME: an object of its outputs,
// or several by key.
func (l *loader) declareModule(b *block) {
	call := &moduleCall{block: b, from: l}
	isNew := l.node("module", b.label, b.declared, func() cty.Value {
		if !l.findModule(call) {
			return cty.DynamicVal
		}
		return l.moduleValue(call)
	})
	if isNew {
		l.modules[b] = call
		l.running = append(l.running, b)
	}
}

// findModule reads the directory of a module; false if there is none that could be
// used, which is reported.
func (l *loader) findModule(call *moduleCall) bool {
	attr, ok := call.block.args["source"]
	if !ok {
		l.missing(call.block, "A module", moduleSource)
		return false
	}
	text, ok := literalText(attr.Expr)
	switch {
	case !ok:
		l.report.errorAt(attr.Expr.Range(), "Invalid source", "Where a module lies must be known before anything has a value: write a string without references and functions.")
		return false
	case !strings.HasPrefix(text, "./") && !strings.HasPrefix(text, "../") && text != "..":
		l.report.errorAt(attr.Expr.Range(), "Invalid source", fmt.Sprintf("A module is a local directory: write a path that begins with \"./\" or \"../\"%s.", suggestedSource(text)))
		return false
	}
	call.dir = filepath.Join(l.dir, filepath.FromSlash(text))
	call.called = path.Join(l.called(), text)
	if !l.mayUse(call, attr.Expr.Range()) {
		return false
	}
	src, ok := l.sources[call.dir]
	if !ok {
		src.files, src.diags = readConfigFiles(call.dir, call.called)
		l.sources[call.dir] = src
		maps.Copy(l.files, src.files)
	}
	l.reportSource(src.diags, attr.Expr.Range())
	return !src.diags.HasErrors()
}

func suggestedSource(text string) string {
	if text == "" || filepath.IsAbs(text) || strings.Contains(text, ":") {
		return ""
	}
	return fmt.Sprintf(", as in %q", "./"+text)
}

// called is the loader's directory, as seen from the configuration's.
func (l *loader) called() string {
	if l.call == nil {
		return ""
	}
	return l.call.called
}

// mayUse reports modules that would use one another for ever.
func (l *loader) mayUse(call *moduleCall, at hcl.Range) bool {
	depth := 0
	for around := l; around != nil; depth++ {
		if around.dir == call.dir || sameDirectory(around.dir, call.dir) {
			l.report.errorAt(at, "Module within itself", fmt.Sprintf("The directory %q is that of a module, or of the configuration, which this block is a part of.", call.called))
			return false
		}
		if around.call == nil {
			break
		}
		around = around.call.from
	}
	if depth > maxModuleDepth {
		l.report.errorAt(at, "Too deep", fmt.Sprintf("Modules use modules more than %d deep here.", maxModuleDepth))
		return false
	}
	return true
}

// reportSource reports what is wrong with a module's files; what has no place in
// them at the block that names the directory.
func (l *loader) reportSource(diags hcl.Diagnostics, at hcl.Range) {
	for _, d := range diags {
		if d.Subject == nil {
			placed := *d
			placed.Subject = &at
			d = &placed
		}
		l.report.add(d)
	}
}

// moduleValue loads the instances of a module and returns their outputs.
func (l *loader) moduleValue(call *moduleCall) cty.Value {
	call.instances = l.instances(call.block)
	if !l.mayLoad(call, len(call.instances)) {
		return cty.DynamicVal
	}
	for _, each := range orStandIn(call.instances) {
		call.loaders = append(call.loaders, l.load(call, each))
	}
	var values []cty.Value
	for i := range call.instances {
		values = append(values, call.loaders[i].outputs())
	}
	return instanceValues(call.block, call.instances, values)
}

// mayLoad counts instances, and reports the first that are too many.
func (l *loader) mayLoad(call *moduleCall, more int) bool {
	before := l.loaded
	l.loaded += max(more, 1) // one stands for none
	if l.loaded > maxModules && before <= maxModules {
		l.report.errorAt(call.block.declared, "Too many modules", fmt.Sprintf("With this block there are more than %d instances of modules.", maxModules))
	}
	return l.loaded <= maxModules
}

// load makes the loader of an instance of a module.
func (l *loader) load(call *moduleCall, each *instance) *loader {
	address := l.address(call.block, each)
	m := l.newLoader(call.dir)
	m.report.module = address
	m.call, m.each, m.path = call, each, address+"."
	m.handed = l.handOver(call, each, m)
	m.read(l.sources[call.dir].files)
	m.given = l.moduleValues(call, each, m)
	return m
}

// handOver makes accounts known in a module by the names that they have there; nil
// if the block says nothing of accounts.
func (l *loader) handOver(call *moduleCall, each *instance, m *loader) map[string][]*Account {
	attr, ok := call.block.args["accounts"]
	if !ok {
		return nil
	}
	handed := map[string][]*Account{}
	v, ctx := l.eval(attr.Expr, each)
	switch {
	case v.ContainsMarked():
		l.sensitiveAt(attr, v, ctx)
		m.missingAccount = true
		return handed
	case !v.IsKnown():
		l.leaveOut(attr, each)
		m.unknownAccounts(attr.Expr)
		return handed
	case v.IsNull():
		return nil
	case !v.Type().IsObjectType() && !v.Type().IsMapType():
		l.valueError(attr, ctx, wants("a map of accounts, as in { main = account.work }", v))
		m.missingAccount = true
		return handed
	}
	for key, element := range v.Elements() {
		name := key.AsString()
		if !element.IsWhollyKnown() {
			l.leaveOut(attr, each)
		}
		accounts, err := namedAccounts(element)
		if err != nil {
			l.valueError(attr, ctx, cty.IndexStringPath(name).NewError(err))
			element = cty.DynamicVal
		}
		handed[name] = accounts
		m.node("account", name, attr.NameRange, func() cty.Value { return element })
	}
	return handed
}

// unknownAccounts makes accounts known whose names the expression shows, and
// nothing else of them.
func (m *loader) unknownAccounts(expr hcl.Expression) {
	m.missingAccount = true
	pairs, diags := hcl.ExprMap(expr)
	if diags.HasErrors() {
		return
	}
	for _, pair := range pairs {
		if name, ok := literalText(pair.Key); ok {
			m.node("account", name, pair.Key.Range(), func() cty.Value { return cty.DynamicVal })
		}
	}
}

// moduleValues are the values that a block gives to the variables of its module.
func (l *loader) moduleValues(call *moduleCall, each *instance, m *loader) map[string]given {
	values := map[string]given{}
	for _, attr := range attributes(call.block.args) {
		if isModuleArgument(attr.Name) {
			continue
		}
		if m.variables[attr.Name] == nil {
			if !m.mistaken["var."+attr.Name] {
				names := slices.Concat(sortedKeys(m.variables), argumentNames(moduleArguments))
				l.report.errorAt(attr.NameRange, "Unsupported argument",
					fmt.Sprintf("The module in %s has no variable named %q.%s", call.called, attr.Name, didYouMean(attr.Name, names)))
			}
			continue
		}
		values[attr.Name] = given{origin: place(attr.Expr.Range()), expr: attr.Expr, from: l, each: each}
	}
	for _, name := range sortedKeys(m.variables) {
		if isModuleArgument(name) {
			m.report.errorAt(m.variables[name].block.labelRange, "Variable that cannot be given",
				fmt.Sprintf("A module block has an argument %q of its own, so that a module cannot have a variable of that name.", name))
		}
	}
	return values
}

func isModuleArgument(name string) bool {
	return slices.Contains(argumentNames(moduleArguments), name)
}
