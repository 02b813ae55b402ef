package rules

import (
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

func flagCriteria() []Criterion {
	return []Criterion{
		systemFlag("seen", imap.FlagSeen),
		systemFlag("flagged", imap.FlagFlagged),
		systemFlag("answered", imap.FlagAnswered),
		systemFlag("draft", imap.FlagDraft),
		{Name: "flags", Value: "list of flags or keywords", Doc: "Any of these flags is set.", saw: sawFlags, Compile: compile(compileFlags)},
	}
}

func systemFlag(name string, flag imap.Flag) Criterion {
	doc := "The flag " + string(flag) + " is set (true) or not set (false)."
	return Criterion{Name: name, Value: "true or false", Doc: doc, saw: sawFlags, Compile: compile(func(n node) (Test, error) {
		set, err := n.boolean()
		return &flagTest{criterion: name, flags: mailbox.NewFlags(flag), set: set}, err
	})}
}

func compileFlags(n node) (Test, error) {
	elements, err := n.elements()
	if err != nil {
		return nil, err
	}
	flags := make([]imap.Flag, len(elements))
	for i, e := range elements {
		if !e.isString() {
			return nil, e.errorf(`this is %s: write flags as strings, as in ["flagged", "$Invoice"]`, e.kind())
		}
		s, err := e.text()
		if err != nil {
			return nil, err
		}
		if flags[i], err = mailbox.ParseFlag(s); err != nil {
			return nil, e.errorf("%w", err)
		}
	}
	return &flagTest{criterion: "flags", flags: mailbox.NewFlags(flags...), set: true}, nil
}

// A flagTest holds if any of the flags is set, or if none is.
type flagTest struct {
	Timeless
	criterion string
	flags     mailbox.Flags
	set       bool
	keeper
}

func (t *flagTest) Judge(m *message.Message, _ time.Time) (Truth, message.Parts) {
	if !m.Known.Flags {
		return Unknown, t.Needs()
	}
	return truthOf(slices.ContainsFunc(t.flags, m.Flags.Has) == t.set), message.Parts{}
}

func (t *flagTest) Needs() message.Parts           { return message.Parts{Flags: true} }
func (t *flagTest) Reads() mailbox.Flags           { return t.flags }
func (t *flagTest) Mentions(criterion string) bool { return criterion == t.criterion }
