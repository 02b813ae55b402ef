package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"
)

// maxBeforeTLS limits the lines before TLS, of which none counts.
const maxBeforeTLS = 100

// StartTLS turns TLS on, before the connection is handed to the library. It
// reads the server's greeting, which must be OK: after a PREAUTH there would be
// no way to turn TLS on (RFC 9051 section 7.1.4). What the server said before
// TLS is forgotten (section 6.2.1), but for the notice of its greeting, which only
// tells what product it may be; the library sees a greeting that names no
// capabilities. On an error the connection is closed.
func (c *Conn) StartTLS(ctx context.Context, config *tls.Config) error {
	c.readMu.Lock()
	defer c.readMu.Unlock()
	defer c.CloseOn(ctx)()
	if err := c.startTLS(ctx, config); err != nil {
		return fmt.Errorf("turn on TLS with STARTTLS: %w", c.fail(err))
	}
	return nil
}

func (c *Conn) startTLS(ctx context.Context, config *tls.Config) error {
	if err := c.greeting(); err != nil {
		return err
	}
	if err := c.send([]byte("X0 STARTTLS\r\n")); err != nil {
		return err
	}
	if err := c.startTLSAnswer("X0"); err != nil {
		return err
	}
	if c.in.br.Buffered() > 0 {
		return errors.New("the server's answer is followed by more that is not encrypted, as if somebody had put it there")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.o.Silence, ErrSilent)
	defer cancel()
	plain := c.current()
	if err := plain.SetDeadline(time.Time{}); err != nil {
		return err
	}
	secured := tls.Client(plain, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	c.net = secured
	c.in.out = append(c.in.out, "* OK ["+unasked+"] TLS is on\r\n"...)
	return nil
}

// greeting reads the server's greeting and insists on OK.
func (c *Conn) greeting() error {
	line, err := c.readLine(0)
	if err != nil {
		return err
	}
	c.traceReceived(line, false)
	s := scanner{b: line}
	h, ok := parseHead(&s)
	if !ok || h.numbered || !isStatus(h.typ) {
		return protocolError(line, errors.New("it does not begin with a greeting"))
	}
	st := parseStatus(h.typ, s.b[s.i:])
	c.settle([]Notice{{Kind: StatusResponse, Type: st.typ, Code: st.code, Arguments: st.arguments, Text: st.text}}, line)
	switch st.typ {
	case "OK":
		c.mu.Lock()
		defer c.mu.Unlock()
		c.flight.greeted = true
		return nil
	case "PREAUTH":
		return errors.New("the server greets with PREAUTH, after which nothing can be encrypted: use implicit TLS")
	}
	return fmt.Errorf("the server greets with %s: %s", st.typ, st.text)
}

// startTLSAnswer reads up to the tagged answer and insists on OK.
func (c *Conn) startTLSAnswer(tag string) error {
	for range maxBeforeTLS {
		line, err := c.readLine(0)
		if err != nil {
			return err
		}
		c.traceReceived(line, false)
		s := scanner{b: line}
		if !bytes.Equal(s.atom(), []byte(tag)) {
			continue
		}
		c.mu.Lock()
		c.flight.answered(tag)
		c.mu.Unlock()
		s.spaces()
		st := parseStatus(upper(s.atom()), s.b[s.i:])
		if st.typ != "OK" {
			return &Error{Command: "STARTTLS", Status: st.typ, Code: st.code, Text: st.text}
		}
		return nil
	}
	return protocolError(nil, errors.New("it does not answer STARTTLS"))
}
