package config

import "slices"

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
func Blocks() []Block { return described(rootBlock().blocks, nil) }

// described describes types of blocks that stand within those others.
func described(types, within []*blockType) []Block {
	var blocks []Block
	for _, t := range types {
		b := Block{Name: t.name, Label: t.label, Doc: t.doc, Arguments: t.args, Free: t.free}
		around := append(within[:len(within):len(within)], t)
		if !slices.ContainsFunc(t.blocks, func(nested *blockType) bool { return slices.Contains(around, nested) }) {
			b.Blocks = described(t.blocks, around)
		}
		blocks = append(blocks, b)
	}
	return blocks
}

func argumentNames(args []Argument) []string {
	all := make([]string, len(args))
	for i, arg := range args {
		all[i] = arg.Name
	}
	return all
}
