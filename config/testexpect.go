package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
)

// An Expectation says what becomes of a message. What it does not say may be as it
// likes.
type Expectation struct {
	Message   *TestMessage
	Declared  hcl.Range
	Folder    *mailbox.Ref   // where it is at last; nil: not said
	Flags     *mailbox.Flags // exactly those; nil: not said
	Copies    []mailbox.Ref  // exactly there, with CopiesSaid
	Deleted   *bool          // it is gone for good; nil: not said
	Untouched *bool          // nothing happened to it; nil: not said
	LeftAlone string         // a part of the reason why a rule that matched left it alone; empty: not said

	CopiesSaid bool
	Ranges     map[string]hcl.Range // of the values of arguments that are there, by name
}

func expectArguments() []argument[Expectation] {
	return []argument[Expectation]{
		{name: "folder", value: "a folder", doc: "where the message ends up", set: func(e *Expectation, v cty.Value) error {
			ref, err := folderRef(v)
			e.Folder = &ref
			return err
		}},
		{name: "flags", value: "a list of flags and keywords", doc: "exactly the flags and keywords that it has then; [] is none", set: func(e *Expectation, v cty.Value) error {
			flags, err := anyFlags(v)
			e.Flags = &flags
			return err
		}},
		{name: "copies", value: "a folder or a list of them", doc: "exactly the folders that hold a copy of it then; [] is none", set: func(e *Expectation, v cty.Value) (err error) {
			e.Copies, err = someFolders(v)
			e.CopiesSaid = true
			return err
		}},
		{name: "deleted", value: "true or false", doc: "whether it is gone for good", set: assignPointer(func(e *Expectation) **bool { return &e.Deleted })},
		{name: "untouched", value: "true or false", doc: "whether nothing happens to it", set: assignPointer(func(e *Expectation) **bool { return &e.Untouched })},
		{name: "left_alone", value: "a string", doc: "a part of the reason for which a rule that matches leaves it alone, as plans say it: \"no value for move_to\"", set: assign(line, func(e *Expectation) *string { return &e.LeftAlone })},
	}
}

// someFolders decodes a folder or a list of folders, which may be empty.
func someFolders(v cty.Value) ([]mailbox.Ref, error) {
	if isList(v.Type()) {
		return list(v, folderRef)
	}
	return oneOrMore(folderRef)(v)
}

// expectations decodes what a test expects of its messages.
func (l *loader) expectations(b *block, each *instance, t *Test, messages []decodedMessage) {
	blocks := b.all("expect")
	if len(blocks) == 0 && !b.broken {
		l.report.errorAt(b.declared, "Missing expect", "A test needs an expect { … } that says what becomes of the message.")
	}
	first := map[*TestMessage]*block{}
	for _, e := range blocks {
		m := l.expected(e, messages)
		if other := first[m]; m != nil && other != nil {
			l.report.errorAt(e.declared, "Duplicate declaration", fmt.Sprintf("What becomes of the message is said at %s already.", place(other.declared)))
			continue
		}
		first[m] = e
		if said := l.expectation(e, each, m); said != nil {
			t.Expects = append(t.Expects, said)
		}
	}
}

// expected is the message that a block speaks of; nil if there is none, which is
// reported.
func (l *loader) expected(b *block, messages []decodedMessage) *TestMessage {
	var labels []string
	for _, m := range messages {
		if m.message.Label == b.label {
			return m.message
		}
		labels = append(labels, m.message.Label)
	}
	switch {
	case len(messages) == 0: // which is reported
	case b.label == "" && len(messages) == 1:
		return messages[0].message
	case b.label == "":
		l.report.errorAt(b.declared, "Missing label", fmt.Sprintf("There are several messages: say which one is meant, as in expect %q { … }.", labels[0]))
	default:
		l.report.errorAt(b.labelRange, "Unknown message", fmt.Sprintf("There is no message %q in this test.%s", b.label, didYouMean(b.label, labels)))
	}
	return nil
}

// expectation decodes one block; nil if something of it is wrong or not known.
func (l *loader) expectation(b *block, each *instance, m *TestMessage) *Expectation {
	e := &Expectation{Message: m, Declared: b.declared, Ranges: map[string]hcl.Range{}}
	found := decode(l, b, each, expectArguments(), e)
	said := false
	for name, attr := range b.args {
		said = said || found[name] != absent
		e.Ranges[name] = attr.Expr.Range()
	}
	if !said && !b.broken {
		l.report.errorAt(b.declared, "Empty expect", "An expect that says nothing holds whatever happens. Say where the message ends up, as in folder = \"Archive\".")
	}
	if !said || b.broken || !found.known() || !l.checkExpectation(b, e, found) || m == nil {
		return nil
	}
	return e
}

// checkExpectation reports what cannot all be so.
func (l *loader) checkExpectation(b *block, e *Expectation, found fates) bool {
	conflicts := func(of string, others ...string) bool {
		ok := true
		for _, name := range others {
			if found[name] != absent {
				l.report.errorAt(b.args[name].NameRange, "Conflicting arguments", fmt.Sprintf("With %s = true there is nothing more to say: remove %s.", of, name))
				ok = false
			}
		}
		return ok
	}
	switch {
	case e.Deleted != nil && *e.Deleted:
		return conflicts("deleted", "folder", "flags", "untouched", "left_alone")
	case e.Untouched != nil && *e.Untouched:
		return conflicts("untouched", "folder", "flags", "copies", "deleted")
	}
	return true
}
