package imaptest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Command is what a client sent, and what came back.
type Command struct {
	Conn     int  // the connection that it went over; 1 is the first
	Burst    int  // the round trip that it was sent in; 1 is the first of all connections
	ReadOnly bool // sent where the test allows nothing that changes the mailbox
	Tag      string
	Name     string    // in upper case, UID and all: "UID FETCH"
	Line     string    // what follows the tag; literals appear as their announcement, {310}
	Literals []Literal // in the order of the announcements
	Octets   int64     // of all of it, on the wire

	Responses []string // untagged lines that came while it was the oldest command without an answer
	Status    string   // "OK", "NO", "BAD"; "": no tagged answer came
	Reply     string   // the tagged answer after its tag

	// The places of its end and of its tagged answer in the order of all that the recorder saw; 0: it never came.
	Sent, Answered int

	faults []*trigger
}

// A Literal is a literal argument.
type Literal struct {
	Size int64
	Data []byte // the first 4096 octets
}

// keepLiteral is how much of a literal is kept: enough for a folder's name.
const keepLiteral = 4096

// A list is a parenthesised list of arguments; what else an argument can be is a string.
type list []any

// arguments takes apart what follows the command's name: strings, whichever way they were sent, and lists of such.
func (c Command) arguments() (list, error) {
	p := parser{rest: strings.TrimSpace(c.Line[min(len(c.Name), len(c.Line)):]), literals: c.Literals}
	arguments, err := p.list(0)
	if err != nil {
		return nil, fmt.Errorf("command %q: %w", c.Line, err)
	}
	return arguments, nil
}

// A parser takes a command's line apart.
type parser struct {
	rest     string
	literals []Literal
}

// list reads up to ")", or up to the end at depth 0.
func (p *parser) list(depth int) (list, error) {
	out := list{}
	for {
		p.rest = strings.TrimLeft(p.rest, " ")
		switch {
		case p.rest == "" && depth == 0:
			return out, nil
		case p.rest == "" || depth > 100:
			return nil, errors.New("parenthesis without end")
		case p.rest[0] == ')' && depth == 0:
			return nil, errors.New("parenthesis without beginning")
		case p.rest[0] == ')':
			p.rest = p.rest[1:]
			return out, nil
		case p.rest[0] == '(':
			p.rest = p.rest[1:]
			inner, err := p.list(depth + 1)
			if err != nil {
				return nil, err
			}
			out = append(out, inner)
		default:
			value, err := p.string()
			if err != nil {
				return nil, err
			}
			out = append(out, value)
		}
	}
}

// string reads an atom, a quoted string or a literal. An atom may hold a section in brackets, with spaces.
func (p *parser) string() (string, error) {
	if p.rest[0] == '"' {
		value, rest, ok := unquote(p.rest)
		if !ok {
			return "", errors.New("quoted string without end")
		}
		p.rest = rest
		return value, nil
	}
	end := atomEnd(p.rest)
	if end == 0 {
		return "", fmt.Errorf("unexpected %q", p.rest[0])
	}
	atom := p.rest[:end]
	p.rest = p.rest[end:]
	if _, _, ok := literalAt(atom); !ok || len(p.literals) == 0 {
		return atom, nil
	}
	value := string(p.literals[0].Data)
	p.literals = p.literals[1:]
	return value, nil
}

// atomEnd is the length of the atom that s begins with.
func atomEnd(s string) int {
	depth := 0
	for i, c := range s {
		switch {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case depth <= 0 && (c == ' ' || c == '(' || c == ')'):
			return i
		}
	}
	return len(s)
}

// literalAt reports the size of the literal that the end of a line announces, and whether the client waits for leave to
// send it (RFC 9051 section 4.3). A line that ends within a quoted string announces none.
func literalAt(line string) (size int64, waits, ok bool) {
	if !strings.HasSuffix(line, "}") {
		return 0, false, false
	}
	open := strings.LastIndexByte(line, '{')
	if open < 0 || inQuotes(line[:open]) {
		return 0, false, false
	}
	digits, plus := strings.CutSuffix(line[open+1:len(line)-1], "+")
	size, err := strconv.ParseInt(digits, 10, 63)
	if err != nil || size < 0 {
		return 0, false, false
	}
	return size, !plus, true
}

// inQuotes reports whether a quoted string is open at the end of s.
func inQuotes(s string) bool {
	open := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			open = !open
		case s[i] == '\\' && open:
			i++
		}
	}
	return open
}

// parseLine reads tag and name off a command's first line.
func parseLine(line string) *Command {
	tag, rest, _ := strings.Cut(line, " ")
	name, after, _ := strings.Cut(rest, " ")
	name = strings.ToUpper(name)
	if name == "UID" {
		second, _, _ := strings.Cut(after, " ")
		name += " " + strings.ToUpper(second)
	}
	return &Command{Tag: tag, Name: name, Line: rest}
}
