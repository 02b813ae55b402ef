package imaptest

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A client is the least of an IMAP client: commands one at a time, answers as they come. It is apart from the client
// under test on purpose.
type client struct {
	conn   net.Conn
	reader *bufio.Reader
	tag    int
}

// commandTimeout is how long an answer may take.
const commandTimeout = 60 * time.Second

// login connects and logs in.
func login(a Account) (*client, error) {
	conn, err := a.Dial()
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	c, err := greeted(conn, a.Username, a.Password)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return c, nil
}

// greeted waits for the greeting on a new connection and logs in if need be.
func greeted(conn net.Conn, username, secret string) (*client, error) {
	c := &client{conn: conn, reader: bufio.NewReader(conn)}
	if err := conn.SetDeadline(time.Now().Add(commandTimeout)); err != nil {
		return nil, err
	}
	greeting, err := c.reader.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("greeting: %w", err)
	}
	switch {
	case strings.HasPrefix(greeting, "* PREAUTH"):
		return c, nil
	case strings.HasPrefix(greeting, "* OK"):
		_, err := c.do("LOGIN", quote(username), quote(secret))
		return c, err
	}
	return nil, fmt.Errorf("greeting %q", greeting)
}

// errRefused is what is wrong when a server says something else than hoped for.
var errRefused = errors.New("refused")

// close says goodbye. Whatever was asked for has been answered, so nothing can be lost any more.
func (c *client) close() {
	c.do("LOGOUT")
	c.conn.Close()
}

// A literal is an argument that is sent as one.
type literal []byte

// A freeLiteral is sent without asking for leave, which needs LITERAL+ (RFC 7888).
type freeLiteral []byte

// do sends a command and returns the untagged responses; anything but a tagged OK is an error.
func (c *client) do(arguments ...any) ([]response, error) {
	tag, err := c.send(arguments...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", arguments[0], err)
	}
	responses, err := c.answer(tag)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", arguments[0], err)
	}
	return responses, nil
}

// send sends a command and returns its tag.
func (c *client) send(arguments ...any) (tag string, err error) {
	c.tag++
	tag = "a" + strconv.Itoa(c.tag)
	if err := c.conn.SetDeadline(time.Now().Add(commandTimeout)); err != nil {
		return "", err
	}
	out := bytes.NewBufferString(tag)
	for _, argument := range arguments {
		switch argument := argument.(type) {
		case freeLiteral:
			fmt.Fprintf(out, " {%d+}\r\n%s", len(argument), argument)
		case literal:
			fmt.Fprintf(out, " {%d}\r\n", len(argument))
			if err := c.flush(out); err != nil {
				return "", err
			}
			if line, err := c.reader.ReadString('\n'); err != nil || !strings.HasPrefix(line, "+") {
				return "", fmt.Errorf("literal: %q: %w", line, cmp.Or(err, errRefused))
			}
			out.Write(argument)
		default:
			fmt.Fprintf(out, " %v", argument)
		}
	}
	out.WriteString("\r\n")
	return tag, c.flush(out)
}

// answer reads the answer to the oldest command that has none.
func (c *client) answer(tag string) ([]response, error) {
	var responses []response
	for {
		r, err := readResponse(c.reader)
		if err != nil {
			return nil, fmt.Errorf("read response: %w", err)
		}
		switch r.tag {
		case "*":
			responses = append(responses, r)
		case tag:
			if len(r.values) == 0 || r.values[0] != "OK" {
				return nil, errors.New(r.line)
			}
			return append(responses, r), nil
		default:
			return nil, fmt.Errorf("unexpected %q", r.line)
		}
	}
}

// flush sends what out holds.
func (c *client) flush(out *bytes.Buffer) error {
	_, err := out.WriteTo(c.conn)
	return err
}

// capabilities asks for them.
func (c *client) capabilities() ([]string, error) {
	responses, err := c.do("CAPABILITY")
	if err != nil {
		return nil, err
	}
	for _, r := range responses {
		if r.is("CAPABILITY") {
			return strings.Fields(r.line)[2:], nil
		}
	}
	return nil, errors.New("CAPABILITY: OK without an answer")
}

// A response is one line of the server's with its literals.
type response struct {
	tag    string
	line   string // for people: literals left out
	values []any  // after the tag: string (atoms, quoted, literal), nil (NIL), []any (list)
}

// is reports whether the response is of the kind, such as LIST, or FETCH after a number.
func (r response) is(kind string) bool {
	at := slices.IndexFunc(r.values, func(v any) bool { s, ok := v.(string); return ok && strings.EqualFold(s, kind) })
	return r.tag == "*" && (at == 0 || at == 1)
}

// readResponse reads a response to its end. The text of a status response may hold anything and is not taken apart.
func readResponse(r *bufio.Reader) (response, error) {
	var out response
	s := scanner{reader: r}
	line, err := s.next()
	if err != nil {
		return out, err
	}
	tag, rest, _ := strings.Cut(line, " ")
	out.tag, out.line = tag, line
	kind, _, _ := strings.Cut(rest, " ")
	switch strings.ToUpper(kind) {
	case "OK", "NO", "BAD", "BYE", "PREAUTH":
		out.values = []any{strings.ToUpper(kind), rest}
		return out, nil
	}
	s.line = rest
	out.values, err = s.list(0)
	return out, err
}

// A scanner takes a response apart.
type scanner struct {
	reader *bufio.Reader
	line   string // what is left of the current line
}

// next reads a line without its CRLF.
func (s *scanner) next() (string, error) {
	line, err := s.reader.ReadString('\n')
	if err != nil {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// list reads values up to ")", or up to the end of the response at depth 0.
func (s *scanner) list(depth int) ([]any, error) {
	values := []any{}
	for {
		s.line = strings.TrimLeft(s.line, " ")
		switch {
		case s.line == "" && depth == 0:
			return values, nil
		case s.line == "" || depth > 50:
			return nil, errors.New("parenthesis without end")
		case s.line[0] == ')' && depth > 0:
			s.line = s.line[1:]
			return values, nil
		case s.line[0] == '(':
			s.line = s.line[1:]
			inner, err := s.list(depth + 1)
			if err != nil {
				return nil, err
			}
			values = append(values, inner)
		default:
			value, err := s.string()
			if err != nil {
				return nil, err
			}
			values = append(values, value)
		}
	}
}

// string reads an atom, NIL, a quoted string or a literal.
func (s *scanner) string() (any, error) {
	switch s.line[0] {
	case '"':
		value, rest, ok := unquote(s.line)
		if !ok {
			return nil, fmt.Errorf("quoted string without end: %q", s.line)
		}
		s.line = rest
		return value, nil
	case '{':
		size, err := strconv.ParseUint(strings.TrimSuffix(s.line[1:], "}"), 10, 31)
		if err != nil {
			return nil, fmt.Errorf("literal: %w", err)
		}
		octets := make([]byte, size)
		if _, err := io.ReadFull(s.reader, octets); err != nil {
			return nil, err
		}
		s.line, err = s.next()
		return string(octets), err
	}
	// An atom may hold brackets with spaces and parentheses: BODY[HEADER.FIELDS (DATE)].
	depth, end := 0, len(s.line)
	for i, c := range s.line {
		if c == '[' {
			depth++
		} else if c == ']' {
			depth--
		} else if depth <= 0 && (c == ' ' || c == '(' || c == ')') {
			end = i
			break
		}
	}
	if end == 0 {
		return nil, fmt.Errorf("unexpected %q", s.line)
	}
	atom := s.line[:end]
	s.line = s.line[end:]
	if strings.EqualFold(atom, "NIL") {
		return nil, nil
	}
	return atom, nil
}

// quote makes a quoted string. It must not be given line breaks (RFC 9051 section 4.3).
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// unquote reads a quoted string off the beginning of s.
func unquote(s string) (value, rest string, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], true
		case '\\':
			i++
			if i == len(s) {
				return "", "", false
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}
