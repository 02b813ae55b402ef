package config

import (
	"math"
	"strconv"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/rules"
)

func policyArguments() []argument[Policy] {
	defaults := DefaultPolicy()
	return []argument[Policy]{
		{name: "max_messages", value: "a whole number", fallback: strconv.Itoa(defaults.MaxMessages), doc: "messages that one apply of an account may change", set: assign(count, func(p *Policy) *int { return &p.MaxMessages })},
		{name: "max_deleted", value: "a whole number", fallback: strconv.Itoa(defaults.MaxDeleted), doc: "messages that one apply of an account may delete for good", set: assign(count, func(p *Policy) *int { return &p.MaxDeleted })},
		{name: "max_removed_folders", value: "a whole number", fallback: strconv.Itoa(defaults.MaxRemovedFolders), doc: "folders that one apply of an account may remove", set: assign(count, func(p *Policy) *int { return &p.MaxRemovedFolders })},
		{name: "max_fetch", value: "size", fallback: `"500MB"`, doc: "mail that one plan of an account may read, before a provider's daily allowance is eaten up: sizes are B, kB, MB, GB and KiB, MiB, GiB", set: assign(size, func(p *Policy) *int64 { return &p.MaxFetch })},
		{name: "move_then_delete", value: "true or false", fallback: strconv.FormatBool(defaults.MoveThenDelete), doc: "whether one plan may move a message and then delete it for good", set: assign(boolean, func(p *Policy) *bool { return &p.MoveThenDelete })},
		{name: "backup", value: "a directory", doc: "where each message is written before it is deleted for good; relative to the configuration, or with ~/ to the home directory", set: assign(line, func(p *Policy) *string { return &p.Backup })},
	}
}

func count(v cty.Value) (int, error) { return whole(v, 0, math.MaxInt32) }

func size(v cty.Value) (int64, error) {
	s, err := line(v)
	if err != nil {
		return 0, err
	}
	return rules.ParseSize(s)
}

func (l *loader) decodePolicy() Policy {
	policy := DefaultPolicy()
	if l.policy != nil {
		policy.Declared = l.policy.declared
		if decode(l, l.policy, nil, policyArguments(), &policy)["backup"] == set {
			policy.Backup = l.finishPath(l.policy, "backup", policy.Backup)
		}
	}
	return policy
}
