package server

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/server/wire"
)

// readList reads a LIST response that was repaired (RFC 9051 section 7.3.1).
func readList(r wire.Response) (*imap.ListData, error) {
	if len(r.Values) < 3 || r.Values[0].Kind != wire.List {
		return nil, errors.New("the server's LIST tells no attributes, delimiter and name")
	}
	data := &imap.ListData{}
	for _, attr := range r.Values[0].List {
		data.Attrs = append(data.Attrs, attribute(attr.Text))
	}
	var err error
	if data.Delim, err = delimiterOf(r.Values[1]); err != nil {
		return nil, err
	}
	if data.Mailbox, err = decodedName(r.Values[2].Text); err != nil {
		return nil, fmt.Errorf("the server lists %q: %w", safe(r.Values[2].Text), err)
	}
	return data, nil
}

// delimiterOf reads a delimiter; zero: there is none.
func delimiterOf(v wire.Value) (rune, error) {
	if v.IsNil() {
		return 0, nil
	}
	r, size := utf8.DecodeRuneInString(v.Text)
	if size == 0 || size != len(v.Text) || r == utf8.RuneError {
		return 0, fmt.Errorf("the server tells the delimiter %q", safe(v.Text))
	}
	return r, nil
}

// attribute is a mailbox attribute in the letter case in which it is registered.
func attribute(text string) imap.MailboxAttr {
	for _, known := range attributes {
		if strings.EqualFold(text, string(known)) {
			return known
		}
	}
	return imap.MailboxAttr(text)
}

var attributes = []imap.MailboxAttr{
	imap.MailboxAttrNonExistent, imap.MailboxAttrNoInferiors, imap.MailboxAttrNoSelect,
	imap.MailboxAttrHasChildren, imap.MailboxAttrHasNoChildren,
	imap.MailboxAttrMarked, imap.MailboxAttrUnmarked, imap.MailboxAttrSubscribed, imap.MailboxAttrRemote,
	imap.MailboxAttrAll, imap.MailboxAttrArchive, imap.MailboxAttrDrafts, imap.MailboxAttrFlagged,
	imap.MailboxAttrJunk, imap.MailboxAttrSent, imap.MailboxAttrTrash, imap.MailboxAttrImportant,
}
