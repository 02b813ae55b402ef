package apply_test

import (
	"strings"
	"time"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/rules"
)

// byWord is a template that names a folder by the first word of the subject; it has
// no value for some.
type byWord struct {
	prefix mailbox.Ref
	none   string // the word for which it has no value
	flags  bool   // what is flagged has a folder of its own
}

func (b byWord) Fill(m *message.Message, _ string) rules.Filled {
	if missing := b.Needs().Minus(m.Known); !missing.Empty() {
		return rules.Filled{Truth: rules.Unknown, Missing: missing}
	}
	text, _ := m.Header.Text("subject")
	word, _, _ := strings.Cut(text, " ")
	if word == b.none || word == "" {
		return rules.Filled{Truth: rules.NoValue}
	}
	if b.flags && m.Flags.Has(`\Flagged`) {
		word = "flagged"
	}
	to := b.prefix
	if to.Name != "" {
		to.Name += "/"
	}
	to.Name += mailbox.Name(word)
	return rules.Filled{Truth: rules.True, To: to}
}

func (b byWord) Needs() message.Parts {
	needs := message.Fields("subject")
	needs.Flags = b.flags
	return needs
}

func (b byWord) Reads() mailbox.Flags {
	if b.flags {
		return mailbox.EveryFlag()
	}
	return nil
}

func (b byWord) Patterns() []mailbox.Pattern {
	text := string(b.prefix.Name)
	if b.prefix.Use != "" {
		text = b.prefix.Use.Token() + strings.TrimSuffix("/"+text, "/")
	}
	p, err := mailbox.ParsePattern(text + "/*")
	if err != nil {
		panic(err)
	}
	return []mailbox.Pattern{p}
}

func (b byWord) String() string { return b.prefix.String() + "/${word}" }

// template is a random one.
func (d *dice) template(places []mailbox.Name) byWord {
	t := byWord{prefix: mailbox.Ref{Name: pick(d, places)}, none: pick(d, words), flags: d.chance(30)}
	switch {
	case t.prefix.Name == mailbox.Inbox:
		t.prefix.Name = "Lists"
	case d.chance(15):
		t.prefix = mailbox.Ref{Use: mailbox.UseTrash}
	}
	return t
}

// valueless is a match by an expression, which has no value for some messages.
type valueless struct {
	rules.Timeless
	word string
}

func (v valueless) Judge(m *message.Message, _ time.Time) (rules.Truth, message.Parts) {
	if missing := v.Needs().Minus(m.Known); !missing.Empty() {
		return rules.Unknown, missing
	}
	text, _ := m.Header.Text("subject")
	switch {
	case strings.HasPrefix(text, v.word):
		return rules.NoValue, message.Parts{}
	case strings.Contains(text, v.word):
		return rules.True, message.Parts{}
	default:
		return rules.False, message.Parts{}
	}
}

func (v valueless) Needs() message.Parts { return message.Fields("subject") }
func (v valueless) Reads() mailbox.Flags { return nil }
func (v valueless) Mentions(string) bool { return false }
