package config

import "github.com/zclconf/go-cty/cty/function"

// A builtin is a function that expressions can call.
type builtin struct {
	name     string
	doc      string // what it gives, in words, without a capital or a full stop
	function function.Function
}

// A functionGroup is functions of one kind, by name.
type functionGroup struct {
	name      string
	functions []builtin
}

// functionGroups are Terraform's functions, with its names and meanings, as far as
// they give the same for the same configuration, clock and files: what a plan says
// must not change by being asked twice.
//
// What else they hang on comes from the outside.
func functionGroups(o outside) []functionGroup {
	return []functionGroup{
		{"strings", stringFunctions()},
		{"collections", collectionFunctions()},
		{"numbers", numberFunctions()},
		{"encoding", encodingFunctions()},
		{"hashes", hashFunctions()},
		{"time", timeFunctions(o)},
		{"types", typeFunctions()},
		{"files", fileFunctions(o)},
	}
}

// functions are the functions of functionGroups, by name, as expressions call them.
func functions(o outside) map[string]function.Function {
	all := map[string]function.Function{}
	for _, group := range functionGroups(o) {
		for _, b := range group.functions {
			all[b.name] = guarded(b.function)
		}
	}
	return all
}

// functionNames are the names of all functions, in the order of functionGroups.
func functionNames() []string {
	var names []string
	for _, group := range functionGroups(outside{}) {
		for _, b := range group.functions {
			names = append(names, b.name)
		}
	}
	return names
}
