package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// explain follows a message of a box as the command does: it tells what is missing
// until nothing is, or the box cannot tell it.
func (b *box) explain(t *testing.T, a *config.Account, folder string, m *message.Message) (*Trace, *Planner) {
	t.Helper()
	a.Address = "account.test"
	p, diags := New(a, config.DefaultPolicy(), Listing{Folders: b.folders, SaveDate: b.saveDate, CreateUse: true, Delimiter: "/"}, clock)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	known := &message.Message{UID: m.UID}
	var asked message.Parts
	for range 10 {
		trace, missing := p.Explain(mailbox.Name(folder), known)
		if missing = missing.Minus(asked); missing.Empty() {
			return trace, p
		}
		asked = asked.Union(missing)
		more := *m
		more.Known = missing.Minus(b.withhold)
		known.Merge(&more)
	}
	t.Fatal("parts are missing without end")
	return nil, nil
}

// story is a trace in short: a line for each pass, and one for the end.
func story(t *Trace) string {
	var lines []string
	for _, pass := range t.Passes {
		line := fmt.Sprintf("%s (%s):", pass.Folder, pass.Flags)
		for _, l := range pass.Rules {
			line += fmt.Sprintf(" %s=%d", strings.TrimPrefix(l.Rule, "rule."), l.Match.Truth)
			if l.Ended != "" {
				line += " ended by " + l.Ended
			}
			if l.Lacks != "" {
				line += " lacks " + l.Lacks
			}
			if l.Unread {
				line += " unread"
			}
			if d := l.Did; d != nil {
				line += fmt.Sprintf(" {move %q trash %t delete %t stop %t copies %v +%s -%s}", d.Move, d.Trash, d.Delete, d.Stop, d.Copies, d.Add, d.Remove)
			}
		}
		if pass.Removed != nil {
			line += " then " + pass.Removed.Block
		}
		if len(pass.Elsewhere) > 0 {
			line += fmt.Sprintf(" not %s", pass.Elsewhere)
		}
		lines = append(lines, line)
	}
	end := fmt.Sprintf("%d in %s (%s)", t.Outcome, t.Folder, t.Flags)
	if len(t.Copies) > 0 {
		end += fmt.Sprintf(" copies %v", t.Copies)
	}
	if t.Trash {
		end += " trash"
	}
	if len(t.Protected) > 0 {
		end += fmt.Sprintf(" protected %v", t.Protected)
	}
	return strings.Join(append(lines, end), "\n")
}

func TestExplain(t *testing.T) {
	flag := func(add, remove imap.Flag) func(*rules.Rule) {
		return func(r *rules.Rule) {
			if add != "" {
				r.AddFlags = mailbox.NewFlags(add)
			}
			if remove != "" {
				r.RemoveFlags = mailbox.NewFlags(remove)
			}
		}
	}
	trash := func(r *rules.Rule) { r.Delete = rules.DeleteTrash }
	forGood := func(r *rules.Rule) { r.Delete = rules.DeletePermanent }
	for name, c := range map[string]struct {
		flags    []imap.Flag
		withhold message.Parts
		account  config.Account
		want     string
	}{
		"no rule": {
			want: "INBOX ():\n0 in INBOX ()",
		},
		"the first that moves ends the pass, and another takes it on": {
			account: config.Account{Rules: []*rules.Rule{
				rule("no", subject("zzz"), moveTo("B")), rule("seen", subject("one"), flag(imap.FlagSeen, imap.FlagFlagged)),
				rule("list", subject("one"), moveTo("A")), rule("late", subject("one"), moveTo("B")), rule("on", subject(""), moveTo("B"), "A"),
			}},
			flags: []imap.Flag{imap.FlagFlagged},
			want: `INBOX (flagged): no=0 seen=2 {move "" trash false delete false stop false copies [] +seen -flagged} list=2 {move "A" trash false delete false stop false copies [] + -} late=2 ended by rule.list not [rule.on]
A (seen): on=2 {move "B" trash false delete false stop false copies [] + -} not [rule.no rule.seen rule.list rule.late]
B (seen): not [rule.no rule.seen rule.list rule.late rule.on]
0 in B (seen)`,
		},
		"a flag changes, and the rules run again": {
			account: config.Account{Rules: []*rules.Rule{rule("new", lacks(imap.FlagSeen), flag(imap.FlagSeen, ""))}},
			want: `INBOX (): new=2 {move "" trash false delete false stop false copies [] +seen -}
INBOX (seen): new=0
0 in INBOX (seen)`,
		},
		"stop": {
			account: config.Account{Rules: []*rules.Rule{rule("stop", subject("one"), func(r *rules.Rule) { r.Stop = true }), rule("late", subject("one"), moveTo("B"))}},
			want: `INBOX (): stop=2 {move "" trash false delete false stop true copies [] + -} late=2 ended by rule.stop
0 in INBOX ()`,
		},
		"copies, but none into where it ends up": {
			account: config.Account{Rules: []*rules.Rule{rule("copy", subject("one"), func(r *rules.Rule) { r.CopyTo = []mailbox.Ref{ref("A"), ref("B")} }), rule("move", subject("one"), moveTo("B"))}},
			want: `INBOX (): copy=2 {move "" trash false delete false stop false copies [A B] + -} move=2 {move "B" trash false delete false stop false copies [] + -}
B (): not [rule.copy rule.move]
0 in B () copies [A]`,
		},
		"thrown away": {
			account: config.Account{Rules: []*rules.Rule{rule("bin", subject("one"), trash)}, Protected: []mailbox.Pattern{mailbox.PatternOf(ref("INBOX"))}},
			want: `INBOX (): bin=2 {move "Trash" trash true delete false stop false copies [] + -}
Trash (): not [rule.bin]
0 in Trash () trash protected [INBOX]`,
		},
		"deleted for good": {
			account: config.Account{Rules: []*rules.Rule{rule("away", subject("one"), forGood), rule("late", subject("two"), moveTo("B"))}},
			want: `INBOX (): away=2 {move "" trash false delete true stop false copies [] + -} late=0 ended by rule.away
1 in INBOX ()`,
		},
		"a match that cannot be told": {
			withhold: message.Fields("subject"),
			account:  config.Account{Rules: []*rules.Rule{rule("flag", lacks(imap.FlagSeen), flag(imap.FlagSeen, "")), rule("list", subject("one"), moveTo("A"))}},
			want: `INBOX (): flag=2 {move "" trash false delete false stop false copies [] +seen -} list=1
2 in INBOX ()`,
		},
		"what comes behind a match that cannot be told": {
			withhold: message.Fields("subject"),
			account:  config.Account{Rules: []*rules.Rule{rule("list", subject("one"), moveTo("A")), rule("late", lacks(imap.FlagSeen), moveTo("B")), rule("last", subject("one"), moveTo("B"))}},
			want: `INBOX (): list=1 late=2 ended by rule.list last=1 ended by rule.list
2 in INBOX ()`,
		},
		"flags that cannot be told": {
			withhold: message.Parts{Flags: true},
			account:  config.Account{Rules: []*rules.Rule{rule("list", subject("one"), moveTo("A"))}},
			want:     `2 in INBOX ()`,
		},
		"a circle": {
			account: config.Account{Rules: []*rules.Rule{rule("a", lacks(imap.FlagSeen), flag(imap.FlagSeen, "")), rule("b", subject("one"), flag("", imap.FlagSeen))}},
			want: `INBOX (): a=2 {move "" trash false delete false stop false copies [] +seen -} b=2 {move "" trash false delete false stop false copies [] + -seen}
0 in INBOX ()`,
		},
		"round in folders": {
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("one"), moveTo("A")), rule("b", subject("one"), moveTo("INBOX"), "A")}},
			want: `INBOX (): a=2 {move "A" trash false delete false stop false copies [] + -} not [rule.b]
A (): b=2 {move "INBOX" trash false delete false stop false copies [] + -} not [rule.a]
3 in INBOX ()`,
		},
		"marked": {
			flags:   []imap.Flag{imap.FlagDeleted},
			account: config.Account{Rules: []*rules.Rule{rule("a", subject("one"), moveTo("A"))}},
			want:    `4 in INBOX (deleted)`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBox("INBOX", "A", "B", "Trash trash")
			m := b.put("INBOX", "one", c.flags...)
			b.withhold = c.withhold
			trace, _ := b.explain(t, &c.account, "INBOX", m)
			if got := story(trace); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// A folder is named as it is now, and judged as it will be.
func TestExplainMovedAndRemoved(t *testing.T) {
	b := newBox("INBOX", "Old", "News")
	account := &config.Account{
		Moved:   []*config.Moved{moved("News", "Lists/News")},
		Removed: []*config.Removed{removed("Old", func(r *config.Removed) { r.Messages, r.MoveTo = config.RemoveMove, ref("Lists/News") })},
		Rules:   []*rules.Rule{rule("news", subject("one"), func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags(imap.FlagSeen) }, "Lists/News")},
	}
	trace, _ := b.explain(t, account, "Old", b.put("Old", "one"))
	if got, want := story(trace), `Old (): then removed not [rule.news]
Lists/News (): news=2 {move "" trash false delete false stop false copies [] +seen -}
Lists/News (seen): news=2 {move "" trash false delete false stop false copies [] + -}
0 in Lists/News (seen)`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	trace, _ = b.explain(t, account, "News", b.put("News", "two"))
	if got, want := story(trace), "Lists/News (): news=0\n0 in Lists/News ()"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A destination without a value is told with the argument.
func TestExplainNoValue(t *testing.T) {
	b := newBox("INBOX", "B")
	account := &config.Account{Rules: []*rules.Rule{rule("by", subject(""), moveBy("Lists/")), rule("none", subject("none"), moveTo("B"))}}
	trace, _ := b.explain(t, account, "INBOX", b.put("INBOX", "none"))
	if got, want := story(trace), `INBOX (): by=2 lacks move_to none=2 {move "B" trash false delete false stop false copies [] + -}
B (): not [rule.by rule.none]
0 in B ()`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	trace, _ = b.explain(t, account, "INBOX", b.put("INBOX", "unknown"))
	if got, want := story(trace), "INBOX (): by=2 unread none=0 ended by rule.by\n2 in INBOX ()"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What a criterion needs is asked for, be it that the outcome does not hang on it.
func TestExplainAsksForAll(t *testing.T) {
	structure := compiledCriterion(t, "attachment", cty.True)
	account := &config.Account{Address: "account.test", Rules: []*rules.Rule{rule("a", rules.All(subject("no"), structure), moveTo("A"))}}
	p, _ := New(account, config.DefaultPolicy(), Listing{Folders: newBox("INBOX", "A").folders}, clock)
	_, missing := p.Explain("INBOX", &message.Message{})
	if want := (message.Parts{Flags: true, Structure: true}).Union(message.Fields("subject")); !missing.Covers(want) || !want.Covers(missing) {
		t.Errorf("asked for %+v, want %+v", missing, want)
	}
}

func compiledCriterion(t *testing.T, name string, v cty.Value) rules.Test {
	t.Helper()
	for _, c := range rules.Criteria() {
		if c.Name == name {
			test, err := c.Compile(v)
			if err != nil {
				t.Fatal(err)
			}
			return test
		}
	}
	t.Fatalf("there is no criterion %q", name)
	return nil
}

func TestAssume(t *testing.T) {
	account := &config.Account{
		Folders: []*config.Folder{
			folder("bin", "Papierkorb"), folder("old", "Old"),
			folder("keep", "Keep", func(f *config.Folder) { f.Use = mailbox.UseArchive }),
		},
		Moved:   []*config.Moved{moved("News", "Lists/News"), moved("Gone", "Come")},
		Removed: []*config.Removed{removed("Away")},
		Rules: []*rules.Rule{
			rule("a", subject(""), moveTo("Lists/Go"), "INBOX", "Lists/**", mailbox.UseFlagged.Token()+"/Deep"),
			rule("b", subject(""), func(r *rules.Rule) { r.CopyTo = []mailbox.Ref{{Use: mailbox.UseImportant}} }, "Away"),
		},
	}
	names := func(l Listing) string {
		var all []string
		for _, f := range l.Folders {
			s := string(f.Name)
			for _, use := range f.Uses {
				s += ":" + string(use)
			}
			all = append(all, s)
		}
		return strings.Join(all, " ")
	}
	const want = "Come Drafts:drafts Flagged:flagged Flagged/Deep INBOX Important:important Junk:junk Keep:archive Lists/Go Lists/News Old Papierkorb:trash Sent:sent"
	if got := names(Assume(account, "INBOX")); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := names(Assume(account, "News")); !strings.Contains(got, " News ") || strings.Contains(got, "Lists/News") {
		t.Errorf("of a message in a folder that is to be renamed: %s", got)
	}
	if got := names(Assume(account, "Away")); !strings.HasPrefix(got, "Away ") {
		t.Errorf("of a message in a folder that is to be removed: %s", got)
	}
	if p, diags := New(account, config.DefaultPolicy(), Assume(account, "INBOX"), time.Now()); diags.HasErrors() {
		t.Errorf("%v %v", p, diags)
	}
}
