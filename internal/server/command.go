package server

import (
	"context"
	"fmt"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/server/wire"
)

// run does one command of the library's under the context. The context's end, or
// silence, closes the connection.
func (s *Session) run(ctx context.Context, op string, folder mailbox.Name, command func() error) error {
	if err := context.Cause(ctx); err != nil {
		return &LostError{Op: op, Folder: folder, Err: err} // nothing more is sent
	}
	if err := s.conn.Err(); err != nil {
		return s.explain(op, folder, err) // the library would only learn of it by waiting
	}
	s.heard.forget()
	release := s.conn.CloseOn(ctx)
	err := command()
	release()
	return s.explain(op, folder, err)
}

// do sends a command that the library does not know, or does otherwise than it is
// needed here.
func (s *Session) do(ctx context.Context, op string, folder mailbox.Name, command string, wanted ...string) (wire.Reply, error) {
	if err := context.Cause(ctx); err != nil {
		return wire.Reply{}, &LostError{Op: op, Folder: folder, Err: err}
	}
	s.heard.forget()
	reply, err := s.conn.Do(ctx, command, wanted...)
	return reply, s.explain(op, folder, err)
}

// doEach is do for answers that are too large to be kept; see wire.Conn.DoEach.
func (s *Session) doEach(ctx context.Context, op string, folder mailbox.Name, command, wanted string, give func(wire.Response, error)) error {
	if err := context.Cause(ctx); err != nil {
		return &LostError{Op: op, Folder: folder, Err: err}
	}
	s.heard.forget()
	_, err := s.conn.DoEach(ctx, command, wanted, give)
	return s.explain(op, folder, err)
}

// explain tells a refusal from a connection that is lost, and says why it was: the
// library knows only that it ended.
func (s *Session) explain(op string, folder mailbox.Name, err error) error {
	if err == nil {
		return nil
	}
	if refused := refusal(op, folder, err, s.secrets.all()...); refused != nil {
		return refused
	}
	if cause := s.conn.Err(); cause != nil {
		err = cause
	} else {
		s.conn.Close() // what was answered cannot be told: the error says why
	}
	if text, said := s.heard.goodbye(s.secrets.all()...); said {
		err = fmt.Errorf("the server ended the connection: %s: %w", text, err)
	}
	return &LostError{Op: op, Folder: folder, Err: conceal(err, s.secrets.all())}
}
