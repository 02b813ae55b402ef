package server

import (
	"context"

	"github.com/imapform/imapform/internal/mailbox"
	"github.com/imapform/imapform/internal/server/wire"
)

// pace waits until a command may be sent. It fails if none may be any more.
func (s *Session) pace(ctx context.Context, op string, folder mailbox.Name) error {
	s.relisted = nil
	err := context.Cause(ctx)
	if s.conn.Err() == nil { // else there is nothing to wait for
		// The library sends some commands by itself, which are waited for afterwards.
		for sent := s.conn.Stats().Commands; err == nil && s.paced <= sent; s.paced++ {
			err = s.allowance.pace(ctx)
		}
	}
	if err != nil {
		return &LostError{Op: op, Folder: folder, Err: err} // nothing more is sent
	}
	return nil
}

// run does one command of the library's, once it may be sent.
func (s *Session) run(ctx context.Context, op string, folder mailbox.Name, command func() error) error {
	if err := s.pace(ctx, op, folder); err != nil {
		return err
	}
	return s.wait(ctx, op, folder, command)
}

// wait has the library wait for the server under the context. The context's end, or
// silence, closes the connection.
func (s *Session) wait(ctx context.Context, op string, folder mailbox.Name, command func() error) error {
	if err := over(ctx, op, folder); err != nil {
		return err
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

// over is why nothing is sent any more once the context has ended; nil: it has not.
func over(ctx context.Context, op string, folder mailbox.Name) error {
	if err := context.Cause(ctx); err != nil {
		return &LostError{Op: op, Folder: folder, Err: err}
	}
	return nil
}

// do sends a command that the library does not know, or does otherwise than it is
// needed here.
func (s *Session) do(ctx context.Context, op string, folder mailbox.Name, command string, wanted ...string) (wire.Reply, error) {
	if err := s.pace(ctx, op, folder); err != nil {
		return wire.Reply{}, err
	}
	s.heard.forget()
	reply, err := s.conn.Do(ctx, command, wanted...)
	return reply, s.explain(op, folder, err)
}

// doEach is do for answers that are too large to be kept; see wire.Conn.DoEach.
func (s *Session) doEach(ctx context.Context, op string, folder mailbox.Name, command, wanted string, give func(wire.Response, error)) error {
	if err := s.pace(ctx, op, folder); err != nil {
		return err
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
	lost := &LostError{Op: op, Folder: folder}
	if code, text, said := s.heard.goodbye(s.secrets.all()...); said {
		err = &goodbyeError{text, err}
		lost.class, lost.after = classOf(code, text), delayOf(text)
	}
	lost.Err = conceal(err, s.secrets.all())
	return lost
}
