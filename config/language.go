package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty/function"
)

// A Block describes a type of block, for the reference of the language.
type Block struct {
	Name      string
	Label     string // what its one label is, in words; empty: it has none
	Doc       string // what it is for, in words, without a capital or a full stop
	Arguments []Argument
	Free      bool    // arguments may have any name
	Blocks    []Block // that may stand in it; of a block that may stand within itself they are left out
}

// An Argument describes an argument of a block.
type Argument struct {
	Name     string
	Value    string // what it takes, in words
	Doc      string // what it means, in words
	Required bool
	Default  string // what holds where it is left out, as people write it; empty: nothing
}

// Blocks describes the blocks that may stand at the top level of a file.
func Blocks() []Block { return described(rootBlock().blocks) }

func described(types []*blockType) []Block {
	var blocks []Block
	for _, t := range types {
		b := Block{Name: t.name, Label: t.label, Doc: t.doc, Arguments: t.args, Free: t.free}
		if !slices.Contains(t.blocks, t) {
			b.Blocks = described(t.blocks)
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// A FunctionGroup is functions of one kind.
type FunctionGroup struct {
	Name       string   // of the kind: "strings"
	Signatures []string // by name: "join(separator, lists...)"
}

// Functions describes the functions that expressions can call.
func Functions() []FunctionGroup {
	var groups []FunctionGroup
	for _, group := range functionGroups("") {
		described := FunctionGroup{Name: group.name}
		for _, name := range slices.Sorted(maps.Keys(group.functions)) {
			described.Signatures = append(described.Signatures, signature(name, group.functions[name]))
		}
		groups = append(groups, described)
	}
	return groups
}

func signature(name string, f function.Function) string {
	var params []string
	for _, p := range f.Params() {
		params = append(params, p.Name)
	}
	if rest := f.VarParam(); rest != nil {
		params = append(params, rest.Name+"...")
	}
	return name + "(" + strings.Join(params, ", ") + ")"
}

func argumentNames(args []Argument) []string {
	all := make([]string, len(args))
	for i, arg := range args {
		all[i] = arg.Name
	}
	return all
}
