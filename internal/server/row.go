package server

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/message"
	"github.com/imapform/imapform/internal/server/wire"
)

// fetchItems writes the data items of a FETCH for the parts. PEEK, since reading
// must not mark a message as seen.
func fetchItems(parts message.Parts, caps capabilities) string {
	items := []string{"UID"}
	if parts.Flags {
		items = append(items, "FLAGS")
	}
	if parts.Received {
		items = append(items, "INTERNALDATE")
	}
	if parts.Size {
		items = append(items, "RFC822.SIZE")
	}
	if parts.Saved && caps.has("SAVEDATE") {
		items = append(items, "SAVEDATE")
	}
	if len(parts.Fields) > 0 {
		names := make([]string, len(parts.Fields))
		for i, field := range parts.Fields {
			names[i] = fieldName(field)
		}
		items = append(items, "BODY.PEEK[HEADER.FIELDS ("+strings.Join(names, " ")+")]")
	}
	if parts.Structure {
		items = append(items, "BODYSTRUCTURE") // the last, as it may be broken
	}
	return "(" + strings.Join(items, " ") + ")"
}

// fieldName writes the name of a header field, which may hold what an atom may not.
func fieldName(name string) string {
	if strings.ContainsAny(name, `(){ %*"\]`) {
		return quote(name)
	}
	return strings.ToUpper(name)
}

// readRow reads what a FETCH response tells of a message; asked are the header
// fields that were asked for. A response without a UID gives UID 0: it is about no
// message that can be named.
func readRow(r wire.Response, asked []string) (*message.Message, error) {
	if err := checkRow(r); err != nil {
		return nil, err
	}
	m := &message.Message{}
	for list := r.Values[0].List; len(list) > 0; list = list[2:] {
		name := strings.ToUpper(list[0].Text)
		if err := readItem(m, name, list[1], asked); err != nil {
			return nil, fmt.Errorf("%s of message %d: %w", safe(name), r.Number, err)
		}
	}
	return m, nil
}

func checkRow(r wire.Response) error {
	if len(r.Values) != 1 || r.Values[0].Kind != wire.List || len(r.Values[0].List)%2 != 0 {
		return fmt.Errorf("the data of message %d are not pairs of name and value", r.Number)
	}
	return nil
}

// uidOf is the UID that a row tells; 0: it tells none that can be.
func uidOf(row []wire.Value) imap.UID {
	for ; len(row) > 1; row = row[2:] {
		if strings.EqualFold(row[0].Text, "UID") {
			return imap.UID(number(row[1].Text))
		}
	}
	return 0
}

// beforeStructure is what a row that cannot be read says before its BODYSTRUCTURE, in
// which some servers write what they should have quoted; false: it has none.
func beforeStructure(r wire.Response) (wire.Response, bool) {
	if len(r.Values) == 0 {
		return r, false
	}
	row := r.Values[0].List
	for i := 0; i < len(row); i += 2 {
		if strings.EqualFold(row[i].Text, "BODYSTRUCTURE") {
			r.Values = []wire.Value{{Kind: wire.List, List: row[:i]}}
			return r, true
		}
	}
	return r, false
}

func readItem(m *message.Message, name string, value wire.Value, asked []string) error {
	switch {
	case name == "UID":
		uid, err := strconv.ParseUint(value.Text, 10, 32)
		if err != nil || uid == 0 {
			return fmt.Errorf("%q is no UID", safe(value.Text))
		}
		m.UID = imap.UID(uid)
	case name == "FLAGS":
		var flags []imap.Flag
		for _, f := range value.List {
			flags = append(flags, readFlag(f.Text))
		}
		m.Flags, m.Known.Flags = mailbox.NewFlags(flags...), value.Kind == wire.List
	case name == "INTERNALDATE":
		t, err := time.Parse(internalDate, value.Text)
		if err != nil {
			return fmt.Errorf("%q is no date", safe(value.Text))
		}
		m.Received, m.Known.Received = t, true
	case name == "RFC822.SIZE":
		size, err := strconv.ParseInt(value.Text, 10, 64)
		if err != nil || size < 0 {
			return fmt.Errorf("%q is no size", safe(value.Text))
		}
		m.Size, m.Known.Size = size, true
	case name == "SAVEDATE":
		if value.IsNil() {
			m.Known.Saved = true // the server keeps none (RFC 8514 section 4.2)
			return nil
		}
		t, err := time.Parse(internalDate, value.Text)
		if err != nil {
			return fmt.Errorf("%q is no date", safe(value.Text))
		}
		m.Saved, m.Known.Saved = t, true
	case name == "BODYSTRUCTURE":
		m.Structure, m.Known.Structure = readStructure(value), true
	case strings.HasPrefix(name, "BODY[HEADER.FIELDS ("):
		if value.Kind != wire.String {
			return nil // NIL, and then it is not known: no field is not an empty field
		}
		m.Header, _ = message.ParseHeader([]byte(value.Text)) // one that is broken says so itself
		m.Known.Fields = asked
	}
	return nil
}

// internalDate is date-time (RFC 9051 section 9).
const internalDate = "_2-Jan-2006 15:04:05 -0700"
