package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// A connection is one to an IMAP server.
type connection struct {
	conn   net.Conn
	reader *bufio.Reader
	tags   int
	line   []byte // the buffer of the last untagged response
}

// dial connects, and reads the greeting.
func dial(addr string) (*connection, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &connection{conn: conn, reader: bufio.NewReaderSize(conn, 256<<10)}
	greeting, err := c.response()
	if err == nil && !bytes.HasPrefix(greeting, []byte("* OK ")) {
		err = fmt.Errorf("the server greets with %q", greeting)
	}
	return c, err
}

// burst sends commands in one write, and reads until all are answered. It reads at the
// same time: a server that cannot get rid of its answers stops to read.
func (c *connection) burst(take func(response []byte), commands ...string) error {
	if len(commands) == 0 {
		return nil
	}
	var out bytes.Buffer
	first := c.tags + 1
	for _, command := range commands {
		c.tags++
		fmt.Fprintf(&out, "t%d %s\r\n", c.tags, command)
	}
	sent := make(chan error, 1)
	go func() {
		_, err := c.conn.Write(out.Bytes())
		sent <- err
	}()
	for answered := 0; answered < len(commands); {
		response, err := c.response()
		if err != nil {
			return fmt.Errorf("after %.60q: %w", commands[answered], err)
		}
		switch {
		case bytes.HasPrefix(response, []byte("* ")):
			if take != nil {
				take(response)
			}
		default:
			tag, rest, _ := strings.Cut(string(response), " ")
			n, err := strconv.Atoi(strings.TrimPrefix(tag, "t"))
			if err != nil || n < first || n > c.tags || !strings.HasPrefix(rest, "OK") {
				return fmt.Errorf("the server says %.200q", response)
			}
			answered++
		}
	}
	return <-sent
}

// response reads one, with its literals and without the last CRLF. It is good until
// the next one is read.
func (c *connection) response() ([]byte, error) {
	c.line = c.line[:0]
	for {
		part, err := c.reader.ReadSlice('\n')
		c.line = append(c.line, part...)
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil {
			return nil, err
		}
		line := bytes.TrimRight(c.line, "\r\n")
		size, ok := literal(line)
		if !ok {
			return line, nil
		}
		start := len(c.line)
		c.line = append(c.line, make([]byte, size)...)
		if _, err := io.ReadFull(c.reader, c.line[start:]); err != nil {
			return nil, err
		}
	}
}

// literal is the size of the literal that a line announces.
func literal(line []byte) (size int, ok bool) {
	if !bytes.HasSuffix(line, []byte("}")) {
		return 0, false
	}
	start := bytes.LastIndexByte(line, '{')
	size, err := strconv.Atoi(string(line[start+1 : len(line)-1]))
	return size, start >= 0 && err == nil && size >= 0
}

// quote writes a quoted string.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
