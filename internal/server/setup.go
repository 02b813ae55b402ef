package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/internal/utf7"
)

// readCapabilities asks what the server offers now. It is asked for, not guessed
// from greetings: proxies announce what the server behind them does not have.
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

// readNamespaces asks where the user's own folders lie, and where those of others. A
// server without NAMESPACE, or that tells no namespace of the user's own, tells at
// least the delimiter (RFC 9051 section 6.3.9).
func (s *Session) readNamespaces(ctx context.Context) error {
	if s.caps.has("NAMESPACE") {
		var data *imap.NamespaceData
		err := s.run(ctx, "ask for namespaces", "", func() (err error) {
			data, err = s.client.Namespace().Wait()
			return err
		})
		if err != nil {
			return err
		}
		s.namespaces = newNamespaces(data)
		if len(data.Personal) > 0 {
			return nil
		}
	}
	var root []*imap.ListData
	err := s.run(ctx, "ask for the delimiter", "", func() (err error) {
		root, err = s.client.List("", "", nil).Collect()
		return err
	})
	if err != nil {
		return err
	}
	if len(root) != 1 {
		return fmt.Errorf("ask for the delimiter: %s answers with %d lines where one is due", s.host(), len(root))
	}
	s.namespaces.own = namespace{delim: root[0].Delim}
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
