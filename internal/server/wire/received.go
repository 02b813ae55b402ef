package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	streamFrom = 256 << 10 // octets from which a literal of FETCH is not held in memory
	batch      = 16 << 10  // octets after which a read returns
	excerpt    = 1 << 10   // octets of a response that a notice quotes
)

// inbound is what comes from the server: responses as they are read, and what
// has been made of them for the library.
type inbound struct {
	br  *bufio.Reader
	out []byte // for the library
	off int    // of out, what it has
	seg []byte // a response, or the part of one, that is in several pieces

	// A large literal of a FETCH passes by without being held.
	passing int64 // octets of it to come
	discard bool  // they are not for the library
	open    bool  // the response goes on behind it
	fetch   fetching
	octets  int64 // of literals in this response, so far

	first bool // what is in out the library is to have read before anything else comes

	structure bool  // for the trace: the next line goes on with a BODYSTRUCTURE
	large     int64 // octets of a literal beyond which it passes by

	w       rewriting // kept, as they are needed for each response
	verdict verdict
}

// Read gives the library the server's responses, as it can bear them.
func (c *Conn) Read(p []byte) (int, error) {
	c.readMu.Lock()
	defer c.readMu.Unlock()
	in := &c.in
	for {
		if in.off < len(in.out) {
			n := copy(p, in.out[in.off:])
			in.off += n
			return n, nil
		}
		if in.passing > 0 {
			if n, err := c.pass(p); n > 0 || err != nil {
				return n, err
			}
			continue
		}
		in.out, in.off, in.first = in.out[:0], 0, false
		if cap(in.out) > 4*readBuffer {
			in.out = nil // it has held something large
		}
		if err := c.Err(); err != nil {
			return 0, err
		}
		for c.more() {
			if err := c.step(); err != nil {
				err = c.fail(err)
				if len(in.out) == 0 {
					return 0, err
				}
				break
			}
		}
	}
}

// more reports whether there is something to do before the library is given
// what there is.
func (c *Conn) more() bool {
	in := &c.in
	if len(in.out) == 0 {
		return in.passing == 0
	}
	if len(in.out) >= batch || in.passing > 0 || in.first {
		return false
	}
	ready, _ := in.br.Peek(in.br.Buffered())
	return bytes.IndexByte(ready, '\n') >= 0
}

// pass hands octets of a large literal on, or discards them.
func (c *Conn) pass(p []byte) (n int, err error) {
	in := &c.in
	p = p[:min(int64(len(p)), in.passing)]
	if in.discard {
		n, err = in.br.Discard(int(min(in.passing, readBuffer)))
		in.passing -= int64(n)
		n = 0
	} else {
		n, err = in.br.Read(p)
		in.passing -= int64(n)
	}
	if err != nil {
		err = c.fail(unexpected(err))
	}
	return n, err
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// A brokenError says what the server sent that ends the connection.
type brokenError struct {
	why  error
	line []byte // its beginning; nil: it may hold the password
}

func protocolError(line []byte, why error) error {
	return &brokenError{why, append([]byte{}, bytes.TrimSpace(line[:min(len(line), 200)])...)}
}

func (e *brokenError) Error() string {
	if e.line == nil {
		return fmt.Sprintf("%v: %v", ErrProtocol, e.why)
	}
	return fmt.Sprintf("%v: %v: %q", ErrProtocol, e.why, e.line)
}

func (e *brokenError) Unwrap() []error { return []error{ErrProtocol, e.why} }

// step reads one response, or the next part of one, and writes what the library
// is to see of it.
func (c *Conn) step() error {
	line, err := c.readLine(0)
	if err != nil {
		return err
	}
	if c.in.open {
		return c.fetchOn(line)
	}
	c.in.octets = 0
	switch {
	case len(bytes.TrimSpace(line)) == 0:
		c.traceReceived(line, false)
		c.settle([]Notice{{Kind: ResponseDropped, Why: "the server sends a blank line"}}, line)
		return nil
	case line[0] == '*':
		return c.untagged(line)
	case line[0] == '+':
		return c.continuation(line)
	default:
		c.traceReceived(line, false)
		return c.tagged(line)
	}
}

// readLine reads a line of at most MaxLine less before octets. It stays valid
// until the next read.
func (c *Conn) readLine(before int) ([]byte, error) {
	in := &c.in
	line, err := in.br.ReadSlice('\n')
	var long []byte
	for errors.Is(err, bufio.ErrBufferFull) && int64(len(long)+before) <= c.o.MaxLine {
		long = append(long, line...)
		line, err = in.br.ReadSlice('\n')
	}
	if int64(len(long)+len(line)+before) > c.o.MaxLine {
		return nil, protocolError(append(long, line...), fmt.Errorf("a response is longer than %d octets", c.o.MaxLine))
	}
	if err == nil && long == nil {
		return line, nil
	}
	if err == nil {
		return append(long, line...), nil
	}
	if len(long)+len(line)+before > 0 || in.open {
		err = unexpected(err)
	}
	return nil, err
}
