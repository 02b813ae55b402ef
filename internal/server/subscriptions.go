package server

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/internal/utf7"
)

// subscribed lists what is subscribed, also of folders that are gone. LIST with
// SUBSCRIBED is asked only where it is announced: a server that does not know it may
// list every folder.
func (s *Session) subscribed(ctx context.Context) ([]*imap.ListData, error) {
	const op = "list subscriptions"
	if s.caps.has("LIST-EXTENDED") {
		var listed []*imap.ListData
		err := s.run(ctx, op, "", func() (err error) {
			listed, err = s.client.List("", "*", &imap.ListOptions{SelectSubscribed: true}).Collect()
			return err
		})
		// What lies above a subscribed folder may be listed too.
		return slices.DeleteFunc(listed, func(data *imap.ListData) bool {
			return !slices.Contains(data.Attrs, imap.MailboxAttrSubscribed)
		}), err
	}
	reply, err := s.do(ctx, op, "", `LSUB "" "*"`, "LSUB")
	if err != nil {
		return nil, err
	}
	var listed []*imap.ListData
	for _, response := range reply.Untagged {
		data, err := readLSUB(response)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", op, err)
		}
		if data != nil {
			listed = append(listed, data)
		}
	}
	return listed, nil
}

// readLSUB reads an LSUB response (RFC 3501 section 7.2.3); nil: it is not about a
// subscription, or about one that cannot be named, which loses no mail.
func readLSUB(r wire.Response) (*imap.ListData, error) {
	if len(r.Values) < 3 || r.Values[0].Kind != wire.List {
		return nil, fmt.Errorf("the server's LSUB tells no attributes, delimiter and name")
	}
	for _, attr := range r.Values[0].List {
		if strings.EqualFold(attr.Text, string(imap.MailboxAttrNoSelect)) {
			return nil, nil // something below it is subscribed (RFC 3501 section 6.3.9)
		}
	}
	data := &imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrSubscribed}}
	if delim := r.Values[1]; !delim.IsNil() {
		r, size := utf8.DecodeRuneInString(delim.Text)
		if size == 0 || size != len(delim.Text) || r == utf8.RuneError {
			return nil, fmt.Errorf("the server's LSUB has the delimiter %q", safe(delim.Text))
		}
		data.Delim = r
	}
	name, err := utf7.Decode(r.Values[2].Text)
	if err != nil {
		return nil, nil
	}
	data.Mailbox = name
	return data, nil
}
