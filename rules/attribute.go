package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
)

// An Attribute is one that message has in expressions. The table of them is what
// templates and where can speak of.
type Attribute struct {
	Name  string
	Type  cty.Type
	Doc   string
	Needs message.Parts // what must be known to tell it; of header and headers, the fields are those that the expression names
	// Value is the attribute of a message of which all that is known; the names are
	// those of the header fields that the expression names.
	Value func(m *message.Message, names []string) cty.Value
	// Placed says that the attribute is about where the message lies, which a
	// destination cannot hang on.
	Placed bool
	// Mentions are the attribute itself, as people write it, and the criteria that ask
	// for the same: what holds for a rule that has them holds for one that has it.
	Mentions []string
}

// Attributes is the table, sorted by name.
func Attributes() []Attribute {
	received, flags := message.Parts{Received: true}, message.Parts{Flags: true}
	return []Attribute{
		attachments,
		addressList("bcc", "the addresses in Bcc", "bcc"),
		addressList("cc", "the addresses in Cc", "cc"),
		{Name: "flags", Type: cty.List(cty.String), Doc: "its flags and keywords, as configurations write them", Needs: flags, Value: func(m *message.Message, _ []string) cty.Value {
			words := make([]string, len(m.Flags))
			for i, f := range m.Flags {
				words[i] = mailbox.FlagWord(f)
			}
			return stringList(words)
		}},
		{Name: "folder", Type: cty.String, Doc: "the folder that it lies in", Placed: true, Value: func(m *message.Message, _ []string) cty.Value { return cty.StringVal(string(m.Folder)) }},
		{Name: "from", Type: addressType, Doc: "the first address in From; null without one", Needs: message.Fields("from"), Value: func(m *message.Message, _ []string) cty.Value {
			if all := addressValues(m, "from"); len(all) > 0 {
				return all[0]
			}
			return cty.NullVal(addressType)
		}},
		{Name: "header", Type: cty.Map(cty.String), Doc: "the first field of a name, as in message.header[\"x-spam-score\"]; null without one", Value: func(m *message.Message, names []string) cty.Value {
			values := map[string]cty.Value{}
			for _, name := range names {
				values[name] = fieldText(m, name)
			}
			return cty.MapVal(values)
		}},
		{Name: "headers", Type: cty.Map(cty.List(cty.String)), Doc: "all fields of a name, as in message.headers[\"received\"]", Value: func(m *message.Message, names []string) cty.Value {
			values := map[string]cty.Value{}
			for _, name := range names {
				var all []string
				for f := range m.Header.Fields(name) {
					all = append(all, f.Text().Plain)
				}
				values[name] = stringList(all)
			}
			return cty.MapVal(values)
		}},
		textField("in_reply_to", "its In-Reply-To; null without one", "in-reply-to"),
		{Name: "list_id", Type: cty.String, Doc: "the identifier of its mailing list, in lower case; null without one", Needs: listFields, Value: func(m *message.Message, _ []string) cty.Value { return textOrNull(listID(m)) }},
		{Name: "list_name", Type: cty.String, Doc: "the first label of list_id; null without one", Needs: listFields, Value: func(m *message.Message, _ []string) cty.Value {
			name, _, _ := strings.Cut(listID(m), ".")
			return textOrNull(name)
		}},
		textField("message_id", "its Message-ID; null without one", "message-id"),
		{Name: "received", Type: momentType, Doc: "when it arrived (INTERNALDATE), in UTC", Needs: received, Mentions: []string{"message.received", "received_before"}, Value: func(m *message.Message, _ []string) cty.Value {
			return momentValue(m.Received.UTC())
		}},
		addressList("recipients", "the addresses in To, Cc, Bcc, Delivered-To and X-Original-To", recipientFields...),
		{Name: "references", Type: cty.List(cty.String), Doc: "the message identifiers in References", Needs: message.Fields("references"), Value: func(m *message.Message, _ []string) cty.Value {
			text, _ := m.Header.Text("references")
			return stringList(strings.Fields(text))
		}},
		addressList("reply_to", "the addresses in Reply-To", "reply-to"),
		{Name: "sent", Type: momentType, Doc: "its Date, in the zone that is written there; null without one that can be read", Needs: message.Fields("date"), Mentions: []string{"message.sent", "sent_before"}, Value: func(m *message.Message, _ []string) cty.Value {
			if date, ok := m.Header.Date(); ok {
				return momentValue(date)
			}
			return cty.NullVal(momentType)
		}},
		{Name: "size", Type: cty.Number, Doc: "its size in octets (RFC822.SIZE)", Needs: message.Parts{Size: true}, Value: func(m *message.Message, _ []string) cty.Value { return cty.NumberIntVal(m.Size) }},
		textField("subject", "its Subject; null without one", "subject"),
		addressList("to", "the addresses in To", "to"),
		{Name: "uid", Type: cty.Number, Doc: "its UID in the folder", Placed: true, Value: func(m *message.Message, _ []string) cty.Value { return cty.NumberUIntVal(uint64(m.UID)) }},
	}
}

var listFields = message.Fields("list-id", "x-list-id")

// addressType is an address in expressions.
var addressType = cty.Object(map[string]cty.Type{
	"address": cty.String, "detail": cty.String, "domain": cty.String, "local": cty.String, "name": cty.String, "user": cty.String,
})

// momentType is a date in expressions: years with four digits, months and days with
// two.
var momentType = cty.Object(map[string]cty.Type{
	"date": cty.String, "day": cty.String, "month": cty.String, "time": cty.String, "year": cty.String,
})

func momentValue(t time.Time) cty.Value {
	return cty.ObjectVal(map[string]cty.Value{
		"date": cty.StringVal(t.Format(time.DateOnly)), "time": cty.StringVal(t.Format(time.TimeOnly)),
		"year": cty.StringVal(fmt.Sprintf("%04d", t.Year())), "month": cty.StringVal(t.Format("01")), "day": cty.StringVal(t.Format("02")),
	})
}

func addressList(name, doc string, fields ...string) Attribute {
	return Attribute{Name: name, Type: cty.List(addressType), Doc: doc, Needs: message.Fields(fields...), Value: func(m *message.Message, _ []string) cty.Value {
		if all := addressValues(m, fields...); len(all) > 0 {
			return cty.ListVal(all)
		}
		return cty.ListValEmpty(addressType)
	}}
}

// addressValues are the addresses of the fields, in the order of the fields' names.
func addressValues(m *message.Message, fields ...string) []cty.Value {
	var all []cty.Value
	for _, name := range fields {
		for f := range m.Header.Fields(name) {
			addresses, _ := f.Addresses() // too many to be told: those that could be
			for i := range addresses {
				all = append(all, addressValue(&addresses[i]))
			}
		}
	}
	return all
}

func addressValue(a *message.Address) cty.Value {
	spec, domain := a.Unicode()
	user, detail, tagged := strings.Cut(a.Local.Plain, "+")
	values := map[string]cty.Value{
		"address": textOrNull(spec.Plain), "domain": textOrNull(domain), "local": textOrNull(a.Local.Plain),
		"name": textOrNull(a.Name.Plain), "user": textOrNull(user), "detail": cty.NullVal(cty.String),
	}
	if tagged {
		values["detail"] = cty.StringVal(detail)
	}
	return cty.ObjectVal(values)
}

func textField(name, doc, field string) Attribute {
	return Attribute{Name: name, Type: cty.String, Doc: doc, Needs: message.Fields(field), Value: func(m *message.Message, _ []string) cty.Value { return fieldText(m, field) }}
}

// fieldText is the first field of a name, decoded; null without one.
func fieldText(m *message.Message, name string) cty.Value {
	if text, ok := m.Header.Text(name); ok {
		return cty.StringVal(text)
	}
	return cty.NullVal(cty.String)
}

// listID is the identifier of the message's list, in lower case; empty: there is
// none.
func listID(m *message.Message) string {
	for _, name := range listFields.Fields {
		if f := m.Header.First(name); f != nil && f.ListID().Plain != "" {
			return strings.ToLower(f.ListID().Plain)
		}
	}
	return ""
}

func textOrNull(s string) cty.Value {
	if s == "" {
		return cty.NullVal(cty.String)
	}
	return cty.StringVal(s)
}

func stringList(all []string) cty.Value {
	if len(all) == 0 {
		return cty.ListValEmpty(cty.String)
	}
	values := make([]cty.Value, len(all))
	for i, s := range all {
		values[i] = cty.StringVal(s)
	}
	return cty.ListVal(values)
}
