package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/internal/utf7"
)

// What is subscribed, also of folders that are gone, is asked by LSUB, whose answer
// cannot be taken for that to LIST, and which all servers of RFC 3501 have.
var askSubscribed = asked{"list subscriptions", "", wire.Request{Line: `LSUB "" "*"`, Wanted: []string{"LSUB"}}}

// readSubscribed takes the answer to LSUB. Where LIST knows about subscriptions it is
// asked by itself if LSUB is refused, or does not tell a subscription of a folder that is
// gone from something below which another one is subscribed.
func (s *Session) readSubscribed(ctx context.Context, listed []*imap.ListData, reply wire.Reply, err error) ([]*imap.ListData, error) {
	extended := s.caps.has("LIST-EXTENDED")
	if _, refused := errors.AsType[*ResponseError](err); refused && extended {
		return s.listSubscribed(ctx)
	}
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, data := range listed {
		known[data.Mailbox] = true
	}
	var subscribed []*imap.ListData
	for _, response := range reply.Untagged {
		data, err := readLSUB(response)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", askSubscribed.op, err)
		case data == nil:
		case slices.Contains(data.Attrs, imap.MailboxAttrSubscribed):
			subscribed = append(subscribed, data)
		case extended && !known[data.Mailbox]:
			return s.listSubscribed(ctx)
		}
	}
	return subscribed, nil
}

// listSubscribed asks by LIST with SUBSCRIBED (RFC 5258), which is sent only where it is
// announced: a server that does not know it may list every folder.
func (s *Session) listSubscribed(ctx context.Context) ([]*imap.ListData, error) {
	replies, errs := s.together(ctx, []asked{{askSubscribed.op, "", wire.Request{
		Line: `LIST (SUBSCRIBED) "" "*"`, Wanted: []string{"LIST"}, Repaired: true,
	}}})
	if errs[0] != nil {
		return nil, errs[0]
	}
	var subscribed []*imap.ListData
	for _, r := range replies[0].Untagged {
		data, err := readList(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", askSubscribed.op, err)
		}
		// What lies above a subscribed folder may be listed too.
		if slices.Contains(data.Attrs, imap.MailboxAttrSubscribed) {
			subscribed = append(subscribed, data)
		}
	}
	return subscribed, nil
}

// readLSUB reads an LSUB response (RFC 3501 section 7.2.3). Without the attribute
// \Subscribed it is about a folder above one (section 6.3.9); nil: about one that cannot
// be named, which loses no mail.
func readLSUB(r wire.Response) (*imap.ListData, error) {
	if len(r.Values) < 3 || r.Values[0].Kind != wire.List {
		return nil, errors.New("the server's LSUB tells no attributes, delimiter and name")
	}
	data := &imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrSubscribed}}
	for _, attr := range r.Values[0].List {
		if strings.EqualFold(attr.Text, string(imap.MailboxAttrNoSelect)) {
			data.Attrs = nil
		}
	}
	var err error
	if data.Delim, err = delimiterOf(r.Values[1]); err != nil {
		return nil, err
	}
	if data.Mailbox, err = utf7.Decode(r.Values[2].Text); err != nil {
		return nil, nil
	}
	return data, nil
}
