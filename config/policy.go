package config

import (
	"math"
	"strconv"

	"github.com/zclconf/go-cty/cty"
)

func policyArguments() []argument[Policy] {
	defaults := DefaultPolicy()
	return []argument[Policy]{
		{name: "max_messages", value: "a whole number", fallback: strconv.Itoa(defaults.MaxMessages), doc: "messages that one apply of an account may change", set: assign(count, func(p *Policy) *int { return &p.MaxMessages })},
		{name: "max_deleted", value: "a whole number", fallback: strconv.Itoa(defaults.MaxDeleted), doc: "messages that one apply of an account may delete for good", set: assign(count, func(p *Policy) *int { return &p.MaxDeleted })},
		{name: "max_removed_folders", value: "a whole number", fallback: strconv.Itoa(defaults.MaxRemovedFolders), doc: "folders that one apply of an account may remove", set: assign(count, func(p *Policy) *int { return &p.MaxRemovedFolders })},
		{name: "move_then_delete", value: "true or false", fallback: strconv.FormatBool(defaults.MoveThenDelete), doc: "whether one plan may move a message and then delete it for good", set: assign(boolean, func(p *Policy) *bool { return &p.MoveThenDelete })},
	}
}

func count(v cty.Value) (int, error) { return whole(v, 0, math.MaxInt32) }

func (l *loader) decodePolicy() Policy {
	policy := DefaultPolicy()
	if l.policy != nil {
		policy.Declared = l.policy.declared
		decode(l, l.policy, nil, policyArguments(), &policy)
	}
	return policy
}
