package config

import (
	"fmt"
	"strings"
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// A ruleBody is a rule as far as its arguments say it.
type ruleBody struct {
	rules.Rule
	enabled bool
}

func ruleArguments() []argument[ruleBody] {
	return []argument[ruleBody]{
		{name: "description", value: "a string", doc: "what the rule is for, for people", set: assign(text, func(r *ruleBody) *string { return &r.Description })},
		{name: "enabled", value: "true or false", fallback: "true", doc: "whether the rule is used; one that is not is checked all the same", set: assign(boolean, func(r *ruleBody) *bool { return &r.enabled })},
		{name: "in", value: "a list of folder names and patterns", fallback: `["INBOX"]`, doc: "where the rule looks", set: assign(filled(folderPattern), func(r *ruleBody) *[]mailbox.Pattern { return &r.In })},
		{name: "not_in", value: "a list of folder names and patterns", doc: "where it does not look; this counts more than what in says", set: assign(filled(folderPattern), func(r *ruleBody) *[]mailbox.Pattern { return &r.NotIn })},
		{name: "add_flags", value: "a list of flags and keywords", doc: "flags and keywords that are set", set: assign(flagList, func(r *ruleBody) *mailbox.Flags { return &r.AddFlags })},
		{name: "remove_flags", value: "a list of flags and keywords", doc: "flags and keywords that are removed", set: assign(flagList, func(r *ruleBody) *mailbox.Flags { return &r.RemoveFlags })},
		{
			name: "copy_to", value: "a folder or a list of them", doc: "folders that shall hold a copy of the message; message stands for it",
			set:        assign(oneOrMore(folderRef), func(r *ruleBody) *[]mailbox.Ref { return &r.CopyTo }),
			perMessage: copyTemplates,
		},
		{
			name: "move_to", value: "a folder", doc: "the folder that the message goes to; message stands for it, as in \"Archive/${message.received.year}\"",
			set:        assign(folderRef, func(r *ruleBody) *mailbox.Ref { return &r.MoveTo }),
			perMessage: moveTemplate,
		},
		{
			name: "delete", value: "\"trash\" or \"permanent\"", doc: "how the message is deleted: moved to special.trash, or gone for good",
			set: oneWord([]string{"trash", "permanent"}, []rules.Delete{rules.DeleteTrash, rules.DeletePermanent}, func(r *ruleBody) *rules.Delete { return &r.Delete }),
		},
		{name: "by_arrival", value: "true or false", fallback: "false", doc: "whether the rule may delete for good by a date of arrival or sending", set: assign(boolean, func(r *ruleBody) *bool { return &r.ByArrival })},
		{name: "stop", value: "true or false", fallback: "false", doc: "whether later rules do not see the message in this pass", set: assign(boolean, func(r *ruleBody) *bool { return &r.Stop })},
		{name: "max_messages", value: "a whole number, at least 1", doc: "how many messages the rule may change in one apply: a rail of its own", set: func(r *ruleBody, v cty.Value) (err error) {
			r.MaxMessages, err = whole(v, 1, 1<<31-1)
			return err
		}},
	}
}

// ruleTable is made once: there may be thousands of rules.
var ruleTable = sync.OnceValue(ruleArguments)

// flagList decodes flags; one that nobody can set is an error.
func flagList(v cty.Value) (mailbox.Flags, error) {
	flags, err := filled(parseFlag)(v)
	return mailbox.NewFlags(flags...), err
}

func parseFlag(v cty.Value) (imap.Flag, error) {
	s, err := text(v)
	if err != nil {
		return "", err
	}
	f, err := mailbox.ParseFlag(s)
	if err != nil {
		return "", err
	}
	if word := mailbox.FlagWord(f); string(f) == s && s != word || string(f) != s {
		return f, nil // one of the system's
	}
	if near := Nearest(s, flagWords); near != "" && !strings.HasPrefix(s, "$") {
		return "", fmt.Errorf("%q is none of the flags that every server has. Did you mean %q? If it is a keyword of your own, let it begin with \"$\"", s, near)
	}
	return f, nil
}

var flagWords = []string{"answered", "draft", "flagged", "seen"}

// declareRule takes a rule, to which nothing can refer.
func (l *loader) declareRule(b *block) {
	if other, ok := l.labels[b.label]; ok {
		l.report.errorAt(b.declared, "Duplicate declaration",
			fmt.Sprintf("rule.%s is declared at %s already.", b.label, place(other.declared)))
		return
	}
	l.labels[b.label] = b
	l.running = append(l.running, b)
}

// decodeRule gives the instances of a rule to their accounts.
func (l *loader) decodeRule(b *block) {
	for _, each := range orStandIn(l.instances(b)) {
		l.ruleInstance(b, each)
	}
}

func (l *loader) ruleInstance(b *block, each *instance) {
	inbox, _ := mailbox.ParsePattern(string(mailbox.Inbox))
	r := &ruleBody{enabled: true, Rule: rules.Rule{
		Address:     l.address(b, each),
		Type:        b.kind.name,
		Label:       b.label,
		Declared:    b.declared,
		In:          []mailbox.Pattern{inbox},
		InRange:     b.rangeOf("in"),
		ActionRange: b.actionRange(),
	}}
	found := decode(l, b, each, ruleTable(), r)
	accounts, _ := l.accountsOf(b, each)
	match, ok := l.ruleMatch(b, each, found["delete"] == set)
	r.Match = match
	if !l.checkRule(b, r.Rule, found) || !ok {
		return
	}
	for _, a := range accounts {
		l.checkKeywords(a, b, &r.Rule)
		if r.enabled && l.real(each) {
			a.Rules = append(a.Rules, &r.Rule)
			l.file(a, b, &r.Rule)
		}
	}
}

// ruleMatch compiles a rule's one match block.
func (l *loader) ruleMatch(b *block, each *instance, deletes bool) (rules.Test, bool) {
	blocks := b.all("match")
	if len(blocks) == 0 && b.broken {
		return nil, false
	}
	if len(blocks) == 0 {
		l.report.errorAt(b.declared, "Missing match",
			"Every rule has a match { … }. To take every message, say match { everything = true }.")
		return nil, false
	}
	for _, extra := range blocks[1:] {
		l.report.errorAt(extra.declared, "Duplicate match",
			fmt.Sprintf("A rule has one match, and this one's is at %s. Put both into it: what stands in a match holds together; in any { … }, one suffices.", place(blocks[0].declared)))
	}
	m := l.match(blocks[0], each)
	if m.null != nil && deletes {
		l.report.errorAt(*m.null, "Null in the match of a rule that deletes",
			"Null counts as left out, so that the rule would delete more than it says. Give a value, or remove the argument.")
		return nil, false
	}
	return m.test, m.test != nil
}

// checkRule reports what is wrong with a rule as a whole, as far as its arguments
// are known.
func (l *loader) checkRule(b *block, r rules.Rule, found fates) bool {
	if b.broken || !found.known() {
		return false
	}
	if r.Match == nil {
		r.Match = rules.All() // what is wrong with the match is reported where it stands
	}
	problems := r.Check()
	for _, p := range problems {
		at := b.declared
		if p.Argument != "" {
			at = b.rangeOf(p.Argument)
		}
		l.report.errorAt(at, p.Summary, p.Detail)
	}
	return len(problems) == 0
}

// checkKeywords reports where a rule needs keywords of an account that keeps none.
func (l *loader) checkKeywords(a *Account, b *block, r *rules.Rule) {
	if !a.NoKeywords {
		return
	}
	for _, needed := range []struct {
		flags mailbox.Flags
		at    hcl.Range
	}{
		{r.AddFlags, b.rangeOf("add_flags")}, {r.RemoveFlags, b.rangeOf("remove_flags")}, {r.Match.Reads(), b.all("match")[0].declared},
	} {
		for _, f := range needed.flags {
			if !strings.HasPrefix(string(f), `\`) {
				l.report.errorAt(needed.at, "Keyword where there are none", fmt.Sprintf("The keyword %q cannot be used: keywords = false says of %s that its server keeps none.", f, a.Address))
			}
		}
	}
}

// actionRange is where a rule's destination stands.
func (b *block) actionRange() hcl.Range {
	for _, arg := range []string{"move_to", "copy_to"} {
		if _, ok := b.args[arg]; ok {
			return b.rangeOf(arg)
		}
	}
	return b.declared
}
