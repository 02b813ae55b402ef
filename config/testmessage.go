package config

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/rules"
)

// A TestMessage is a message that is in the mailbox before a test.
type TestMessage struct {
	Label    string // empty: it is the only one
	Declared hcl.Range
	Folder   mailbox.Ref
	Flags    mailbox.Flags
	Received time.Time // INTERNALDATE
	Saved    time.Time // SAVEDATE
	Size     int64     // RFC822.SIZE; 0: that of Source
	// FolderRange is where Folder is said; without that, the block's header.
	FolderRange hcl.Range
	Source      []byte // the message as a server keeps it, with CRLF at the end of lines
}

// A messageBody is a message as far as its arguments say it.
type messageBody struct {
	TestMessage
	eml         string
	fields      map[string][]string // by the name of their arguments
	header      []headerField
	body        string
	attachments []string
	age, stay   int64 // in seconds
	received    time.Time
	noDate      bool // the message has no Date, or no Message-ID
	noID        bool
}

// A headerField is a line of a header.
type headerField struct{ name, value string }

// fieldArguments are the arguments that are header fields, in the order in which
// they stand in a message.
var fieldArguments = []struct{ name, field, doc string }{
	{"from", "From", "its From, as in \"Shop <billing@shop.example>\""},
	{"to", "To", "its To"},
	{"cc", "Cc", "its Cc"},
	{"bcc", "Bcc", "its Bcc"},
	{"reply_to", "Reply-To", "its Reply-To"},
	{"sender", "Sender", "its Sender"},
	{"subject", "Subject", "its Subject"},
	{"list_id", "List-Id", "its List-Id"},
}

func messageArguments() []argument[messageBody] {
	table := []argument[messageBody]{
		{name: "folder", value: "a folder", fallback: `"INBOX"`, doc: "where the message is", set: assign(folderRef, func(m *messageBody) *mailbox.Ref { return &m.Folder })},
	}
	for _, f := range fieldArguments {
		table = append(table, argument[messageBody]{name: f.name, value: "a string or a list of strings", doc: f.doc, set: func(m *messageBody, v cty.Value) error {
			values, err := oneOrMore(fieldValue)(v)
			m.fields[f.name] = values
			return err
		}})
	}
	return append(table,
		argument[messageBody]{name: "date", value: "a date or null", fallback: "when it was received", doc: "its Date, as in \"2024-05-01T18:00:00+02:00\"; null: it has none", set: func(m *messageBody, v cty.Value) error {
			at, err := moment(v)
			m.fields["date"] = []string{at.Format(mailDate)}
			return err
		}, null: func(m *messageBody) { m.noDate = true }},
		argument[messageBody]{name: "message_id", value: "a string or null", fallback: "one of its own", doc: "its Message-ID, as in \"<1@shop.example>\"; null: it has none", set: func(m *messageBody, v cty.Value) error {
			id, err := fieldValue(v)
			m.fields["message_id"] = []string{id}
			return err
		}, null: func(m *messageBody) { m.noID = true }},
		argument[messageBody]{name: "header", value: "a map of strings, or of lists of strings", doc: "other header fields, by their names", set: assign(headerFields, func(m *messageBody) *[]headerField { return &m.header })},
		argument[messageBody]{name: "body", value: "a string", fallback: `""`, doc: "its text: plain, unless header has a Content-Type of its own", set: assign(text, func(m *messageBody) *string { return &m.body })},
		argument[messageBody]{name: "attachments", value: "a list of file names", doc: "files that are attached to it; they hold nothing", set: assign(filled(line), func(m *messageBody) *[]string { return &m.attachments })},
		argument[messageBody]{name: "eml", value: "a file", doc: "a file below the configuration's directory that holds the whole message, instead of what says single parts of it", set: assign(text, func(m *messageBody) *string { return &m.eml })},
		argument[messageBody]{name: "flags", value: "a list of flags and keywords", doc: "its flags and keywords", set: assign(anyFlags, func(m *messageBody) *mailbox.Flags { return &m.Flags })},
		argument[messageBody]{name: "age", value: "age", fallback: `"0h"`, doc: "how long ago it was received (INTERNALDATE), as in \"3d\"", set: assign(ageSeconds, func(m *messageBody) *int64 { return &m.age })},
		argument[messageBody]{name: "received", value: "a date", fallback: "what age says", doc: "when it was received (INTERNALDATE), instead of age", set: assign(moment, func(m *messageBody) *time.Time { return &m.received })},
		argument[messageBody]{name: "in_folder_for", value: "age", fallback: "as long as it was received ago", doc: "how long ago it came into its folder (SAVEDATE)", set: assign(ageSeconds, func(m *messageBody) *int64 { return &m.stay })},
		argument[messageBody]{name: "size", value: "size", fallback: "that of the message", doc: "the size that the server tells (RFC822.SIZE)", set: assign(size, func(m *messageBody) *int64 { return &m.Size })},
	)
}

// mailDate is how a Date is written (RFC 5322 section 3.3).
const mailDate = "Mon, 02 Jan 2006 15:04:05 -0700"

// testMessages decodes the messages of a test.
func (l *loader) testMessages(b *block, each *instance, t *Test) []decodedMessage {
	blocks := b.all("message")
	if len(blocks) == 0 && !b.broken {
		l.report.errorAt(b.declared, "Missing message", "A test needs a message { … } that the rules are tried on.")
	}
	var all []decodedMessage
	for i, m := range blocks {
		if len(blocks) > 1 {
			l.checkLabel(m, all)
		}
		all = append(all, l.testMessage(m, each, t, i+1))
	}
	return all
}

// A decodedMessage is a message with what says whether all of it is known.
type decodedMessage struct {
	message *TestMessage
	ok      bool
}

// checkLabel reports messages that cannot be told apart.
func (l *loader) checkLabel(b *block, before []decodedMessage) {
	same := slices.IndexFunc(before, func(m decodedMessage) bool { return m.message.Label == b.label })
	switch {
	case b.label == "":
		l.report.errorAt(b.declared, "Missing label", "Of several messages each needs a name, as in message \"first\" { … }, by which expect speaks of it.")
	case same >= 0:
		l.report.errorAt(b.labelRange, "Duplicate declaration", fmt.Sprintf("There is a message %q at %s already.", b.label, place(before[same].message.Declared)))
	}
}

func (l *loader) testMessage(b *block, each *instance, t *Test, number int) decodedMessage {
	body := &messageBody{fields: map[string][]string{}, TestMessage: TestMessage{
		Label: b.label, Declared: b.declared, Folder: mailbox.Ref{Name: mailbox.Inbox}, FolderRange: b.rangeOf("folder"),
	}}
	found := decode(l, b, each, messageArguments(), body)
	if found["age"] == set && found["received"] == set {
		l.report.errorAt(b.args["age"].NameRange, "Conflicting arguments", "A message has an age or says when it was received, not both.")
	}
	now := t.Now.UTC().Truncate(time.Second) // INTERNALDATE has no fractions
	body.Received = now.Add(-seconds(body.age))
	if found["received"] == set {
		body.Received = body.received
	}
	body.Saved = body.Received
	if found["in_folder_for"] == set {
		body.Saved = now.Add(-seconds(body.stay))
	}
	if found["in_folder_for"] == set && found["age"] == set && body.stay > body.age {
		l.report.errorAt(b.rangeOf("in_folder_for"), "Invalid value for in_folder_for", "The message cannot have come into its folder before it was received.")
	}
	return decodedMessage{&body.TestMessage, l.finishMessage(b, each, body, found, number) && found.known() && !b.broken}
}

// anyFlags decodes flags, of which there may be none.
func anyFlags(v cty.Value) (mailbox.Flags, error) {
	flags, err := list(v, parseFlag)
	return mailbox.NewFlags(flags...), err
}

func ageSeconds(v cty.Value) (int64, error) {
	s, err := text(v)
	if err != nil {
		return 0, err
	}
	n, err := rules.ParseAge(s)
	if err == nil && n > maxTestAge {
		err = errors.New("this is longer than there has been mail: at most \"200y\"")
	}
	return n, err
}

// maxTestAge is how old a message of a test may be, in seconds: that much fits into
// a time.Duration.
const maxTestAge = 200 * 365 * 24 * 60 * 60

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }
