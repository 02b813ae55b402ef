package config

// rootBlock is what stands at the top level of a file.
func rootBlock() *blockType {
	return &blockType{blocks: []*blockType{
		{name: "imapform", args: []string{"required_version"}},
		{
			name: "variable", label: "the variable's name",
			args:   append(argumentNames(variableArguments()), "type", "default"),
			blocks: []*blockType{{name: "validation", args: []string{"condition", "error_message"}}},
		},
		{name: "locals", free: true},
		{name: "account", label: "a name for the account", args: argumentNames(accountArguments())},
		{name: "folder", label: "a name for the folder", args: append(argumentNames(folderArguments()), "account", "for_each")},
		matchBlock("a name for the match"),
		{
			name: "rule", label: "a name for the rule",
			args:   append(argumentNames(ruleArguments()), "account", "for_each"),
			blocks: []*blockType{matchBlock("")},
		},
		{name: "moved", args: append(argumentNames(movedArguments()), "account")},
		{name: "removed", args: append(argumentNames(removedArguments()), "account")},
		{name: "policy", args: argumentNames(policyArguments())},
	}}
}

// matchBlock is the type of a match, and of the all, any and not in it.
func matchBlock(label string) *blockType {
	match := &blockType{name: "match", label: label, args: criterionNames()}
	for _, name := range []string{"all", "any", "not"} {
		match.blocks = append(match.blocks, &blockType{name: name, args: match.args})
	}
	for _, nested := range match.blocks {
		nested.blocks = match.blocks
	}
	return match
}

func argumentNames[T any](args []argument[T]) []string {
	names := make([]string, len(args))
	for i, arg := range args {
		names[i] = arg.name
	}
	return names
}
