package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A Literal is the last argument of a command.
type Literal struct {
	Size int64 // octets, all of which From must give
	From io.Reader
	// AtOnce sends it without being asked to, which only servers with LITERAL+ or
	// LITERAL- understand (RFC 7888).
	AtOnce bool
}

// DoLiteral is Do for a command that ends with a literal: "APPEND INBOX". The literal
// is not held in memory, and the trace shows only its size. If From fails, or ends too
// early, the connection is closed, so that the server takes nothing for complete.
func (c *Conn) DoLiteral(ctx context.Context, line string, l Literal) (Reply, error) {
	name, _, _ := strings.Cut(strings.ToUpper(line), " ")
	if name == "" || l.Size < 0 {
		return Reply{}, errors.New("send a literal: it has no command, or no size")
	}
	if err := checkLine(name, line); err != nil {
		return Reply{}, err
	}
	raw := &rawCommand{name: name, literal: true}
	if err := c.claim(ctx, raw); err != nil {
		return Reply{}, fmt.Errorf("%s: %w", name, err)
	}
	defer c.release()
	defer c.CloseOn(ctx)()
	if err := c.sendLiteral(raw, line, l); err != nil {
		return Reply{}, fmt.Errorf("%s: %w", name, err)
	}
	return c.answerTo(raw, nil)
}

// sendLiteral sends the command, or its beginning only if the server refuses it then.
func (c *Conn) sendLiteral(raw *rawCommand, line string, l Literal) error {
	mark := ""
	if l.AtOnce {
		mark = "+"
	}
	if err := c.send(fmt.Appendf(nil, "%s %s {%d%s}\r\n", raw.tag, line, l.Size, mark)); err != nil {
		return err
	}
	if !l.AtOnce && !c.invited(raw) {
		return nil
	}
	buffer := make([]byte, writeChunk)
	for left := l.Size; left > 0; {
		n, err := io.ReadFull(l.From, buffer[:min(left, writeChunk)])
		if err != nil {
			return c.fail(fmt.Errorf("what is to be sent cannot be read: %w", unexpected(err)))
		}
		if err := c.send(buffer[:n]); err != nil {
			return err
		}
		left -= int64(n)
	}
	return c.send([]byte("\r\n"))
}

// invited waits until the server asks for the literal. It does not if it refuses the
// command, or the connection ends.
func (c *Conn) invited(raw *rawCommand) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !raw.invited && !raw.done && c.err == nil {
		c.changed.Wait()
	}
	if raw.done && !raw.invited {
		c.flight.abandon()
	}
	return raw.invited
}
