package wire

import (
	"bytes"
	"fmt"
	"io"
	"slices"
)

// gather reads the literals that a line announces and what follows them, into
// one piece, up to a large literal if these may stream: then the piece ends
// with its announcement and in.open is set. A line that announces none is the piece.
func (c *Conn) gather(line []byte, stream, fetch bool) ([]byte, error) {
	in := &c.in
	size, ok := announced(line)
	c.traceReceived(line, ok)
	if !ok {
		return line, nil
	}
	in.seg = append(in.seg[:0], line...)
	if cap(in.seg) > 4*streamFrom && len(line) < streamFrom {
		in.seg = bytes.Clone(line)
	}
	var literals int
	for ok {
		if in.octets+size > c.o.MaxLiteral || !fetch && int64(len(in.seg))+size > c.o.MaxLine {
			return nil, protocolError(in.seg, fmt.Errorf("a literal of %d octets is beyond the limit", size))
		}
		in.octets += size
		if stream && size > in.large {
			in.passing, in.open = size, true
			return in.seg, nil
		}
		literals += int(size)
		at := len(in.seg)
		in.seg = slices.Grow(in.seg, int(size))[:at+int(size)]
		if _, err := io.ReadFull(in.br, in.seg[at:]); err != nil {
			return nil, unexpected(err)
		}
		var err error
		if line, err = c.readLine(len(in.seg) - literals); err != nil {
			return nil, err
		}
		in.seg = append(in.seg, line...)
		size, ok = announced(line)
		c.traceReceived(line, ok)
	}
	return in.seg, nil
}

// announced reports whether a line of the server ends by announcing a literal.
func announced(line []byte) (size int64, ok bool) {
	line = withoutEnd(line)
	if len(line) == 0 || line[len(line)-1] != '}' {
		return 0, false
	}
	open := bytes.LastIndexByte(line, '{')
	if open < 0 {
		return 0, false
	}
	n, ok := parseNumber(line[open+1:len(line)-1], 1<<40)
	return int64(n), ok
}

// withoutEnd is a line without the CR and LF at its end: bytes.TrimRight of these, without
// what that costs for each line.
func withoutEnd(line []byte) []byte {
	for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	return line
}

// fetchOpen begins a FETCH response of which a literal is to pass by.
func (c *Conn) fetchOpen(s *scanner, h head, whole []byte) error {
	s.spaces()
	if !s.accept('(') {
		return protocolError(whole, errSyntax)
	}
	c.in.fetch = fetching{number: h.number}
	return c.fetchPart(*s, whole)
}

// fetchOn goes on with a FETCH response behind such a literal.
func (c *Conn) fetchOn(line []byte) error {
	c.in.open = false
	whole, err := c.gather(line, true, true)
	if err != nil {
		return err
	}
	return c.fetchPart(scanner{b: whole}, whole)
}

func (c *Conn) fetchPart(s scanner, part []byte) error {
	in := &c.in
	return c.rewrite(s, part, func(w *rewriting) (err error) {
		w.numbered, w.number, w.typ = true, in.fetch.number, "FETCH"
		in.discard, err = w.fetchPart(&in.fetch, in.open)
		return err
	})
}
