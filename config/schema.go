package config

import "github.com/imapform/imapform/rules"

// rootBlock is what stands at the top level of a file.
func rootBlock() *blockType {
	return &blockType{blocks: []*blockType{
		{name: "imapform", doc: "what the configuration asks of the program", args: []Argument{requiredVersion}},
		{
			name: "variable", label: "the variable's name", doc: "a value that comes from outside, var.NAME in expressions",
			args: append([]Argument{variableType, variableDefault}, describe(variableArguments())...),
			blocks: []*blockType{{
				name: "validation", doc: "a condition that the variable's value must fulfil; there may be several",
				args: []Argument{validationCondition, validationMessage},
			}},
		},
		{name: "locals", doc: "names for values: each argument is local.NAME in expressions", free: true},
		{name: "account", label: "a name for the account", doc: "a mailbox, and how to reach it; account.NAME in expressions", args: append(describe(accountArguments()), forEach)},
		{
			name: "folder", label: "a name for the folder", doc: "a folder that shall exist; folder.NAME in expressions, folder.NAME[KEY] with for_each",
			args: append(describe(folderArguments()), whoseAccount, forEach),
		},
		namedMatchBlock(),
		{
			name: "rule", label: "a name for the rule", doc: "what happens to the messages that match",
			args:   append(describe(ruleArguments()), whoseAccount, forEach),
			blocks: []*blockType{matchBlock("", "which messages the rule takes; required, once")},
		},
		{name: "moved", doc: "a folder that has a new name", args: append(describe(movedArguments()), whoseAccount)},
		{name: "removed", doc: "a folder that shall not exist", args: append(describe(removedArguments()), whoseAccount)},
		{
			name: "module", label: "a name for the module", free: true, args: moduleArguments,
			doc: "another directory's folders and rules, with values for its variables, each an argument of the variable's name; module.NAME in expressions is an object of its outputs",
		},
		{name: "output", label: "the output's name", doc: "a value that a module hands out: module.NAME.OUTPUT where the module is used", args: append([]Argument{outputValue}, describe(outputArguments())...)},
		{name: "policy", doc: "the rails, limits that every plan must keep; at most once", args: describe(policyArguments())},
	}}
}

// Arguments that are decoded by themselves.
var (
	requiredVersion     = Argument{Name: "required_version", Value: "a string", Doc: "the versions of the program that may be used, as in \">= 0.1\" or \"~> 1.2, != 1.2.3\""}
	variableType        = Argument{Name: "type", Value: "a type", Doc: "what the value must be: string, number, bool, list(…), set(…), map(…), tuple([…]), object({…}) with optional(…, default), or any", Default: "any"}
	variableDefault     = Argument{Name: "default", Value: "a value of the type", Doc: "the value where none is given; without it, one must be given"}
	validationCondition = Argument{Name: "condition", Value: "an expression", Doc: "what must be true of the value", Required: true}
	validationMessage   = Argument{Name: "error_message", Value: "a string", Doc: "what is said where it is not", Required: true}
	whoseAccount        = Argument{Name: "account", Value: "an account", Doc: "whose it is, as in account.work; an account with for_each stands for all of its instances, account.NAME[KEY] for one; required where there are several accounts", Default: "the only account"}
	forEach             = Argument{Name: "for_each", Value: "a map or a set of strings", Doc: "makes an instance of the block for each element, none for an empty map; each.key and each.value are the element's in the block"}
)

// namedMatchBlock is the type of a match at the top level.
func namedMatchBlock() *blockType {
	b := matchBlock("a name for the match", "a match with a name, for the criterion matches of others; match.NAME in expressions")
	b.args = append(b.args, forEach)
	return b
}

// matchBlock is the type of a match, and of the all, any and not in it.
func matchBlock(label, doc string) *blockType {
	match := &blockType{name: "match", label: label, doc: doc, args: criterionArguments()}
	content := &blockType{name: "content", doc: "what stands in each block that is made"}
	match.blocks = []*blockType{
		{name: "all", doc: "holds if everything in it holds"},
		{name: "any", doc: "holds if at least one argument or block in it holds"},
		{name: "not", doc: "holds if not everything in it holds"},
		dynamicBlock(content),
	}
	for _, nested := range append(match.blocks[:3:3], content) {
		nested.args, nested.blocks = match.args, match.blocks
	}
	return match
}

// criterionArguments are the arguments that a match takes.
func criterionArguments() []Argument {
	args := []Argument{{Name: "matches", Value: "named match", Doc: "That match holds, or one of a list of them."}, whereArgument}
	for _, c := range rules.Criteria() {
		args = append(args, Argument{Name: c.Name, Value: c.Value, Doc: c.Doc})
	}
	return args
}

// describe is what a table of arguments says of them.
func describe[T any](table []argument[T]) []Argument {
	args := make([]Argument, len(table))
	for i, arg := range table {
		args[i] = Argument{Name: arg.name, Value: arg.value, Doc: arg.doc, Required: arg.required, Default: arg.fallback}
	}
	return args
}
