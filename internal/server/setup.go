package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/internal/utf7"
)

// learnCapabilities takes what the server has said by itself that it offers, in its
// greeting or in its answer to the login, and asks where that is nothing, or cannot be
// all. It is not taken over from before the login: proxies announce what the server
// behind them does not have.
func (s *Session) learnCapabilities(ctx context.Context) error {
	s.caps = capabilities{}
	for _, name := range s.conn.Capabilities() {
		s.caps[name] = true
	}
	if s.caps.has("IMAP4REV1") {
		return nil
	}
	return s.readCapabilities(ctx)
}

// readCapabilities asks what the server offers now.
func (s *Session) readCapabilities(ctx context.Context) error {
	reply, err := s.do(ctx, "ask for capabilities", "", "CAPABILITY", "CAPABILITY")
	if err != nil {
		return err
	}
	caps, told := newCapabilities(reply)
	if !told {
		return fmt.Errorf("ask for capabilities: %s answers without naming any", s.host())
	}
	s.caps = caps
	return nil
}

// identify works out which of the known servers this is. One that neither its
// greeting nor its capabilities give away is asked, where it can be.
func (s *Session) identify(ctx context.Context) error {
	known, found := knownServer(s.heard.greeting(), "", s.caps)
	s.known = known
	if found && !known.effect.sendID || !s.caps.has("ID") || s.account.Maildir != "" {
		return nil
	}
	id, err := s.exchangeIDs(ctx)
	var refused *ResponseError
	if errors.As(err, &refused) && !found {
		return nil // it says no more than its greeting
	}
	if err == nil && !found {
		s.known, _ = knownServer("", id, nil)
	}
	return err
}

// exchangeIDs tells the server what program this is, and returns what the server says
// of itself, as one text. The library's own command would not survive all answers.
func (s *Session) exchangeIDs(ctx context.Context) (string, error) {
	version := s.options.Version
	if version == "" {
		version = "unknown"
	}
	reply, err := s.do(ctx, "say what program this is", "", `ID ("name" "imapform" "version" `+quote(utf7.Encode(version))+`)`, "ID")
	var said []string
	for _, response := range reply.Untagged {
		for _, v := range response.Values {
			for _, word := range v.List {
				said = append(said, word.Text)
			}
		}
	}
	return strings.Join(said, " "), err
}

// locate asks where the user's own folders lie, and where those of others, unless that
// is known. Whatever names a folder needs it; List asks together with what it asks.
func (s *Session) locate(ctx context.Context) error {
	if s.located {
		return nil
	}
	if !s.caps.has("NAMESPACE") {
		return s.explainFirst(s.readDelimiter(ctx))
	}
	replies, errs := s.together(ctx, []asked{askNamespaces})
	return s.explainFirst(s.readNamespaces(ctx, replies[0], errs[0]))
}

var askNamespaces = asked{"ask for namespaces", "", wire.Request{Line: "NAMESPACE", Wanted: []string{"NAMESPACE"}, Repaired: true}}

// readNamespaces takes the answer to NAMESPACE. A server that tells no namespace of the
// user's own is asked for the delimiter.
func (s *Session) readNamespaces(ctx context.Context, reply wire.Reply, err error) error {
	if err != nil {
		return err
	}
	data := &imap.NamespaceData{}
	for _, r := range reply.Untagged {
		if data, err = namespaceData(r); err != nil {
			return fmt.Errorf("%s: %w", askNamespaces.op, err)
		}
	}
	s.namespaces = newNamespaces(data)
	if len(data.Personal) == 0 {
		return s.readDelimiter(ctx)
	}
	s.located = true
	return nil
}

// readDelimiter asks for no more than the delimiter, which a server tells that has no
// NAMESPACE, or no namespace of the user's own (RFC 9051 section 6.3.9).
func (s *Session) readDelimiter(ctx context.Context) error {
	const op = "ask for the delimiter"
	replies, errs := s.together(ctx, []asked{{op, "", wire.Request{Line: `LIST "" ""`, Wanted: []string{"LIST"}, Repaired: true}}})
	if errs[0] != nil {
		return errs[0]
	}
	root := replies[0].Untagged
	if len(root) != 1 {
		return fmt.Errorf("%s: %s answers with %d lines where one is due", op, s.host(), len(root))
	}
	data, err := readList(root[0])
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	s.namespaces.own, s.located = namespace{delim: data.Delim}, true
	return nil
}

// explainFirst says what a refusal of the first commands after the login means
// where a quirk knows it.
func (s *Session) explainFirst(err error) error {
	var refused *ResponseError
	if text := s.known.effect.notAllowed; text == "" || !errors.As(err, &refused) || !strings.Contains(refused.Text, text) {
		return err
	}
	return fmt.Errorf("%s: %w: %w: this user may not open that mailbox, or IMAP is switched off for it", loggingIn(s.account), ErrAuth, refused)
}
