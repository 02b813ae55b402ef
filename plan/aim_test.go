package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/imapform/imapform/config"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// bySubject is a template that puts a subject behind what is given; "none" has no
// value, and "unknown" cannot be told.
type bySubject string

func (b bySubject) Fill(m *message.Message, delimiter string) rules.Filled {
	if missing := b.Needs().Minus(m.Known); !missing.Empty() {
		return rules.Filled{Truth: rules.Unknown, Missing: missing}
	}
	text, _ := m.Header.Text("subject")
	switch text {
	case "none":
		return rules.Filled{Truth: rules.NoValue}
	case "unknown":
		return rules.Filled{Truth: rules.Unknown}
	}
	ref, err := mailbox.ParseRef(string(b) + strings.ReplaceAll(text, "delimiter", delimiter))
	if err != nil {
		panic(err)
	}
	return rules.Filled{Truth: rules.True, To: ref}
}

func (b bySubject) Needs() message.Parts { return message.Fields("subject") }
func (b bySubject) Reads() mailbox.Flags { return nil }
func (b bySubject) String() string       { return string(b) + "${subject}" }
func (b bySubject) Patterns() []mailbox.Pattern {
	p, err := mailbox.ParsePattern(string(b) + "*")
	if err != nil {
		panic(err)
	}
	return []mailbox.Pattern{p}
}

func moveBy(prefix string) func(*rules.Rule) {
	return func(r *rules.Rule) { r.MoveBy = bySubject(prefix) }
}

func both(one, other func(*rules.Rule)) func(*rules.Rule) {
	return func(r *rules.Rule) { one(r); other(r) }
}

func copyBy(prefix string) func(*rules.Rule) {
	return func(r *rules.Rule) { r.CopyBy = append(r.CopyBy, bySubject(prefix)) }
}

func TestTemplates(t *testing.T) {
	archive := mailbox.UseArchive.Token() + "/"
	for name, c := range map[string]struct {
		box     *box
		put     []string
		account config.Account
		want    string
		left    string
	}{
		"a folder each, made once and subscribed": {
			box: newBox("INBOX", "Lists"), put: []string{"a", "b", "a"},
			account: config.Account{Rules: []*rules.Rule{rule("file", subject(""), moveBy("Lists/"))}},
			want: `
create Lists/a <rule.file>
create Lists/b <rule.file>
set Lists/a subscribed=true <rule.file>
set Lists/b subscribed=true <rule.file>
file INBOX 1 3 move=Lists/a <rule.file>
file INBOX 2 move=Lists/b <rule.file>`,
			left: "rule.file 3 of 3",
		},
		"one that is there in another letter case": {
			box: newBox("INBOX", "Lists", "Lists/Go"), put: []string{"go", "GO"},
			account: config.Account{Rules: []*rules.Rule{rule("file", subject(""), moveBy("Lists/"))}},
			want:    "file INBOX 1 2 move=Lists/Go <rule.file>",
			left:    "rule.file 2 of 2",
		},
		"without a value the rule takes nothing, and the next one looks": {
			box: newBox("INBOX", "Lists", "Lists/x", "Rest"), put: []string{"none", "x"},
			account: config.Account{Rules: []*rules.Rule{rule("file", subject(""), both(moveBy("Lists/"), func(r *rules.Rule) { r.AddFlags = mailbox.NewFlags("$f") })), rule("rest", subject(""), moveTo("Rest"))}},
			want: `
file INBOX 2 move=Lists/x +$f flags-first <rule.file>
file INBOX 1 move=Rest <rule.rest>`,
			left: "rule.file 2 of 2; 1 no value for move_to; 1 rival rule.rest; rule.rest 1 of 2",
		},
		"what cannot be told is left alone": {
			box: newBox("INBOX", "Lists"), put: []string{"unknown"},
			account: config.Account{Rules: []*rules.Rule{rule("file", subject(""), moveBy("Lists/")), rule("rest", subject(""), moveTo("Lists"))}},
		},
		"below a use": {
			box: newBox("INBOX", "Old archive"), put: []string{"2024"},
			account: config.Account{Rules: []*rules.Rule{rule("file", subject(""), moveBy(archive))}},
			want: `
create Old/2024 <rule.file>
set Old/2024 subscribed=true <rule.file>
file INBOX 1 move=Old/2024 <rule.file>`,
			left: "rule.file 1 of 1",
		},
		"not into what shall not exist": {
			box: newBox("INBOX", "Lists", "Lists/a", "Lists/b"), put: []string{"a", "b", "c"},
			account: config.Account{
				Rules:   []*rules.Rule{rule("file", subject(""), moveBy("Lists/"))},
				Removed: []*config.Removed{removed("Lists/a")}, Moved: []*config.Moved{moved("Lists/b", "Lists/d")},
			},
			want: `
rename Lists/b -> Lists/d children=0 subscribed=[Lists/b] <>
create Lists/c <rule.file>
set Lists/c subscribed=true <rule.file>
file INBOX 3 move=Lists/c <rule.file>
remove Lists/a <>`,
			left: "rule.file 3 of 3; 2 no value for move_to",
		},
		"not below what can have nothing below": {
			box: newBox("INBOX", "Lists noinferiors"), put: []string{"a"},
			account: config.Account{Rules: []*rules.Rule{rule("file", subject(""), moveBy("Lists/"))}},
			left:    "rule.file 1 of 1; 1 no value for move_to",
		},
		"not into a folder that nobody may open": {
			box: newBox("INBOX", "Lists", "Lists/a closed"), put: []string{"a"},
			account: config.Account{Rules: []*rules.Rule{rule("file", subject(""), moveBy("Lists/"))}},
			left:    "rule.file 1 of 1; 1 no value for move_to",
		},
		"copies": {
			box: newBox("INBOX", "Copies", "Copies/a"), put: []string{"a", "b", "none"},
			account: config.Account{Rules: []*rules.Rule{rule("copy", subject(""), both(copyBy("Copies/"), func(r *rules.Rule) { r.CopyTo = []mailbox.Ref{ref("All")} }))}},
			want: `
create All <rule.copy>
create Copies/b <rule.copy>
set All subscribed=true <rule.copy>
set Copies/b subscribed=true <rule.copy>
file INBOX 1 copy=[All Copies/a] <rule.copy>
file INBOX 2 copy=[All Copies/b] <rule.copy>`,
			left: "rule.copy 3 of 3; 1 no value for copy_to",
		},
		"what a template may make is declared": {
			box: newBox("INBOX", "Lists", "Lists/a", "Lists/a/b", "Other"), put: nil,
			account: config.Account{
				Rules:     []*rules.Rule{rule("file", subject(""), moveBy("lists/"))},
				Exclusive: patterns("**"),
			},
			want: "remove Lists/a/b <>\nremove Other <>",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, s := range c.put {
				c.box.put("INBOX", s)
			}
			p, diags := c.box.plan(t, &c.account, config.DefaultPolicy())
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if got := describe(p); strings.TrimSpace(got) != strings.TrimSpace(c.want) {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if got := leftText(p); got != c.left {
				t.Errorf("left: got %q, want %q", got, c.left)
			}
		})
	}
}

// leftText is what rules found, and what they left alone.
func leftText(p *Plan) string {
	var all []string
	for _, m := range p.Matched {
		all = append(all, fmt.Sprintf("%s %d of %d", m.Rule, m.Messages, m.Looked))
		for _, l := range m.Left {
			all = append(all, fmt.Sprintf("%d %s", l.Messages, l.Reason))
		}
		for _, r := range m.Rivals {
			all = append(all, fmt.Sprintf("%d rival %s", r.Messages, r.Rule))
		}
	}
	return strings.Join(all, "; ")
}

func TestTemplatesRefused(t *testing.T) {
	for name, c := range map[string]struct {
		rules []*rules.Rule
		want  string
	}{
		"copies where a rule looks": {
			[]*rules.Rule{rule("copy", subject(""), copyBy("Lists/")), rule("look", subject(""), moveTo("Old"), "Lists/**")},
			"rule.copy makes copies in folders named Lists/${subject}, where rule.look looks",
		},
		"copies where a rule looks at one of them": {
			[]*rules.Rule{rule("copy", subject(""), copyBy("Lists/x-")), rule("look", subject(""), moveTo("Old"), "Lists/x-a")},
			"where rule.look looks",
		},
		"a use that nobody knows": {
			[]*rules.Rule{rule("file", subject(""), moveBy(mailbox.UseArchive.Token()+"/"))},
			"special.archive is not known",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBox("INBOX", "Lists", "Lists/x-a", "Old")
			b.put("INBOX", "a")
			_, diags := b.plan(t, &config.Account{Rules: c.rules}, config.DefaultPolicy())
			if !diags.HasErrors() || !strings.Contains(diags[0].Summary+diags[0].Detail, c.want) {
				t.Errorf("got %v, want %q", diags, c.want)
			}
		})
	}
	for name, look := range map[string]*rules.Rule{
		"spared":    rule("look", subject(""), both(moveTo("Old"), func(r *rules.Rule) { r.NotIn = patterns("Lists/*") }), "**"),
		"elsewhere": rule("look", subject(""), moveTo("Old"), "Old/*", "Lists"),
	} {
		b := newBox("INBOX", "Lists", "Old")
		if _, diags := b.plan(t, &config.Account{Rules: []*rules.Rule{rule("copy", subject(""), copyBy("Lists/")), look}}, config.DefaultPolicy()); diags.HasErrors() {
			t.Errorf("%s: %v", name, diags)
		}
	}
}
