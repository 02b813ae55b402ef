package server

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/imapform/imapform/apply"
	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/server/wire"
	"github.com/imapform/imapform/internal/utf7"
)

// maxUnasked is how many octets are sent before the server has said that it takes
// them, where it offers that (RFC 7888): more would be in vain if it does not.
const maxUnasked = 4096

// Append puts a message into a folder, which need not be open (RFC 9051 section
// 6.3.12), and returns its UID and the folder's UIDVALIDITY if the server tells them:
// APPENDUID (RFC 4315 section 3); else zeros. A message that cannot be read to its end
// costs the connection, so that the server takes nothing of it for a message. The
// library is not used: it ends the connection when a server refuses a message.
func (s *Session) Append(ctx context.Context, folder mailbox.Name, m apply.Append) (uidValidity uint32, uid imap.UID, err error) {
	const op = "append a message to"
	if err := s.locate(ctx); err != nil {
		return 0, 0, err
	}
	s.forgetState(folder)
	target, err := s.wireName(folder)
	if err != nil {
		return 0, 0, err
	}
	if err := checkAppend(m); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", describe(op, folder), err)
	}
	if err := s.leaveReading(ctx); err != nil {
		return 0, 0, err
	}
	line := "APPEND " + quote(utf7.Encode(target))
	if len(m.Flags) > 0 {
		line += " " + flagList(m.Flags)
	}
	if !m.Received.IsZero() {
		line += " " + quote(m.Received.Format(internalDate))
	}
	reply, err := s.doLiteral(ctx, op, folder, line, wire.Literal{
		Size: m.Size, From: m.Message,
		AtOnce: m.Size <= maxUnasked && (s.caps.has("LITERAL+") || s.caps.has("LITERAL-")),
	})
	if err != nil {
		return 0, 0, err
	}
	uidValidity, uid = appendUID(reply)
	return uidValidity, uid, nil
}

// checkAppend refuses what could not be sent, or would not be a message.
func checkAppend(m apply.Append) error {
	switch {
	case m.Size <= 0:
		return errors.New("a message without any octet is none")
	case m.Message == nil:
		return errors.New("no message is given")
	case m.Received.Year() < 0 || m.Received.Year() > 9999:
		return fmt.Errorf("the date %v cannot be written", m.Received)
	case len(m.Flags) == 0:
		return nil
	}
	return checkFlags(m.Flags)
}

// appendUID is what the server says of where the message lies. What cannot be read
// counts as not said.
func appendUID(reply wire.Reply) (uidValidity uint32, uid imap.UID) {
	words := strings.Fields(reply.Arguments)
	if reply.Code != "APPENDUID" || len(words) != 2 {
		return 0, 0
	}
	uidValidity, uid = number(words[0]), imap.UID(number(words[1]))
	if uidValidity == 0 || uid == 0 {
		return 0, 0
	}
	return uidValidity, uid
}

// doLiteral is do for a command that ends with a literal.
func (s *Session) doLiteral(ctx context.Context, op string, folder mailbox.Name, command string, l wire.Literal) (wire.Reply, error) {
	if err := s.pace(ctx, op, folder); err != nil {
		return wire.Reply{}, err
	}
	s.heard.forget()
	reply, err := s.conn.DoLiteral(ctx, command, l)
	return reply, s.explain(op, folder, err)
}
